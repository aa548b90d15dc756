"""Durations and periods: every "30 days" of the language is read here.

A period of minutes or hours compares instants; a period of days and longer compares whole business days that end on the
day of the moment, so that a daily segment does not depend on the hour at which it is asked.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, cast

from pydantic import PlainValidator

from enishi.clock import start_of_day
from enishi.segment.moment import Moment
from enishi.segment.problems import problem

Unit = Literal["minute", "hour", "day", "week", "month", "year"]

_TEXT = re.compile(r"(\d{1,5})\s*(minute|hour|day|week|month|year)s?")
_CLOCK_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_FIXED_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True)
class Duration:
    """A length of time as a planner writes it: `30 days`."""

    count: int
    unit: Unit

    @property
    def is_clock(self) -> bool:
        """Minutes and hours are measured on the clock, the others on the calendar."""
        return self.unit in _CLOCK_UNITS

    def before(self, day: date) -> date:
        """The calendar day this long before `day`; a day that its month lacks becomes the last one."""
        return shift(day, self, -1)

    def after(self, day: date) -> date:
        """The calendar day this long after `day`."""
        return shift(day, self, 1)

    @property
    def clock(self) -> timedelta:
        """The length on the clock; calendar units have none."""
        return _CLOCK_UNITS[self.unit] * self.count


def shift(day: date, duration: Duration, sign: int) -> date:
    """`day` moved by a calendar duration, forward for sign 1 and back for sign -1."""
    if duration.unit in _FIXED_DAYS:
        return day + timedelta(days=sign * duration.count * _FIXED_DAYS[duration.unit])
    months = day.year * 12 + day.month - 1 + sign * duration.count * _MONTHS[duration.unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def parse_duration(value: object) -> Duration:
    """`30 days`, `1 hour`, `12 months`, `5 years`."""
    match = _TEXT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise problem(f"{value!r} is not a duration", "Write a number and a unit, for example 30 days or 1 hour.")
    return Duration(int(match[1]), cast(Unit, match[2]))


def parse_calendar_duration(value: object) -> Duration:
    """A duration of days or longer, for what only the calendar measures."""
    duration = parse_duration(value)
    if duration.is_clock:
        raise problem(f"{value!r} is shorter than a day", "Use days, weeks, months or years here.")
    return duration


@dataclass(frozen=True)
class Window:
    """A period at a moment: business days, both ends inside, or instants (after, until]. None = open."""

    first: date | None = None
    last: date | None = None
    after: datetime | None = None


@dataclass(frozen=True)
class Day:
    """A day as a planner names it: a date, or a distance from the moment's day."""

    fixed: date | None = None
    distance: Duration = Duration(0, "day")
    sign: int = -1

    def at(self, moment: Moment) -> date:
        return self.fixed or shift(moment.day, self.distance, self.sign)


@dataclass(frozen=True)
class Period:
    """When something happened: the last N of a unit, one named day, a calendar month, or from/to."""

    length: Duration | None = None
    first: Day | None = None
    last: Day | None = None
    months_ago: int | None = None

    def window(self, moment: Moment) -> Window:
        """The period seen from `moment`."""
        if self.length is not None:
            return _last(self.length, moment)
        if self.months_ago is not None:
            start = shift(moment.day.replace(day=1), Duration(self.months_ago, "month"), -1)
            return Window(start, shift(start, Duration(1, "month"), 1) - timedelta(days=1))
        return Window(self.first.at(moment) if self.first else None, self.last.at(moment) if self.last else None)


def _last(length: Duration, moment: Moment) -> Window:
    if length.is_clock:
        return Window(after=moment.at - length.clock)
    return Window(length.before(moment.day) + timedelta(days=1), moment.day)


def instants(window: Window, moment: Moment) -> tuple[datetime | None, datetime | None]:
    """The window as instants [from, to) for a table that knows no business day."""
    start = start_of_day(window.first, moment.zone) if window.first else None
    end = start_of_day(window.last + timedelta(days=1), moment.zone) if window.last else None
    return start, end


_NAMED_DAYS = {"today": Day(), "yesterday": Day(distance=Duration(1, "day"))}
_NAMED_MONTHS = {"this month": 0, "last month": 1}


def parse_day(value: object) -> Day:
    """A date, `today`, `yesterday`, `3 days ago`, `30 days ahead`."""
    if isinstance(value, date):
        return Day(fixed=value.date() if isinstance(value, datetime) else value)
    text = value.strip() if isinstance(value, str) else ""
    if text in _NAMED_DAYS:
        return _NAMED_DAYS[text]
    for ending, sign in ((" ago", -1), (" ahead", 1)):
        if text.endswith(ending):
            return Day(distance=parse_calendar_duration(text.removesuffix(ending)), sign=sign)
    try:
        return Day(fixed=date.fromisoformat(text))
    except ValueError:
        raise problem(f"{value!r} is not a day", "Write 2026-11-21, today, yesterday or 3 days ago.") from None


def parse_period(value: object) -> Period:
    """`30 days`, `yesterday`, `3 days ago`, `this month`, `{from: …, to: …}` (days inclusive)."""
    if isinstance(value, Mapping):
        return _parse_range(value)
    if isinstance(value, str) and value.strip() in _NAMED_MONTHS:
        return Period(months_ago=_NAMED_MONTHS[value.strip()])
    if isinstance(value, str) and _TEXT.fullmatch(value.strip()):
        return Period(length=parse_duration(value))
    try:
        day = parse_day(value)
    except Exception as error:
        raise problem(
            f"{value!r} is not a period", "Write 30 days, yesterday, 3 days ago, this month or {from: …, to: …}."
        ) from error
    return Period(first=day, last=day)


def _parse_range(value: Mapping[object, object]) -> Period:
    if not value or set(value) - {"from", "to"}:
        raise problem("a period has from and to only", "Write {from: 2026-04-01, to: 2026-04-30}; one may be left out.")
    first, last = (parse_day(value[end]) if end in value else None for end in ("from", "to"))
    if first and last and first.fixed and last.fixed and first.fixed > last.fixed:
        raise problem("the period ends before it starts", "Exchange from and to.")
    return Period(first=first, last=last)


DurationField = Annotated[Duration, PlainValidator(parse_duration)]
CalendarField = Annotated[Duration, PlainValidator(parse_calendar_duration)]
PeriodField = Annotated[Period, PlainValidator(parse_period)]
DayField = Annotated[Day, PlainValidator(parse_day)]
