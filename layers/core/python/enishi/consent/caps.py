"""Frequency caps: counters that every scenario and channel shares, taken together with the claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from enishi.clock import business_day
from enishi.consent.reasons import RefusalReason
from enishi.ports import Cap
from enishi.settings import Settings

_DAY, _WEEK, _ONCE = "day", "week", "once"
_REASONS = {_DAY: RefusalReason.CAP_DAY, _WEEK: RefusalReason.CAP_WEEK}


def frequency_caps(settings: Settings, customer_id: str, at: datetime, aliases: Sequence[str] = ()) -> tuple[Cap, ...]:
    """The counters of the business day and of the ISO week (Monday first) of `at`.

    What was sent to `aliases`, records of the same person, counts together with what was sent to the customer.
    """
    day = business_day(at, settings.tz)
    year, week, _ = day.isocalendar()
    return (
        _cap(lambda record: f"{_DAY}#{record}#{day.isoformat()}", settings.cap_per_day, customer_id, aliases),
        _cap(lambda record: f"{_WEEK}#{record}#{year}-W{week:02d}", settings.cap_per_week, customer_id, aliases),
    )


def once_a_step(run_id: str, step_id: str, customer_id: str, aliases: Sequence[str] = ()) -> Cap:
    """One message a customer and step, whatever the channel.

    A step with an order of preference has one send id a channel. When consents change between a kill and its
    resume, the second worker may choose another channel; this counter keeps it from sending there too.
    """
    return _cap(lambda record: f"{_ONCE}#{run_id}#{step_id}#{record}", 1, customer_id, aliases)


def _cap(key: Callable[[str], str], limit: int, customer_id: str, aliases: Sequence[str]) -> Cap:
    return Cap(key(customer_id), limit, tuple(key(alias) for alias in aliases))


def reason_of(cap: Cap) -> RefusalReason | None:
    """Why a reached cap refuses; None for `once_a_step`, which means that another worker has the customer."""
    return _REASONS.get(cap.key.split("#", 1)[0])
