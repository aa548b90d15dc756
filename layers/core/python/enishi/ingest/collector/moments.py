"""When an event happened: a visitor's clock may be wrong, ours is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from enishi.ingest.collector.fields import Unfit

TRUSTED = timedelta(seconds=30)
"""Clocks that differ by less are taken as they are: the way of a request takes time, too."""
OLDEST = timedelta(days=7)
AHEAD = timedelta(minutes=1)


def instant(value: Any) -> datetime:
    """Milliseconds since 1970 as an instant.

    Raises:
        Unfit: no whole number, or beyond what a calendar has.
    """
    if type(value) is not int:
        raise Unfit("not_a_number")
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    except OverflowError:
        raise Unfit("impossible_time") from None


def skew(sent_at: datetime, received_at: datetime) -> timedelta:
    """What must be added to the visitor's clock; zero when it goes right."""
    difference = received_at - sent_at
    return difference if abs(difference) > TRUSTED else timedelta()


def corrected(at: datetime, sent_at: datetime, received_at: datetime) -> datetime:
    """The instant of an event by our clock.

    Raises:
        Unfit: it was sent before it happened, or a week after.
    """
    age = sent_at - at
    if age < -AHEAD:
        raise Unfit("impossible_time")
    if age > OLDEST:
        raise Unfit("too_old")
    return min(at + skew(sent_at, received_at), received_at + TRUSTED)


def to_text(at: datetime) -> str:
    """`2026-11-21T01:00:00.123Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
