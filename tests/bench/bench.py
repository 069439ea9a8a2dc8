#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The host side of the benchmark: runs the images, keeps the figures, compares, reports. bench.py --help says more.
"""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import time

import budget
import document
import figures
import machine
import picture
import plan
import tables

AT_A_TIME = 2
HERE = pathlib.Path(__file__).resolve().parent
BUDGET, GOALS, PEERS = HERE / "budget.csv", HERE / "goals.csv", HERE / "peers.csv"
# Large memories are measured elsewhere (tests/bench/host), without a budget: the code is the host's compiler's. Counted
# as a whole, by callgrind, calls have a mean and no more.
HOST = "host"
NOT_ON_HOST = ("p50", "p99", "p999", "max")


def calls_file(out, board):
    return out / f"{board}.csv"


def spaces_file(out, board):
    return out / f"{board}-space.csv"


def sizes_file(out, board):
    """Of size.py."""
    return out / f"{board}-size.csv"


def bins_file(out, board):
    return out / f"{board}-histograms.csv"


def stretches_file(out, board):
    return out / f"{board}-stretches.csv"


def measure_board(args):
    """What fails is told, and the rest measured and kept."""
    start = time.monotonic()
    jobs = plan.jobs(args.qemu, args.board, args.images, args.short)
    outcomes = {}
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        running = {pool.submit(timed, args.qemu, job): job for job in plan.longest_first(jobs)}
        try:
            for done, future in enumerate(concurrent.futures.as_completed(running), 1):
                job = running[future]
                result = outcome_of(future)
                if result:
                    outcomes[job], seconds = result
                    print(f"[{done:3}/{len(jobs)}] {job.board} {job.image.stem:14} {job.workload:24} {seconds:6.1f} s", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    store(args.out, args.board, [outcomes[job] for job in jobs if job in outcomes])
    print(f"{args.board}: {len(outcomes)} of {len(jobs)} measured in {time.monotonic() - start:.0f} s")
    sys.exit(len(outcomes) < len(jobs))


def outcome_of(future):
    try:
        return future.result()
    except (figures.FigureError, machine.RunError) as error:
        print(f"FAILED: {error}", flush=True)
        return None


def timed(qemu, job):
    start = time.monotonic()
    return plan.measure(qemu, job), time.monotonic() - start


def store(out, board, outcomes):
    for path, kind, row_type in ((calls_file, "calls", figures.Call), (spaces_file, "spaces", figures.Space),
                                 (bins_file, "bins", figures.Bin), (stretches_file, "stretches", figures.Stretch)):
        figures.write(path(out, board), [row for outcome in outcomes for row in getattr(outcome, kind)], row_type)


def read_all(out, boards, path, row_type):
    return [row for board in boards for row in figures.read(path(out, board), row_type)]


def load(args):
    """Rows of calls and of space, all boards'."""
    calls = read_all(args.out, args.boards, calls_file, figures.Call)
    spaces = read_all(args.out, args.boards, spaces_file, figures.Space)
    sizes = [row for board in args.boards for row in figures.read_if_there(sizes_file(args.out, board), figures.Space)]
    return calls, spaces + sizes


def compiler():
    done = subprocess.run(["arm-none-eabi-gcc", "-dumpfullversion"], capture_output=True, text=True, check=True)
    return figures.Tool("arm-none-eabi-gcc", done.stdout.strip())


def is_comparable(args):
    """A budget is what one compiler made of the sources; another's output is neither better nor worse for that."""
    recorded, = figures.read(tools_file(args), figures.Tool)
    if recorded == compiler():
        return True
    print(f"budget: recorded with {' '.join(recorded)}, and this is {' '.join(compiler())}: NOT COMPARED")
    return False


def tools_file(args):
    return args.budget.with_name("budget-tools.csv")


def check(args, calls, spaces, is_planned):
    if not is_comparable(args):
        return True
    verdict = budget.compare(figures.as_figures(calls, spaces), figures.read(args.budget, figures.Figure), is_planned)
    for line in budget.describe(verdict):
        print(line)
    print(f"budget: {len(verdict.above)} above, {len(verdict.lower)} below, {len(verdict.missing)} not measured, "
          f"{len(verdict.unknown)} without a budget")
    return budget.holds(verdict)


def check_short(args):
    calls, spaces = load(args)
    sys.exit(not check(args, calls, spaces, lambda key: key[0] in args.boards and plan.is_in_short_run(*key[1:3])))


def record(args):
    calls, spaces = load(args)
    ours = sorted(row for row in figures.as_figures(calls, spaces) if budget.is_ours(row))
    figures.by_key(ours)
    figures.write(args.budget, ours, figures.Figure)
    figures.write(tools_file(args), [compiler()], figures.Tool)
    print(f"{args.budget}: {len(ours)} figures")


def report(args):
    calls, spaces = load(args)
    figures.write(args.out / "space.csv", spaces, figures.Space)
    host_calls = figures.read_if_there(calls_file(args.out, HOST), figures.Call, NOT_ON_HOST)
    host_spaces = figures.read_if_there(spaces_file(args.out, HOST), figures.Space)
    goals = figures.read(GOALS, figures.Figure)
    stretches = [row for board in args.boards for row in figures.read_if_there(stretches_file(args.out, board), figures.Stretch)]
    results = tables.Results(calls + host_calls, spaces + host_spaces, goals, stretches)
    for table in [*tables.tables(results), tables.goal_table(results)]:
        print(f"{tables.as_text(table)}\n")
    bins = read_all(args.out, args.boards, bins_file, figures.Bin)
    picture.draw(args.out / "distributions.svg", bins, host_calls)
    text = document.text(results, figures.read(PEERS, figures.Figure), compiler())
    (args.out / "performance.md").write_text(text, encoding="utf-8")
    sys.exit(not check(args, calls, spaces, lambda key: True))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--out", type=pathlib.Path, required=True)
    run = verbs.add_parser("run", parents=[common], help="measure one board, into DIR/<board>*.csv")
    run.add_argument("board")
    run.add_argument("--images", type=pathlib.Path, nargs="+", required=True)
    run.add_argument("--short", action="store_true")
    run.add_argument("qemu", nargs="+")
    run.set_defaults(verb=measure_board)
    for name, verb, what in (
        ("report", report, "tables, space.csv, the picture, performance.md, and the comparison with the budget"),
        ("check", check_short, "the comparison of a short run with its part of the budget"),
        ("record", record, "make the present figures the budget"),
    ):
        other = verbs.add_parser(name, parents=[common], help=what)
        other.add_argument("boards", nargs="+")
        other.add_argument("--budget", type=pathlib.Path, default=BUDGET)
        other.set_defaults(verb=verb)
    return parser.parse_args()


def main():
    args = arguments()
    try:
        args.verb(args)
    except (figures.FigureError, machine.RunError, picture.PictureError, FileNotFoundError) as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
