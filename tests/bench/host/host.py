#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cairn on a 64-bit host: host.py PROGRAMS TRACES OUTPUT

Page frames of zones up to 1 TiB, and the recorded programs in the directory TRACES beside glibc, jemalloc and mimalloc.
Runs frames, replay and replay-cairn of the directory PROGRAMS; writes host.csv and host-space.csv into OUTPUT and tables to
the terminal. Fails when the cost of frames grows, from 1 GiB to 1 TiB, by more than one level of their structure, or their
metadata is more than 1.3 B a frame.
"""
import csv
import os
import re
import subprocess
import sys
import tempfile

BOARD = "host64"
SIZES = ("1GiB", "32GiB", "1TiB")
GROWING = ("pair0", "pair9", "churn", "spread")  # may cost one level more; cold0 passes every order, sparse every level
META_MOST = 1.3  # B/frame
TRACES = ("lua", "jq", "sqlite")
PRELOADS = {"glibc": "libc.so.6", "jemalloc": "libjemalloc.so.2", "mimalloc": "libmimalloc.so.2.0"}
ALLOCATORS = ("cairn", *PRELOADS)


def fail(text):
    sys.exit(f"host: {text}")


class Results:
    """The rows of both files, and their figures by name."""

    def __init__(self):
        self.counts = []
        self.values = []
        self.mean = {}
        self.value = {}

    def add_count(self, allocator, workload, op, n, mean, *ranks):
        self.counts.append([BOARD, allocator, workload, op, n, f"{mean:.2f}", *(ranks or [""] * 4)])
        self.mean[allocator, workload, op] = mean

    def add_value(self, allocator, workload, value, unit):
        self.values.append([BOARD, allocator, workload, value, unit])
        self.value[allocator, workload, unit] = float(value)

    def pair(self, allocator, workload):
        return self.mean[allocator, workload, "alloc"] + self.mean[allocator, workload, "free"]

    def write(self, output):
        write_rows(f"{output}/host.csv", "board,allocator,workload,op,n,mean,p50,p99,p999,max", self.counts)
        write_rows(f"{output}/host-space.csv", "board,allocator,workload,value,unit", self.values)


def write_rows(path, header, rows):
    with open(path, "w", encoding="ascii", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(","), *rows])


def progress(text):
    print(f"  {text}", flush=True)


# ---- page frames ----


def measure_frames(programs, results):
    with subprocess.Popen([f"{programs}/frames"], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            kind, workload, *fields = line.strip().split(",")
            if kind == "value":
                results.add_value("cairn", workload, *fields)
                progress(f"{workload:22} {fields[0]:>10} {fields[1]}")
            else:
                op, n, mean, *ranks = fields
                results.add_count("cairn", workload, op, n, float(mean), *ranks)
    if process.returncode != 0:
        fail("frames failed")
    results.add_value("cairn", "frame_level", f"{growth(results, 'sparse', '64GiB'):.2f}", "instructions")
    for workload in GROWING:
        results.add_value("cairn", f"frame_growth_{workload}", f"{growth(results, workload, '1TiB'):.2f}", "instructions")


def growth(results, workload, size):
    """Of a pair, from 1 GiB to that size."""
    return results.pair("cairn", f"frame_{workload}_{size}") - results.pair("cairn", f"frame_{workload}_1GiB")


def print_frames(results):
    print("\nPage frames of 4 KiB, no memory behind them: instructions, mean of allocate / free, and ns a call")
    print(f"  {'':10}" + "".join(f"{size:>26}" for size in SIZES) + "   pair's growth")
    for workload in (*GROWING, "cold0", "sparse"):
        row = f"  {workload:10}"
        for size in SIZES:
            name = f"frame_{workload}_{size}"
            a, f = (results.mean["cairn", name, op] for op in ("alloc", "free"))
            row += f"{a:9.1f} / {f:6.1f} {results.value['cairn', name, 'ns/op']:5.1f} ns"
        print(f"{row}{growth(results, workload, '1TiB'):+14.1f}")
    print("  B/frame   " + "".join(f"{results.value['cairn', f'frame_meta_{size}', 'B/frame']:26.3f}" for size in SIZES))


def check_frames(results):
    """What is broken, as texts."""
    level = results.value["cairn", "frame_level", "instructions"]
    print(f"  One level of the map, which is what 64 times as many frames add, costs a pair of 'sparse' {level:.1f} instructions.")
    broken = []
    for workload in GROWING:
        grown = growth(results, workload, "1TiB")
        if grown > level:
            broken.append(f"{workload} costs {grown:.1f} more at 1 TiB than at 1 GiB; one level is {level:.1f}")
    for size in SIZES:
        nbytes = results.value["cairn", f"frame_meta_{size}", "B/frame"]
        if nbytes > META_MOST:
            broken.append(f"metadata of {size} takes {nbytes} B a frame; {META_MOST} at most")
    return broken


# ---- recorded programs ----


def replay(programs, traces, allocator, trace, what, tool=()):
    """Run a replay; checks where its malloc came from. The nanoseconds an operation."""
    program = "replay-cairn" if allocator == "cairn" else "replay"
    library = PRELOADS.get(allocator, program if allocator == "cairn" else "")
    environment = dict(os.environ)
    environment.pop("LD_PRELOAD", None)
    if allocator in PRELOADS and allocator != "glibc":
        environment["LD_PRELOAD"] = library
    command = [*tool, f"{programs}/{program}", f"{traces}/{trace}.trace", what]
    if allocator == "empty":
        command.append("empty")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = re.search(r"([\d.]+) ns, malloc from (\S+)", done.stdout)
    if done.returncode != 0 or said is None or library not in said[2]:
        fail(f"{' '.join(command)} with {allocator} failed\n{done.stdout}{done.stderr}")
    return float(said[1])


def count_replay(programs, traces, allocator, trace):
    """{op: (calls, instructions)}, from callgrind: what calls of replay_alloc and replay_free cost, inclusive."""
    with tempfile.NamedTemporaryFile(prefix="callgrind.") as out:
        tool = ["valgrind", "--tool=callgrind", "--toggle-collect=replay_once", "--compress-strings=no", "--compress-pos=no"]
        replay(programs, traces, allocator, trace, "count", [*tool, f"--callgrind-out-file={out.name}"])
        text = out.read().decode()
    counts = {}
    for op in ("alloc", "free"):
        calls = re.findall(rf"^cfn=replay_{op}\ncalls=(\d+) .*\n\S+ (\d+)$", text, re.MULTILINE)
        counts[op] = tuple(sum(int(call[i]) for call in calls) for i in range(2))
    return counts


def add_time(programs, traces, results, allocator, trace):
    ns = replay(programs, traces, allocator, trace, "time")
    results.add_value(allocator, trace, f"{ns:.1f}", "ns/op")
    return ns


def measure_replays(programs, traces, results):
    for trace in TRACES:
        empty = count_replay(programs, traces, "empty", trace)
        add_time(programs, traces, results, "empty", trace)
        for allocator in ALLOCATORS:
            counts = count_replay(programs, traces, allocator, trace)
            for op, (ncalls, ninstructions) in counts.items():
                if ncalls != empty[op][0] or ncalls == 0:
                    fail(f"{allocator} made {ncalls} calls of {op} in {trace}, not {empty[op][0]}")
                results.add_count(allocator, trace, op, ncalls, (ninstructions - empty[op][1]) / ncalls)
            ns = add_time(programs, traces, results, allocator, trace)
            progress(f"{trace:6} {allocator:8} {results.pair(allocator, trace):8.1f} instructions a pair {ns:7.1f} ns/op")


def print_replays(results):
    print("\nRecorded programs, one thread: instructions, mean of allocate / free, and ns an operation")
    print(f"  {'':10}" + "".join(f"{trace:>26}" for trace in TRACES) + "   pairs, Cairn = 1")
    for allocator in ALLOCATORS:
        row = f"  {allocator:10}"
        for trace in TRACES:
            a, f = (results.mean[allocator, trace, op] for op in ("alloc", "free"))
            row += f"{a:9.1f} / {f:6.1f} {results.value[allocator, trace, 'ns/op']:5.1f} ns"
        ratios = " ".join(f"{results.pair(allocator, trace) / results.pair('cairn', trace):.2f}" for trace in TRACES)
        print(f"{row}   {ratios}")
    row = "".join(f"{results.value['empty', trace, 'ns/op']:23.1f} ns" for trace in TRACES)
    print(f"  {'replay alone':10}{row[2:]}")


def main():
    if len(sys.argv) != 4:
        fail("usage: host.py PROGRAMS TRACES OUTPUT")
    programs, traces, output = sys.argv[1:]
    results = Results()
    progress("page frames: every instruction of a call is one trap, which takes a while")
    measure_frames(programs, results)
    progress("recorded programs, under callgrind and against the clock")
    measure_replays(programs, traces, results)
    results.write(output)
    print_frames(results)
    broken = check_frames(results)
    print_replays(results)
    print(f"\n  {output}/host.csv, {output}/host-space.csv")
    if broken:
        fail("\nhost: ".join(broken))


if __name__ == "__main__":
    main()
