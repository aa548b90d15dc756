"""Which rows have a mark: one a place, and no series without a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
WIDTH, LINE = 640, 14
"""Pixels of a picture, and of a line of text."""


def one_a_place(rows: Sequence[Row], keys: Sequence[str], measures: Mapping[str, bool], weight: str = "") -> list[Row]:
    """One row for each place (the values of `keys`), in the order of the first: amounts and counts added up, of shares
    and means the last, or their mean by the column `weight`.

    Args:
        measures: each measure, and whether it adds up.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return [
        {**group[-1], **{name: _of_all(group, name, adds, weight) for name, adds in measures.items()}}
        for group in groups.values()
    ]


def _of_all(group: Sequence[Row], name: str, adds: bool, weight: str) -> Any:
    known = [row for row in group if row[name] is not None]
    if not known:
        return None
    if adds:
        return sum(row[name] for row in known)
    whole = sum(row[weight] or 0 for row in known) if weight else 0
    return sum(row[name] * (row[weight] or 0) for row in known) / whole if whole else known[-1][name]


def with_values(rows: Sequence[Row], name: str, has_value: Callable[[Row], bool]) -> list[Row]:
    """Without the rows of those values of `name` (a series) that have no value anywhere."""
    alive = {row[name] for row in rows if has_value(row)}
    return [row for row in rows if row[name] in alive]


def apart(
    rows: Sequence[Row], across: Callable[[Row], float], up: Callable[[Row], float], breadth: Callable[[Row], float]
) -> list[Row]:
    """Of points (best first) those beside which a name can stand without touching another; with `_left` where the name
    stands at the left, because there is no room at the right.

    Args:
        across, up: where a row stands, in pixels.
        breadth: pixels of a row's name.
    """
    taken: list[tuple[float, float, float]] = []
    kept = []
    for row in rows:
        at, level, wide = across(row), up(row), breadth(row) + 7
        left = at + wide > WIDTH
        start = at - wide if left else at
        if all(abs(level - other) > LINE or start > end or start + wide < begin for begin, end, other in taken):
            taken.append((start, start + wide, level))
            kept.append({**row, "_left": left})
    return kept
