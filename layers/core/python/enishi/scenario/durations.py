"""Lengths of time as a planner writes them: `5 minutes`, `1 hour`, `7 days`, `2 weeks`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_TEXT = re.compile(r"^(\d{1,6}) (minute|hour|day|week)s?$")


def parse(value: object) -> timedelta:
    """`7 days` → timedelta. Raises ValueError for anything else, months and years included (they have no length)."""
    if isinstance(value, timedelta):
        return value
    found = _TEXT.match(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a length of time such as `30 minutes`, `1 hour`, `7 days` or `2 weeks`")
    return int(found[1]) * UNITS[found[2]]


def text(value: timedelta) -> str:
    """The inverse of `parse`, in the largest unit that fits: `7 days` stays days."""
    for name in ("day", "hour", "minute"):
        count, rest = divmod(value, UNITS[name])
        if not rest:
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise ValueError("a length of time is whole minutes")


Duration = Annotated[timedelta, BeforeValidator(parse), PlainSerializer(text)]
