"""Which values an axis or a legend has, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

Row = dict[str, Any]


def merged(rows: Sequence[Row], name: str, group: str) -> list[Any]:
    """The values of `name` in an order that every group of rows agrees with, else in that of the rows.

    A group may lack values: of price bands, one begins at 500円 and the next at 2000円. Numbers that rise in each group
    rise.
    """
    first: dict[Any, None] = dict.fromkeys(row[name] for row in rows)
    groups = list(_by_group(rows, name, group))
    if all(_rises(values) for values in groups):
        return sorted(first)
    follows: dict[Any, dict[Any, None]] = {value: {} for value in first}
    for values in groups:
        for before, after in pairwise(values):
            follows[after][before] = None
    try:
        return list(TopologicalSorter(follows).static_order())
    except CycleError:
        return list(first)


def _rises(values: Sequence[Any]) -> bool:
    """Whether they are numbers in their own order."""
    return all(isinstance(value, int | float) for value in values) and list(values) == sorted(values)


def _by_group(rows: Sequence[Row], name: str, group: str) -> Iterable[list[Any]]:
    groups: dict[Any, dict[Any, None]] = {}
    for row in rows:
        groups.setdefault(row[group], {})[row[name]] = None
    return (list(values) for values in groups.values())


def first_of(rows: Sequence[Row], name: str, count: int) -> list[Row]:
    """The rows with the first `count` values of `name`."""
    kept = set(list(dict.fromkeys(row[name] for row in rows))[:count])
    return [row for row in rows if row[name] in kept]


def largest_of(rows: Sequence[Row], name: str, measure: str, count: int) -> list[Row]:
    """The rows of the `count` values of `name` that `measure` is largest for, all their rows together."""
    sums: dict[Any, float] = {}
    for row in rows:
        sums[row[name]] = sums.get(row[name], 0.0) + abs(float(row[measure] or 0))
    kept = set(sorted(sums, key=lambda value: -sums[value])[:count])
    return [row for row in rows if row[name] in kept]
