"""When a trigger is due: as a plan for AWS, and as slots for the local timeline.

A slot is one due moment; it fires once. What a slot is about reaches back to the slot before it (`since`).

Clock changes: a local time that the clock skips (spring) is due once, at the first instant after the gap; a local time
that comes twice (autumn) is due once, at its first coming. EventBridge Scheduler leaves a skipped local time out, so
the lint refuses such times (`in_a_gap`): on both sides every due slot then fires exactly once. Beats (`every`, `batch`)
count from midnight UTC and know no clock changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from enishi.clock import to_text
from enishi.scenario.cron import LAST, WEEKDAYS, Cron, cron
from enishi.scenario.schedule import (
    AtTrigger,
    ChangeTrigger,
    CronTrigger,
    EventTrigger,
    EveryTrigger,
    ManualTrigger,
    Trigger,
)

EVENT_SOURCE = "enishi"
TABLE_LOADED = "table_loaded"
_DAY = timedelta(days=1)
_LOOK_BACK = timedelta(days=366 * 8 + 2)
"""The longest gap between two slots of a calendar: 29 February across a century's end."""


@dataclass(frozen=True)
class Slot:
    """One due moment, and the moment from which on its happenings count. Both aware UTC."""

    at: datetime
    since: datetime

    def to_input(self) -> dict[str, Any]:
        """The input of an execution."""
        return {"slot_at": to_text(self.at), "since": to_text(self.since)}


@dataclass(frozen=True)
class Plan:
    """What AWS needs to start it: Scheduler expressions in a zone, or an event pattern, or neither (manual)."""

    expressions: tuple[str, ...] = ()
    zone: str = "UTC"
    pattern: Mapping[str, Any] | None = None


def plan(trigger: Trigger, zone: str) -> Plan:
    """The plan of `trigger` in an environment of `zone`."""
    if isinstance(trigger, ChangeTrigger):
        detail = {"table": [trigger.table]}
        return Plan(pattern={"source": [EVENT_SOURCE], "detail-type": [TABLE_LOADED], "detail": detail})
    calendars = _calendars(trigger)
    expressions = tuple(text for calendar in calendars for text in calendar.aws())
    return Plan(expressions, zone_of(trigger, zone) if calendars else "UTC")


def zone_of(trigger: Trigger, zone: str) -> str:
    """The zone that the trigger's clock times are in."""
    own = getattr(trigger, "zone", None)
    return "UTC" if isinstance(trigger, EveryTrigger | EventTrigger) else own or zone


def due_slots(trigger: Trigger, after: datetime, until: datetime, zone: str) -> list[Slot]:
    """Slots with `after < at <= until`, in order. A data change or a manual start is due only when it happens: []."""
    calendars, tz = _calendars(trigger), ZoneInfo(zone_of(trigger, zone))
    due = [at for at in _instants(calendars, after, until, tz) if after < at <= until]
    if not due:
        return []
    first = previous(trigger, due[0], zone)
    return [Slot(at, since) for at, since in zip(due, [first, *due[:-1]], strict=True)]


def previous(trigger: Trigger, at: datetime, zone: str) -> datetime:
    """The due moment before `at`; a day before `at` when there was none."""
    calendars, tz = _calendars(trigger), ZoneInfo(zone_of(trigger, zone))
    span = _DAY
    while calendars and span < 2 * _LOOK_BACK:
        before = [due for due in _instants(calendars, at - span, at, tz) if due < at]
        if before:
            return before[-1]
        span *= 4
    return at - _DAY


def in_a_gap(trigger: Trigger, zone: str, days: Iterator[date]) -> date | None:
    """The first of `days` on which a due local time does not exist; None when all exist."""
    tz = ZoneInfo(zone_of(trigger, zone))
    for day in days:
        for calendar in _calendars(trigger):
            if calendar.due_on(day) and any(_skipped(day, clock, tz) for clock in calendar.times()):
                return day
    return None


def _skipped(day: date, clock: time, tz: ZoneInfo) -> bool:
    local = datetime.combine(day, clock, tz)
    return local.astimezone(UTC).astimezone(tz).replace(tzinfo=None) != local.replace(tzinfo=None)


def _instants(calendars: list[Cron], after: datetime, until: datetime, tz: ZoneInfo) -> list[datetime]:
    """Due instants on the local days from `after` to `until`, each once, in order."""
    first, last = after.astimezone(tz).date() - _DAY, until.astimezone(tz).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    found = {
        _instant(day, clock, tz)
        for day in days
        for calendar in calendars
        if calendar.due_on(day)
        for clock in calendar.times()
    }
    return sorted(found)


def _instant(day: date, clock: time, tz: ZoneInfo) -> datetime:
    """`clock` on `day`: the first of two, or the end of the gap that skips it."""
    local = datetime.combine(day, clock, tz)
    if not _skipped(day, clock, tz):
        return local.astimezone(UTC)
    return _end_of_gap(local.astimezone(UTC) - _DAY, local.astimezone(UTC) + _DAY, tz)


def _end_of_gap(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The instant between two at which the zone's offset changes, to the minute, by halving."""
    offset = before.astimezone(tz).utcoffset()
    low, high = 0, int((after - before) / timedelta(minutes=1))
    while high - low > 1:
        middle = (low + high) // 2
        same = (before + timedelta(minutes=middle)).astimezone(tz).utcoffset() == offset
        low, high = (middle, high) if same else (low, middle)
    return before + timedelta(minutes=high)


def _calendars(trigger: Trigger) -> list[Cron]:
    return _CALENDARS[type(trigger)](trigger)


def _at(trigger: AtTrigger) -> list[Cron]:
    hour, minute = (int(part) for part in trigger.at.split(":"))
    clock = {"hours": frozenset({hour}), "minutes": frozenset({minute})}
    weekdays = frozenset(WEEKDAYS.index(day) for day in trigger.days if day in WEEKDAYS)
    numbers = frozenset(LAST if day == "last" else day for day in trigger.days if day == "last" or isinstance(day, int))
    found = [Cron(**clock, weekdays=weekdays)] if weekdays else []
    found += [Cron(**clock, days=numbers)] if numbers else []
    found += [_on_date(clock, text) for text in trigger.dates]
    return found or [Cron(**clock)]


def _on_date(clock: Mapping[str, frozenset[int]], text: str) -> Cron:
    *year, month, day = (int(part) for part in text.split("-"))
    return Cron(**clock, days=frozenset({day}), months=frozenset({month}), years=frozenset(year))


def _beat(length: timedelta) -> list[Cron]:
    """Calendars of a beat from midnight UTC: minutes that share their hours go together."""
    minutes = range(0, 24 * 60, int(length / timedelta(minutes=1)))
    by_hour = [(hour, frozenset(at % 60 for at in group)) for hour, group in groupby(minutes, lambda at: at // 60)]
    hours_of: dict[frozenset[int], set[int]] = {}
    for hour, within in by_hour:
        hours_of.setdefault(within, set()).add(hour)
    return [Cron(minutes=within, hours=frozenset(hours)) for within, hours in hours_of.items()]


_CALENDARS: Mapping[type, Callable[[Any], list[Cron]]] = {
    AtTrigger: _at,
    CronTrigger: lambda trigger: [cron(trigger.cron)],
    EveryTrigger: lambda trigger: _beat(trigger.every),
    EventTrigger: lambda trigger: _beat(trigger.batch),
    ChangeTrigger: lambda _: [],
    ManualTrigger: lambda _: [],
}
