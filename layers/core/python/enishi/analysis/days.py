"""Days as a parameter writes them: `2026-11-20`, `yesterday`, `as_of - 12 months + 1 day`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from enishi.errors import AnalysisError
from enishi.segment.durations import parse_calendar_duration, shift

_TERM = re.compile(r"\s*([+-])\s*(\d+\s+(?:day|week|month|year)s?)")
_HEAD = re.compile(r"\s*(\d{4}-\d{2}-\d{2}|[a-z_]+)")


def read_day(text: str, named: Mapping[str, date]) -> date:
    """The day that `text` says; `named` are the days it may start from.

    A distance in months or years keeps the day of the month, or takes the last one where that month is shorter.

    Raises:
        AnalysisError: not a day, or a name that is not in `named`.
    """
    head = _HEAD.match(text)
    if head is None:
        raise _not_a_day(text, named)
    day, rest = _start(head[1], named, text), head.end()
    while rest < len(text.rstrip()):
        term = _TERM.match(text, rest)
        if term is None:
            raise _not_a_day(text, named)
        day = shift(day, parse_calendar_duration(term[2]), 1 if term[1] == "+" else -1)
        rest = term.end()
    return day


def _start(word: str, named: Mapping[str, date], text: str) -> date:
    if word in named:
        return named[word]
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise _not_a_day(text, named) from None


def _not_a_day(text: str, named: Mapping[str, date]) -> AnalysisError:
    names = ", ".join(sorted(named))
    return AnalysisError(
        f"{text!r} is not a day", remedy=f"Write 2026-11-20, or a distance such as as_of - 3 months (from {names})."
    )
