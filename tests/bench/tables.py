# SPDX-License-Identifier: MIT
"""The measured rows as tables: Cairn beside each peer, the ratio, the goal and what became of it.

A table is a title, a header and rows of text; bench.py shows it on the terminal, document.py in docs/performance.md.
"""
import collections
from decimal import Decimal

import figures

Table = collections.namedtuple("Table", ("title", "header", "rows"))

OURS = "cairn"
PAIRS = (("allocate", "free"), ("alloc", "free"), ("create", "destroy"))
ENDS = [pair[1] for pair in PAIRS]
TITLES = {
    "heap": "Heap", "trace": "Heap, recorded programs", "slab": "Object caches", "frame": "Page frames, 4 KiB",
    "stack": "Task stacks", "switch": "Context switch", "worst": "Worst cases, each driven on purpose",
    "masked": "Longest stretch with interrupts masked",
}
# No stretch is longer than the longest call that locks once, nor does it grow with a block, the memory, or the tasks.
MASKED_LIMITS = {
    "masked": ("masked", "call"), "masked_kernel": ("masked", "call"), "masked_block_large": ("masked_block_small", "lock"),
    "masked_pool_large": ("masked_pool_small", "lock"), "masked_tasks_many": ("masked_tasks_few", "lock"),
}


def group_of(workload):
    word = workload.split("_")[0]
    return word if word in TITLES else "heap"


class Results:
    """All that one run measured, by key, with the goals."""

    def __init__(self, calls, spaces, goals, stretches=()):
        self.calls = {call[:4]: call for call in calls}
        self.spaces = {(s.board, s.allocator, s.workload, s.unit): Decimal(s.value) for s in spaces}
        self.stretches = stretches
        self.measured = figures.by_key(f for f in figures.as_figures(calls, spaces) if f.value)
        self.goals = figures.by_key(goals) | self.relative_goals()

    def relative_goals(self):
        """Those that are measured, too: of masked stretches those of MASKED_LIMITS, and memory may grow a thousandfold for
        one level of the frames' structure."""
        goals = {}
        for key in self.measured:
            board, name, workload, op, figure = key
            limit = (board, name, *MASKED_LIMITS.get(workload, ()), "max")
            if (op, figure) == ("lock", "max") and limit in self.measured:
                goals[key] = self.measured[limit]
            level = (board, name, "frame_level", "", figure)
            if workload.startswith("frame_growth_") and level in self.measured:
                goals[key] = self.measured[level]
        return goals

    def boards(self):
        return unique(key[0] for key in [*self.calls, *self.spaces])

    def allocators(self, board, ours):
        """In the order of the run; ours first."""
        found = unique(key[1] for key in [*self.calls, *self.spaces] if key[0] == board)
        return [name for name in found if (name == OURS or name.startswith(OURS + "_")) == ours]

    def lines(self, board, group):
        """The (workload, op) of a group, in the order of the run."""
        return unique((key[2], key[3]) for key in self.calls if key[0] == board and group_of(key[2]) == group)

    def figure(self, board, allocator, workload, op, name):
        call = self.calls.get((board, allocator, workload, op))
        value = getattr(call, name) if call else ""
        return Decimal(value) if value else None

    def pair(self, board, allocator, workload):
        """The mean of an allocation and its free together."""
        for pair in PAIRS:
            both = [self.figure(board, allocator, workload, op, "mean") for op in pair]
            if None not in both:
                return sum(both)
        return None

    def goal_states(self):
        """[(key, goal, measured or None, reached)]"""
        return [(key, goal, self.measured.get(key), self.reached(key)) for key, goal in self.goals.items()]

    def reached(self, key):
        return key in self.measured and not figures.is_worse(key[4], self.measured[key], self.goals[key])

    def beaten_by(self, board, workload):
        """The measured peers whose pair costs less than ours."""
        ours = self.pair(board, OURS, workload)
        pairs = {name: self.pair(board, name, workload) for name in self.allocators(board, ours=False)}
        return [name for name, pair in pairs.items() if name != "floor" and pair is not None and pair < ours]


def unique(items):
    return list(dict.fromkeys(items))


def number(value):
    """12345.60 as 12,345.6"""
    if value is None:
        return "-"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ratio(theirs, ours):
    return "" if theirs is None or not ours else f" (x{theirs / ours:.2f})"


def goal_text(results, keys):
    words = []
    for key in keys:
        if key not in results.goals:
            continue
        state = "reached" if results.reached(key) else "missed" if key in results.measured else "not measured"
        words.append(f"{key[4] + ' ' if key[3] else ''}{number(results.goals[key])} {state}")
    return ", ".join(words)


def call_tables(results, board, group):
    """Cairn beside its peers, where there are any, and then all of Cairn's own figures."""
    lines = results.lines(board, group)

    def with_rows(names):
        return [name for name in names if any((board, name, *line) in results.calls for line in lines)]

    peers = with_rows(results.allocators(board, ours=False))
    variants = with_rows(name for name in results.allocators(board, ours=True) if name != OURS)
    found = [peer_table(results, board, group, peers)] if peers else []
    if not peers or any(results.figure(board, OURS, *line, "p50") is not None for line in lines):
        found.append(own_table(results, board, group, variants, with_goals=not peers))
    return found


