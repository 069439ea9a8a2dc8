# SPDX-License-Identifier: MIT
"""One run of a benchmark image in QEMU: what to do goes in by the semihosting command line, rows come out."""
import collections
import pathlib
import sys

import figures

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "qemu"))
from run import Machine, readable, verdict  # noqa: E402 (files beside, and no package)
from symbols import Symbols  # noqa: E402

DONE, TOO_SMALL = 0, 3
LIST = "list"
LIMIT_S = 240.0

Outcome = collections.namedtuple("Outcome", ("calls", "spaces", "bins", "stretches", "names", "too_small"))


class RunError(Exception):
    """An image that did not do what it was asked to."""


class Silent(Machine):
    """Keeps what the machine prints, and shows none of it."""

    def pass_on_output(self):
        with self.process.stdout as stream:
            text = stream.read()
        self.lines = [readable(line) for line in text.splitlines()]


def command(qemu, image, words):
    config = "".join(f",arg={word}" for word in [pathlib.Path(image).name, *map(str, words)])
    return [*qemu, "-semihosting-config", f"enable=on,target=native{config}", "-kernel", str(image)]


def run(qemu, board, allocator, image, *words, limit=LIMIT_S):
    machine = Silent(command(qemu, image, words), Symbols(str(image)))
    status = machine.run(limit)
    what = f"{image} {' '.join(map(str, words))}"
    if status != TOO_SMALL:
        wrong = verdict(machine, status, limit, DONE)
        if wrong:
            raise RunError(f"{what}: {wrong}")
    last = f"done,{words[0]}"
    if status == DONE and words[0] != LIST and last not in machine.lines:
        raise RunError(f"{what}: ended without '{last}'; last line: {machine.last_line()}")
    return parse(machine.lines, board, allocator, what, too_small=status == TOO_SMALL)


def parse(lines, board, allocator, what, too_small=False):
    outcome = Outcome([], [], [], [], [], too_small)
    shapes = {"row": (figures.Call, outcome.calls), "space": (figures.Space, outcome.spaces), "hist": (figures.Bin, outcome.bins),
              "site": (figures.Stretch, outcome.stretches)}
    for line in lines:
        kind, *fields = line.split(",")
        if kind in shapes:
            row_type, rows = shapes[kind]
            rows.append(figures.row_of(row_type, [board, allocator, *fields], what))
        elif kind == "workload":
            outcome.names.extend(fields)
    return outcome
