"""The moment that a condition is asked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from enishi.clock import business_day, end_of_day


def _default_zone() -> ZoneInfo:
    return ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Moment:
    """The present of a condition: nothing that happened later is seen.

    Args:
        at: the instant, aware UTC.
        day: the business day of `at`; periods of days and longer are counted in business days ending on it.
        since: start of the window of an event trigger, or start of the run for goals and exits. It is the period of a
            condition that names none, and the instant at which `cart.product` and its like are looked up.
        zone: the zone of business days, for tables that know instants only.
    """

    at: datetime
    day: date
    since: datetime | None = None
    zone: ZoneInfo = field(default_factory=_default_zone)

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo, since: datetime | None = None) -> Moment:
        """The moment `at` in a business zone."""
        return cls(at, business_day(at, zone), since, zone)

    @classmethod
    def end_of(cls, day: date, zone: ZoneInfo) -> Moment:
        """The end of a business day: what "as of that day" means."""
        return cls(end_of_day(day, zone), day, None, zone)

    @property
    def anchor(self) -> datetime:
        """The instant at which symbolic sets are looked up: the start of the window where there is one."""
        return self.since or self.at