def peer_table(results, board, group, peers):
    """A line for each operation: a peer's mean, how many times Cairn's that is, and the peer's maximum."""
    rows = []
    for workload, op in results.lines(board, group):
        mean = results.figure(board, OURS, workload, op, "mean")
        cells = [beside(results, board, name, workload, op, mean) for name in peers]
        rows.append([workload, op, number(mean) + worst(results, board, OURS, workload, op), *cells, call_goals(results, board, workload, op)])
        if op in ENDS and results.pair(board, OURS, workload) is not None:
            rows.append(pair_row(results, board, workload, peers))
    return Table(f"{TITLES[group]}, {board}", ["workload", "operation", "Cairn", *peers, "goal"], rows)


def own_table(results, board, group, variants, with_goals):
    spread = figures.CALL_FIGURES
    goal_header = ["goal"] if with_goals else []
    rows = []
    for workload, op in results.lines(board, group):
        own = [results.figure(board, OURS, workload, op, name) for name in spread]
        cells = [beside(results, board, name, workload, op, own[1]) for name in variants]
        goal = [call_goals(results, board, workload, op)] if with_goals else []
        rows.append([workload, op, *map(number, own), *cells, *goal])
    return Table(f"{TITLES[group]}, {board}: Cairn alone", ["workload", "operation", "n", "mean", "p50", "p99", "p99.9", "max", *variants, *goal_header], rows)


def beside(results, board, name, workload, op, ours):
    mean = results.figure(board, name, workload, op, "mean")
    if mean is None:
        return "-"
    return number(mean) + ratio(mean, ours) + worst(results, board, name, workload, op)


def worst(results, board, name, workload, op):
    value = results.figure(board, name, workload, op, "max")
    return "" if value is None else f" max {number(value)}"


def call_goals(results, board, workload, op):
    return goal_text(results, [(board, OURS, workload, op, name) for name in ("mean", "max")])


def pair_row(results, board, workload, peers):
    ours = results.pair(board, OURS, workload)
    pairs = [results.pair(board, name, workload) for name in peers]
    faster = results.beaten_by(board, workload)
    cells = [number(pair) + ratio(pair, ours) for pair in pairs]
    state = f"behind {', '.join(faster)}" if faster else "nobody ahead" if any(pairs) else ""
    return [workload, "pair", number(ours), *cells, state]


def space_table(results, board):
    lines = unique((key[2], key[3]) for key in results.spaces if key[0] == board)
    names = [name for ours in (True, False) for name in results.allocators(board, ours)
             if any((board, name, *line) in results.spaces for line in lines)]
    names = sorted(names, key=lambda name: name != OURS)
    rows = []
    for workload, unit in lines:
        ours = results.spaces.get((board, OURS, workload, unit))
        cells = [space_text(results.spaces.get((board, name, workload, unit)), ours, name) for name in names]
        rows.append([workload, unit, *cells, goal_text(results, [(board, OURS, workload, "", unit)])])
    return Table(f"Space, {board}", ["what", "unit", *names, "goal"], rows)


def space_text(value, ours, name):
    return number(value) + ("" if name == OURS else ratio(value, ours))


def stretch_table(results, board):
    """Each place that masked interrupts longest while something ran, with the longest that it did."""
    longest = {}
    for row in results.stretches:
        if row.board == board and (row.site not in longest or int(row.instructions) > int(longest[row.site].instructions)):
            longest[row.site] = row
    rows = [[row.site, number(Decimal(row.instructions)), row.workload if row.during == "all" else row.during]
            for row in sorted(longest.values(), key=lambda row: -int(row.instructions))]
    return Table(f"Who masks interrupts longest, {board}", ["unlocked by", "instructions at the most", "while this ran"], rows)


def tables(results):
    found = []
    for board in results.boards():
        for group in TITLES:
            found += call_tables(results, board, group) if results.lines(board, group) else []
        found += [stretch_table(results, board)] if any(row.board == board for row in results.stretches) else []
        found += [space_table(results, board)] if any(key[0] == board for key in results.spaces) else []
    return found


def goal_table(results):
    rows = []
    for key, goal, value, reached in results.goal_states():
        state = "reached" if reached else "not measured" if value is None else f"missed by {number(abs(value - goal))}"
        rows.append([*key[:4], key[4], ("at least " if key[4] in figures.MORE_IS_BETTER else "at most ") + number(goal),
                     number(value), state])
    return Table("Goals", ["board", "allocator", "workload", "operation", "figure", "goal", "measured", "outcome"], rows)


def as_text(table):
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows)]
    lines = [table.title, *("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                            for row in [table.header, *table.rows])]
    return "\n".join(lines)


def as_markdown(table):
    lines = [table.header, ["---"] * len(table.header), *table.rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)
