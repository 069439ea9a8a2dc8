# SPDX-License-Identifier: MIT
"""What was measured, as rows, and the files that they are kept in.

A call row is the distribution of one operation of one workload, in instructions; a space row is one number with its
unit; a histogram row says how many calls took a number of instructions; a stretch row how long interrupts were masked at
the most while something ran, and who did it. Numbers stay the text that the image printed:
they are compared as decimals and never rounded on the way.
"""
import collections
import csv
import pathlib
from decimal import Decimal

CALL_FIGURES = ("n", "mean", "p50", "p99", "p999", "max")
Call = collections.namedtuple("Call", ("board", "allocator", "workload", "op") + CALL_FIGURES)
Space = collections.namedtuple("Space", ("board", "allocator", "workload", "value", "unit"))
Bin = collections.namedtuple("Bin", ("board", "allocator", "workload", "op", "instructions", "count"))
Stretch = collections.namedtuple("Stretch", ("board", "allocator", "workload", "during", "instructions", "site"))
Tool = collections.namedtuple("Tool", ("tool", "version"))
# One number under a key: what budgets, goals and the published figures of others consist of.
Figure = collections.namedtuple("Figure", ("board", "allocator", "workload", "op", "figure", "value"))

MORE_IS_BETTER = ("permille",)


class FigureError(Exception):
    """A file or an image that does not keep to the format."""


def read(path, row_type, may_be_empty=()):
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = tuple(next(rows, ()))
        if header != row_type._fields:
            raise FigureError(f"{path}: the header is {','.join(header)}, not {','.join(row_type._fields)}")
        return [row_of(row_type, fields, f"{path}:{rows.line_num}", may_be_empty) for fields in rows]


def read_if_there(path, row_type, may_be_empty=()):
    return read(path, row_type, may_be_empty) if pathlib.Path(path).exists() else []


def write(path, rows, row_type):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(row_type._fields)
        out.writerows(rows)


def row_of(row_type, fields, where, may_be_empty=()):
    if len(fields) != len(row_type._fields):
        raise FigureError(f"{where}: {len(fields)} fields, not {len(row_type._fields)}: {','.join(fields)}")
    row = row_type(*fields)
    for name in set(row_type._fields) & {*CALL_FIGURES, "value", "instructions", "count"}:
        value = getattr(row, name)
        if not is_number(value) and not (value == "" and name in may_be_empty):
            raise FigureError(f"{where}: {name} is no number: {','.join(fields)}")
    return row


def is_number(text):
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()


def as_figures(calls, spaces, of_calls=("mean", "max")):
    """The same as single numbers; of a space row, the unit names the figure."""
    singles = [Figure(*call[:4], name, getattr(call, name)) for call in calls for name in of_calls]
    return singles + [Figure(s.board, s.allocator, s.workload, "", s.unit, s.value) for s in spaces]


def by_key(figures):
    """{key: value as Decimal}; two values under one key are a mistake in whatever made them."""
    table = {}
    for figure in figures:
        if figure[:5] in table:
            raise FigureError(f"measured or written twice: {key_text(figure[:5])}")
        table[figure[:5]] = Decimal(figure.value)
    return table


def key_text(key):
    return " ".join(word for word in key if word)


def is_worse(name, value, limit):
    return value < limit if name in MORE_IS_BETTER else value > limit
