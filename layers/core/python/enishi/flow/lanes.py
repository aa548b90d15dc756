"""Best hour: one cohort as at most 24 lanes, each sent at its own hour within the next day.

A person's hour is the one at which they react and buy online most, quiet hours left out.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from enishi.clock import business_day, to_text
from enishi.consent.quiet import quiet_hours
from enishi.flow.cohorts import among, cohort_id, snapshot
from enishi.flow.payload import Cohort, CohortPayload
from enishi.flow.queries import query
from enishi.lake.sql import column, literals
from enishi.ports import Services
from enishi.settings import Settings

LOOK_BACK = timedelta(days=180)


class Payload(CohortPayload):
    pass


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"lanes": [{"lane", "at", "cohort"}], "at"}`: lanes in the order of their hours; `at` is the last one's."""
    lanes = _lanes(services, payload) if payload.cohort.size else {}
    hours = sorted((_next(int(lane), payload.at, services.settings.tz), lane) for lane in lanes)
    return {
        "lanes": [{"lane": lane, "at": to_text(at), "cohort": lanes[lane].to_json()} for at, lane in hours],
        "at": to_text(max([payload.at, *(at for at, _ in hours)])),
    }


def _lanes(services: Services, payload: Payload) -> dict[str, Cohort]:
    tz, awake = services.settings.tz, awake_hours(services.settings, payload.at)
    now = payload.at.astimezone(tz).hour
    rows = query(
        "lanes",
        of_cohort=among(payload.cohort),
        at=payload.at,
        first=business_day(payload.at - LOOK_BACK, tz),
        zone=services.settings.zone,
        awake=exp.In(this=column("h", "local_hour"), expressions=literals(awake)),
        fallback=next((hour for hour in awake if hour >= now), awake[0]),
    )
    return snapshot(services, cohort_id(payload.run, payload.step), lambda: rows)


def awake_hours(settings: Settings, at: datetime) -> list[int]:
    """Hours of the day of `at` whose beginning is not quiet; all of them when everything is."""
    quiet, day = quiet_hours(settings), at.astimezone(settings.tz).date()
    begins = {hour: datetime.combine(day, time(hour), settings.tz) for hour in range(24)}
    return [hour for hour, begin in begins.items() if not quiet.holds(begin, settings.tz)] or list(begins)


def _next(hour: int, at: datetime, tz: ZoneInfo) -> datetime:
    """The first whole `hour` from `at` on; the hour that runs now begins at once."""
    local = at.astimezone(tz)
    if local.hour == hour:
        return at
    day = local.date() if hour > local.hour else local.date() + timedelta(days=1)
    return datetime.combine(day, time(hour), tz).astimezone(UTC)
