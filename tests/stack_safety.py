#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The table in docs/stack-safety.md, from what the overflow matrix (tests/target/overflow_matrix.c) printed.

usage: stack_safety.py check OUTPUT...     each run against the document; 1 when they differ
       stack_safety.py write OUTPUT...     the document's table, anew, from a run of every board

Each line 'CELL board=... case=... ...' is a row of a board's table, and a cell of the first one. A case that a run
left out, or a word that is not known here, is an error: there is no cell that was not measured.
"""
import pathlib
import sys

DOCUMENT = pathlib.Path("docs/stack-safety.md")
BEGIN = "<!-- Written by `make stack-safety` from here on. Do not edit. -->"
END = "<!-- Written by `make stack-safety` up to here. -->"

CASES = {
    "push": "push of 16 B, 8 B above the limit",
    "sub-48-store": "frame of 48 B, then a store",
    "sub-320-store": "frame of 320 B, then a store",
    "sub-1024-store": "frame of 1 KiB, then a store",
    "sub-4096-store": "frame of 4 KiB, then a store",
    "sub-all-store": "frame larger than the whole stack, then a store",
    "sub-48-interrupt": "frame of 48 B, no store, an interrupt",
    "sub-320-interrupt": "frame of 320 B, no store, an interrupt",
    "sub-1024-interrupt": "frame of 1 KiB, no store, an interrupt",
    "sub-4096-interrupt": "frame of 4 KiB, no store, an interrupt",
    "sub-all-interrupt": "frame larger than the whole stack, no store, an interrupt",
    "fp-sub-48-interrupt": "frame of 48 B, FP registers live, an interrupt",
    "fp-sub-320-interrupt": "frame of 320 B, FP registers live, an interrupt",
    "fp-interrupt-at-100": "interrupt 100 B above the limit, FP registers live",
    "interrupt-at-0": "interrupt with the stack pointer at the limit",
    "interrupt-at-8": "interrupt 8 B above the limit",
    "interrupt-at-16": "interrupt 16 B above the limit",
    "interrupt-at-31": "interrupt 31 B above the limit",
    "interrupt-at-100": "interrupt 100 B above the limit",
    "recursion": "deep recursion",
    "run-time-array": "array of a length known at run time, 200 B too long",
    "first-instruction": "first instruction of a new task, 200 B past the limit",
    "system-call": "inside a system call",
    "two-in-turn": "two tasks, one after the other",
    "fill-downwards": "memory filled downwards, past the limit",
    "stray-to-neighbour": "stray store to a neighbour's stack",
    "stray-to-free-stack": "stray store to a free stack",
    "stray-to-low-end": "stray store to the low end of stack space",
    "stray-to-high-end": "stray store to the high end of stack space",
    "thousand-times": "1,000 times over, a new task each time",
    "handler-stack": "overflow of the handlers' own stack",
}

NOTICED = {
    "fits": "nothing to notice",
    "missed": "**not noticed**",
    "sp": "as the stack pointer moves",
    "store": "at the store",
    "stacking": "at the interrupt",
    "entry": "at the interrupt",
    "late": "late: at the next interrupt",
    "lock": "before the kernel's lock",
    "stray": "at the store",
    "gate": "does not pass the frame gate",
    "no-fp": "no FP",
}
TOLD = {"overflow": "overflow", "stray-write": "stray write", "nothing": "-"}
PLACE = {"exact": "exact PC", "callers": "callers", "unknown": "unknown", "none": "-"}
HEADER = ["case", "noticed", "right task", "told as", "bytes past the limit", "place", "bytes changed outside",
          "memory", "others"]


def fail(text):
    print(f"stack_safety: {text}", file=sys.stderr)
    sys.exit(1)


class Run:
    """What one image printed on one board."""

    def __init__(self, path):
        words = [line.split() for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
        cells = [fields(line) for line in words if line[:1] == ["CELL"]]
        cycles = [fields(line) for line in words if line[:1] == ["CYCLES"]]
        if not cells or len(cycles) != 1:
            fail(f"{path}: not a whole run of the matrix")
        self.board, self.guard = cells[0]["board"], cells[0]["guard"]
        self.cells = {cell["case"]: cell for cell in cells}
        self.cycles = cycles[0]
        if set(self.cells) != set(CASES) or len(cells) != len(CASES):
            fail(f"{path}: the cases are not those of {sys.argv[0]}: {', '.join(set(self.cells) ^ set(CASES))}")

    @property
    def title(self):
        return f"{self.board} ({self.guard})"

    def column(self):
        return [noticed(self.cells[case]) for case in CASES]

    def section(self):
        rows = [row(case, self.cells[case]) for case in CASES]
        cycles = self.cycles
        return "\n".join([
            f"### {self.title}", "", *table(HEADER, rows), "",
            f"{int(cycles['cycles']):,} tasks of random sizes (seed {cycles['seed']}): {cycles['returned']} returned, "
            f"{cycles['killed']} were killed, {cycles['overflowed']} overflowed; {cycles['misnamed']} faults named the "
            f"wrong task; {cycles['frames-lost']} frames were lost.", ""])


def fields(words):
    return dict(word.split("=", 1) for word in words[1:])


def noticed(cell):
    text = NOTICED[cell["detected"]]
    if cell.get("outside", "0") != "0":
        text += f", {cell['outside']} B changed"
    return text


def past(cell):
    return f"at least {cell['past'][:-1]}" if cell["past"].endswith("+") else cell["past"]


def row(case, cell):
    if "named" not in cell:
        return [CASES[case], NOTICED[cell["detected"]]] + ["-"] * (len(HEADER) - 2)
    told = TOLD[cell["told"]]
    return [CASES[case], NOTICED[cell["detected"]], cell["named"] if told != "-" else "-", told,
            past(cell) if told == "overflow" else "-", PLACE[cell["pc"]], cell["outside"], cell["memory"],
            cell["others"]]


def table(header, rows):
    return ["| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *rows]]


def document():
    """What is written by hand before, what is generated, and what follows."""
    text = DOCUMENT.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        fail(f"{DOCUMENT} does not say which part is generated")
    before, rest = text.split(BEGIN)
    return before, *rest.split(END)


def generated(runs):
    columns = [run.column() for run in runs]
    rows = [[CASES[case], *cells] for case, *cells in zip(CASES, *columns)]
    lines = ["", "## When it is noticed", "", *table(["case", *(run.title for run in runs)], rows), "",
             "## In full", "", *(run.section() for run in runs)]
    return "\n".join(lines)


def column_of(text, title):
    """A board's cells in the first table."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    if not rows or title not in rows[0]:
        return None
    at = rows[0].index(title)
    return [line[at] for line in rows[2:2 + len(CASES)]]


def check(runs):
    text = document()[1]
    for run in runs:
        if column_of(text, run.title) != run.column() or run.section() not in text:
            show_difference(text, run)
            fail(f"{DOCUMENT} does not say what {run.title} has shown: look at what changed, then `make stack-safety`")
    print(f"stack_safety: {DOCUMENT} says what was shown by {', '.join(run.title for run in runs)}")


def show_difference(text, run):
    for line in run.section().splitlines():
        if line not in text:
            print(f"stack_safety: {run.title}: not in {DOCUMENT}: {line}", file=sys.stderr)


def write(runs):
    before, _, after = document()
    DOCUMENT.write_text(before + BEGIN + "\n" + generated(runs) + END + after, encoding="utf-8")


def main():
    commands = {"check": check, "write": write}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        fail("usage: stack_safety.py check|write OUTPUT...")
    commands[sys.argv[1]]([Run(path) for path in sys.argv[2:]])


main()
