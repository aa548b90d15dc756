"""What is expected by when, and what is late. Pure: from a declaration and the loads that were, to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from enishi.errors import MappingError
from enishi.ingest.connectors.declaration import DueBy

_FARTHEST = 400
"""Days within which every calendar has a day of delivery."""


class Standing(StrEnum):
    ARRIVED = "arrived"
    """In time."""
    LATE = "late"
    """Came, after it was due."""
    MISSING = "missing"
    """Due, and not there."""
    EXPECTED = "expected"
    """Not due yet."""


@dataclass(frozen=True)
class Expectation:
    """One delivery of a source: when it was due (aware UTC), how it stands, when it came."""

    source: str
    due_at: datetime
    standing: Standing
    arrived_at: datetime | None = None

    @property
    def behind(self) -> bool:
        """Whether somebody should look."""
        return self.standing is Standing.MISSING


def standing(source: str, due: DueBy, loads: Sequence[datetime], now: datetime, zone: ZoneInfo) -> list[Expectation]:
    """The last delivery that was due, and the next one. A load answers the first delivery that was due after it, or
    that it is late for.

    Args:
        loads: when files of the source were loaded, aware UTC.
        zone: the environment's zone, where the declaration names none.
    """
    before, last, following = _around(due, now, zone)
    came = sorted(at for at in loads if before < at <= now)
    in_time = [at for at in came if at <= last]
    after = [at for at in came if at > last]
    if in_time:
        was = Expectation(source, last, Standing.ARRIVED, in_time[0])
    elif after:
        was = Expectation(source, last, Standing.LATE, after[0])
    else:
        was = Expectation(source, last, Standing.MISSING)
    early = after if in_time else after[1:]
    ahead = Expectation(source, following, Standing.ARRIVED if early else Standing.EXPECTED, next(iter(early), None))
    return [was, ahead]


def _around(due: DueBy, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime, datetime]:
    """The two moments that were due last, and the next one."""
    past = _moments(due, now, zone, -1)
    last = next(past)
    return next(past), last, next(_moments(due, now, zone, 1))


def _moments(due: DueBy, now: datetime, zone: ZoneInfo, step: int) -> Iterator[datetime]:
    """Due moments from `now` on, backwards (`now` included) or forwards."""
    tz = ZoneInfo(due.zone) if due.zone else zone
    today = now.astimezone(tz).date()
    clock = time.fromisoformat(due.at)
    for number in range(_FARTHEST):
        day = today + timedelta(days=step * number)
        at = datetime.combine(day, clock, tz).astimezone(UTC)
        if is_due_on(day, due) and (at <= now if step < 0 else at > now):
            yield at
    raise MappingError("due_by leaves no day of a year", where="due_by", remedy="Correct days or closed.")


def is_due_on(day: date, due: DueBy) -> bool:
    """Whether a delivery is expected on `day`."""
    if f"{day:%m-%d}" in due.closed or day.isoformat() in due.closed:
        return False
    return due.days == "every" or (day.weekday() < 5 and day not in _holidays(due.country, day.year))


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        remedy = "Give an ISO 3166 code such as JP, or days: every."
        raise MappingError(f"the holidays of {country} are not known", where="due_by.country", remedy=remedy) from None
