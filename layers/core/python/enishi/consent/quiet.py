"""Quiet hours: no marketing message while most people sleep, in the customer's own zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from enishi.settings import Settings


@dataclass(frozen=True)
class QuietHours:
    """From `start` (inclusive) until `end` (exclusive), local clock; may go over midnight. Equal times: never quiet."""

    start: time
    end: time

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """True when `at` is inside the window on a clock in `zone`."""
        clock = at.astimezone(zone).time().replace(tzinfo=None)
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def next_allowed(self, at: datetime, zone: ZoneInfo) -> datetime:
        """`at` itself, or the next instant at which the window is over; UTC."""
        if not self.holds(at, zone):
            return at
        local = at.astimezone(zone)
        over = datetime.combine(local.date(), self.end, zone)
        if local.time().replace(tzinfo=None) >= self.end:
            over = datetime.combine(local.date() + timedelta(days=1), self.end, zone)
        return over.astimezone(UTC)


def quiet_hours(settings: Settings) -> QuietHours:
    """The window of the environment."""
    return QuietHours(time.fromisoformat(settings.quiet_from), time.fromisoformat(settings.quiet_until))
