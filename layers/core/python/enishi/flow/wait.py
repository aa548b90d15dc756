"""When a wait ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from enishi.clock import business_day, to_text
from enishi.errors import NotSupportedError
from enishi.flow.bundles import scenario_of
from enishi.flow.payload import StepPayload
from enishi.ports import Services
from enishi.scenario.model import Part, WaitDate, WaitDay, WaitField, WaitFor, WaitStep, WaitUntil, find_step


class Payload(StepPayload):
    pass


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"until": instant}`, never before `at`: a moment that has passed is now."""
    step = find_step(scenario_of(services, payload.run), payload.step)
    assert isinstance(step, WaitStep)  # noqa: S101 - the compiled definition calls this task for wait steps only
    present = _Present(payload.at, payload.run.slot_at, services.settings.tz)
    return {"until": to_text(max(payload.at, end_of_wait(step.wait, present)))}


@dataclass(frozen=True)
class _Present:
    at: datetime
    slot_at: datetime
    tz: ZoneInfo

    def zone(self, name: str | None) -> ZoneInfo:
        if name == "customer":
            raise NotSupportedError(
                "a cohort waits in one zone; `zone: customer` does not run in this version",
                remedy="Leave `zone` out, or name one.",
            )
        return ZoneInfo(name) if name else self.tz


def end_of_wait(wait: Part, present: _Present) -> datetime:
    """The instant at which `wait` ends, for people who come to it at `present.at`."""
    return _ENDS[type(wait)](wait, present)


def _for(wait: WaitFor, present: _Present) -> datetime:
    return present.at + wait.duration


def _until(wait: WaitUntil, present: _Present) -> datetime:
    earliest, tz = present.at + wait.at_least, present.zone(wait.zone)
    day = earliest.astimezone(tz).date()
    due = _clock(day, wait.until, tz)
    return due if due >= earliest else _clock(day + timedelta(days=1), wait.until, tz)


def _day(wait: WaitDay, present: _Present) -> datetime:
    tz = present.zone(wait.zone)
    return _clock(business_day(present.slot_at, tz) + timedelta(days=wait.day), wait.at, tz)


def _date(wait: WaitDate, present: _Present) -> datetime:
    return _clock(date.fromisoformat(wait.date), wait.at, present.zone(wait.zone))


def _field(wait: WaitField, present: _Present) -> datetime:  # noqa: ARG001 - every kind has one signature
    raise NotSupportedError(
        f"waiting for each customer's own {wait.until_field} does not run in this version",
        remedy="Select those whose date has come, every day.",
    )


def _clock(day: date, text: str, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), tz).astimezone(UTC)


_ENDS: Mapping[type[Part], Callable[[Any, _Present], datetime]] = {
    WaitFor: _for,
    WaitUntil: _until,
    WaitDay: _day,
    WaitDate: _date,
    WaitField: _field,
}
