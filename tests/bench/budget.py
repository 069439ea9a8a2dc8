# SPDX-License-Identifier: MIT
"""Cairn's figures against the recorded ones. Counts are exact, so there is no tolerance.

What is measured and what is recorded have to be the same set: a figure that is no longer measured, or that nobody
recorded, is as wrong as one that grew.
"""
import collections

import figures

Verdict = collections.namedtuple("Verdict", ("above", "lower", "missing", "unknown"))


def is_ours(row):
    return row.allocator == "cairn" or row.allocator.startswith("cairn_")


def compare(measured, budget, is_planned=lambda key: True):
    """Both are rows of figures.Figure. Of the budget, only what is_planned(key) counts."""
    measured = figures.by_key(row for row in measured if is_ours(row))
    budget = {key: limit for key, limit in figures.by_key(budget).items() if is_planned(key)}
    both = sorted(measured.keys() & budget.keys())
    return Verdict(
        above=[(key, measured[key], budget[key]) for key in both if figures.is_worse(key[4], measured[key], budget[key])],
        lower=[(key, measured[key], budget[key]) for key in both if figures.is_worse(key[4], budget[key], measured[key])],
        missing=sorted(budget.keys() - measured.keys()),
        unknown=sorted(measured.keys() - budget.keys()),
    )


def holds(verdict):
    return not (verdict.above or verdict.missing or verdict.unknown)


def describe(verdict):
    """One line a figure."""
    for key, value, limit in verdict.lower:
        yield f"may be lowered: {figures.key_text(key)}: {value}, and the budget is {limit}"
    for key, value, limit in verdict.above:
        yield f"WORSE than its budget: {figures.key_text(key)}: {value}, and the budget is {limit}"
    for key in verdict.missing:
        yield f"NOT MEASURED, but has a budget: {figures.key_text(key)}"
    for key in verdict.unknown:
        yield f"HAS NO BUDGET: {figures.key_text(key)}"
