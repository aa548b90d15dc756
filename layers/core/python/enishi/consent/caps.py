"""Frequency caps: counters that every scenario and channel shares, taken together with the claim."""

from __future__ import annotations

from datetime import datetime

from enishi.clock import business_day
from enishi.consent.reasons import RefusalReason
from enishi.ports import Cap
from enishi.settings import Settings

_DAY, _WEEK, _ONCE = "day", "week", "once"
_REASONS = {_DAY: RefusalReason.CAP_DAY, _WEEK: RefusalReason.CAP_WEEK}


def frequency_caps(settings: Settings, customer_id: str, at: datetime) -> tuple[Cap, ...]:
    """The counters of the business day and of the ISO week (Monday first) of `at`."""
    day = business_day(at, settings.tz)
    year, week, _ = day.isocalendar()
    return (
        Cap(f"{_DAY}#{customer_id}#{day.isoformat()}", settings.cap_per_day),
        Cap(f"{_WEEK}#{customer_id}#{year}-W{week:02d}", settings.cap_per_week),
    )


def once_a_step(run_id: str, step_id: str, customer_id: str) -> Cap:
    """One message a customer and step, whatever the channel.

    A step with an order of preference has one send id a channel. When consents change between a kill and its
    resume, the second worker may choose another channel; this counter keeps it from sending there too.
    """
    return Cap(f"{_ONCE}#{run_id}#{step_id}#{customer_id}", 1)


def reason_of(cap: Cap) -> RefusalReason | None:
    """Why a reached cap refuses; None for `once_a_step`, which means that another worker has the customer."""
    return _REASONS.get(cap.key.split("#", 1)[0])
