"""The only place that asks for the time. Instants are aware and UTC; a business day is a date in a zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class ManualClock:
    """A clock that moves only when told: the virtual clock of the local machine and of tests."""

    instant: datetime

    def __post_init__(self) -> None:
        self.instant = self.instant.astimezone(UTC)

    def now(self) -> datetime:
        return self.instant

    def move_to(self, instant: datetime) -> None:
        """Go forward to `instant`; a clock never goes back."""
        self.instant = max(self.instant, instant.astimezone(UTC))


def business_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of `instant` in `zone`."""
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`, UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of `day` in `zone`, UTC: what "as of that day" means."""
    return start_of_day(day + timedelta(days=1), zone) - timedelta(microseconds=1)


def to_text(instant: datetime) -> str:
    """`2026-11-21T01:00:00Z`: how an instant is written in a state's payload and in ids."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The inverse of `to_text`; any ISO 8601 text with an offset is taken."""
    return datetime.fromisoformat(text).astimezone(UTC)
