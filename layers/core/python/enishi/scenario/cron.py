"""A calendar of due minutes: five fields of cron, plus the last day of a month and whole years."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, time

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LAST = 32
"""Stands for the last day of a month among `days`."""


@dataclass(frozen=True)
class Cron:
    """Sets of the values at which it is due. Empty `days`, `months`, `weekdays`, `years` mean every one."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    years: frozenset[int] = frozenset()

    def due_on(self, day: date) -> bool:
        """Whether any time of `day` is due."""
        return (
            (not self.years or day.year in self.years)
            and (not self.months or day.month in self.months)
            and (not self.weekdays or (day.weekday() + 1) % 7 in self.weekdays)
            and (not self.days or day.day in self.days or (LAST in self.days and _is_last(day)))
        )

    def times(self) -> list[time]:
        """The due times of a due day, in order."""
        return [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]

    def aws(self) -> list[str]:
        """EventBridge Scheduler expressions that together say the same: two when `last` stands beside numbers."""
        numbers = self.days - {LAST}
        parts = [_numbers(numbers)] if numbers else []
        parts += ["L"] if LAST in self.days else []
        return [self._expression(days) for days in parts or ["*"]]

    def _expression(self, days: str) -> str:
        weekdays = ",".join(WEEKDAYS[day].upper() for day in sorted(self.weekdays)) or "?"
        shown = "?" if self.weekdays else days
        times = f"{_all_or(self.minutes, 60)} {_all_or(self.hours, 24)}"
        return f"cron({times} {shown} {_numbers(self.months)} {weekdays} {_numbers(self.years)})"


def cron(text: str) -> Cron:
    """Parse `minute hour day month weekday`: numbers, names, `*`, lists, ranges, steps, `L` for the last day.

    Raises:
        ValueError: not five fields, a value out of range, or both a day of the month and a weekday.
    """
    fields = text.lower().split()
    if len(fields) != 5:
        raise ValueError("cron has five fields: minute hour day month weekday")
    minutes, hours, days, months, weekdays = fields
    if days != "*" and weekdays != "*":
        raise ValueError("cron names either days of the month or weekdays, not both")
    return Cron(
        minutes=_field(minutes, 0, 59) or frozenset(range(60)),
        hours=_field(hours, 0, 23) or frozenset(range(24)),
        days=_field(days.replace("l", str(LAST)), 1, LAST),
        months=_field(months, 1, 12, ("", *MONTHS)),
        weekdays=frozenset(day % 7 for day in _field(weekdays, 0, 7, WEEKDAYS)),
    )


def _is_last(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


def _numbers(values: frozenset[int]) -> str:
    return ",".join(str(value) for value in sorted(values)) or "*"


def _all_or(values: frozenset[int], count: int) -> str:
    return "*" if len(values) == count else _numbers(values)


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    if text == "*":
        return frozenset()
    return frozenset(value for part in text.split(",") for value in _range(part, low, high, names))


def _range(part: str, low: int, high: int, names: tuple[str, ...]) -> range:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    start = low if span == "*" else _number(first, names)
    stop = high if span == "*" or (step and not last) else _number(last or first, names)
    beat = _number(step, ()) if step else 1
    if not (low <= start <= stop <= high) or beat < 1:
        raise ValueError(f"the cron field {part!r} is out of range {low}-{high}")
    return range(start, stop + 1, beat)


def _number(text: str, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text)
    if not text.isdecimal():
        raise ValueError(f"the cron field has {text!r} where a number belongs")
    return int(text)
