#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The stack that is needed under the lock, and by a pinned task: CAIRN_LOCKED_STACK, CAIRN_PINNED_STACK of kernel/port.h.

usage: locked_stack.py OBJECT_DIR [-D...]

Options -DPORT_LOCKED_CALLS=N and -DPORT_PINNED_MORE=N are what a board says in place of kernel/port.h.

Reads gcc's call graphs with stack usage (-fcallgraph-info=su, *.ci below OBJECT_DIR). What runs under the lock is
what those functions of the facade (mm/cairn*.c) that lock call of the modules below it, less the slow halves, which
they call unlocked. The lock is inline, and measures the stack within such a function: its own frame is above that,
unless the compiler makes it behind the lock, which the disassembly tells.
A task that is pinned is checked when it is pinned, for all of the stretch: so the functions that pin, of the facade
and of the kernel, have to keep to a bound too, reports aside.
Fails when the deepest chain is above the bound, when a frame has no bound, or when calls form a cycle.
"""
import pathlib
import re
import subprocess
import sys

from callgraph import Graph, Recursion, deepest, plain

UNLOCKED = {
    "cairn_slab_construct", "cairn_slab_arm", "cairn_slab_disarm", "cairn_heap_disarm",
    "cairn_stack_arena_prepare", "cairn_slab_next_live", "cairn_heap_next_live", "cairn_check_in",
    "cairn_explain_in", "cairn_region_init", "cairn_frame_zones", "cairn_frame_open", "cairn_slab_init",
    "cairn_heap_init", "cairn_stack_init", "cairn_region_check",
}
PINNED = {"cairn_cache_alloc", "cairn_cache_reserve", "cairn_cache_free", "cairn_stack_create", "cairn_stack_destroy",
          "task_make", "alloc_wait_freed", "task_release", "semaphore_destroy",
          "queue_destroy"}
# Reports are made when nothing is held; what raises an overflow, or panics, does not come back.
NOT_FOLLOWED = {"cairn_refuse", "cairn_explain_in", "arch_raise_headroom", "panic"}
ENDS = {"arch_raise_headroom", "panic"}
# What begins on the fault stack, and on the handler stack, hooks aside. The entries in assembly take a little, too.
FAULT_ROOTS = {"mprofile_fault", "armv6m_late", "kernel_fault"}
HANDLER_ROOTS = {"kernel_main", "kernel_tick", "mprofile_begin", "armv6m_begin"}
ENTRY_NBYTES = 16
# By this call, the lock's slow half, one knows a function that locks.
LOCK = "kernel_lock_out_of_room"
OBJDUMP = ["arm-none-eabi-objdump", "-dr", "--no-show-raw-insn"]
FUNCTION = re.compile(r"^[0-9a-f]+ <(\S+)>:$")
MAKES_FRAME = re.compile(r"\tpush|\tsub(?:\.w)?\tsp, |\[sp, #-\d+\]!|\tstm\S*\tsp!")
MASKS = "\tcpsid"
RELOCATION = re.compile(r": R_ARM_(?:THM_)?(CALL|JUMP)\d*\t(\S+)")
LOCKED = re.compile(r"#define PORT_LOCKED_CALLS (\d+)\n")
PINNED_MORE = re.compile(r"#define PORT_PINNED_MORE (\d+)\n")
MODULE = re.compile(r"^cairn_(frame|slab|heap|stack|region)_")


def fail(text):
    print(f"locked_stack: {text}", file=sys.stderr)
    sys.exit(1)


def objects(directory, pattern):
    return [file for part in ("mm", "kernel", "arch") for file in sorted(pathlib.Path(directory, part).rglob(pattern))
            if "demo" not in file.parts]


def read(directory):
    files = objects(directory, "*.ci")
    if not files:
        fail(f"no call graphs in {directory}: build with -fcallgraph-info=su")
    graph = Graph(files)
    for name in graph.unbounded:
        fail(f"{name} has a frame without a bound")
    facade = {name for name, file in graph.file.items() if file.parent.name == "mm" and file.name.startswith("cairn")}
    return graph.frames, graph.calls, facade


def disassembled(directory):
    """The functions whose frame is there when they lock; (caller, callee) where only jumps lead, the frame gone."""
    framed, jumps, called = set(), set(), set()
    for file in objects(directory, "*.o"):
        lines = subprocess.run([*OBJDUMP, file], check=True, capture_output=True, text=True).stdout.splitlines()
        name, made, locked = "", False, False
        for line in lines:
            if begins := FUNCTION.match(line):
                name, made, locked = begins.group(1), False, False
            elif MASKS in line and not locked:
                locked = True
                framed |= {name} if made else set()
            elif leads := RELOCATION.search(line):
                (jumps if leads.group(1) == "JUMP" else called).add((name, leads.group(2)))
            made = made or MAKES_FRAME.search(line) is not None
    return framed, jumps - called


def only_locked(calls, facade, lockers):
    """The calls, those of the facade cut down to the modules below and to its own static halves."""
    def is_locked(target):
        return ":" in target and target not in lockers if target in facade else MODULE.match(target)

    return {source: {target for target in targets if target not in UNLOCKED and is_locked(target)}
            if source in facade else targets for source, targets in calls.items()}


def said(name, default, options):
    prefix = f"-D{name}="
    return int(next((option[len(prefix):] for option in options if option.startswith(prefix)), default))


def bounds(options):
    text = pathlib.Path("kernel/port.h").read_text()
    locked, pinned = LOCKED.search(text), PINNED_MORE.search(text)
    if not locked or not pinned:
        fail("kernel/port.h does not say what CAIRN_LOCKED_STACK and CAIRN_PINNED_STACK are")
    nbytes = said("PORT_LOCKED_CALLS", locked.group(1), options)
    return nbytes, nbytes + said("PORT_PINNED_MORE", pinned.group(1), options)


def check_stacks(directory, frames, calls, jumps):
    """The fault stack holds what a fault takes, and the handler stack the boot and a tick under the lock."""
    listing = subprocess.run(["arm-none-eabi-nm", pathlib.Path(directory, "cairn.elf")], check=True, capture_output=True,
                             text=True).stdout
    address = {name: int(value, 16) for value, _, name in (line.split() for line in listing.splitlines())}
    for what, roots in (("fault", FAULT_ROOTS), ("handler", HANDLER_ROOTS)):
        nbytes = address[f"{what}_stack_top"] - address[f"{what}_stack_limit"]
        depth, chain = max(deepest(name, frames, calls, ENDS, jumps) for name in frames if plain(name) in roots)
        depth += ENTRY_NBYTES
        print(f"locked_stack: {depth} B of {nbytes} B of the {what} stack, deepest: "
              + " > ".join(plain(name) for name in chain))
        if depth > nbytes:
            fail(f"the {what} stack needs {depth} B: raise {what.upper()}_STACK_NBYTES in the board's linker script")


def main():
    if len(sys.argv) < 2:
        fail("usage: locked_stack.py OBJECT_DIR [-D...]")
    frames, calls, facade = read(sys.argv[1])
    lockers = {source for source in facade if LOCK in calls.get(source, ())}
    if len(lockers) < 20:
        fail(f"only {len(lockers)} functions that lock were found")
    framed, jumps = disassembled(sys.argv[1])
    above = {name: 0 for name in lockers if plain(name) in framed}
    locked, pinned = bounds(sys.argv[2:])
    for what, names, graph, own, bound in (
            ("under the lock", lockers, only_locked(calls, facade, lockers), {**frames, **above}, locked),
            ("pinned", PINNED, calls, frames, pinned)):
        missing = names - frames.keys()
        if missing:
            fail(f"not in the call graphs: {', '.join(sorted(missing))}")
        depth, chain = max(deepest(name, own, graph, NOT_FOLLOWED, jumps) for name in names)
        print(f"locked_stack: {depth} B of {bound} B {what}, {len(names)} functions, deepest: "
              + " > ".join(plain(name) for name in chain))
        if depth > bound:
            fail(f"{depth} B are needed, {bound} B are checked for: raise the bound in kernel/port.h")
    check_stacks(sys.argv[1], frames, calls, jumps)


try:
    main()
except Recursion as cycle:
    fail(f"recursion: {cycle}")
