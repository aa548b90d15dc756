"""Close a send step and lane: its result files → `messages`, `decisions`, `coupon_issues`, one commit a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pydantic import Field

from enishi.clock import business_day
from enishi.errors import RunError
from enishi.flow.payload import Key, StepPayload
from enishi.ports import Services
from enishi.results.queries import ask, question
from enishi.results.rows import Outcome
from enishi.results.settled import carry_settled

_LANDED: Mapping[str, str] = {
    "messages": "step_messages",
    "decisions": "step_decisions",
    "coupon_issues": "step_coupons",
}
"""Table → the question whose answer is merged into it."""
_TAKES_SCENARIO = frozenset({"messages", "decisions"})


class Payload(StepPayload):
    lane: Key
    arrivals: int = Field(ge=0)

    @property
    def place(self) -> dict[str, str]:
        return {"run": self.run.id, "step": self.step, "lane": self.lane}


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """The balance: arrivals, customers by outcome, `balanced`.

    Raises:
        RunError: the outcomes do not add up to the arrivals. What there is has landed; the step stays open.
    """
    found = ask(services.warehouse, "step_outcomes", **payload.place)
    for table in _filled(found):
        scenario = {"scenario": payload.run.scenario} if table in _TAKES_SCENARIO else {}
        services.warehouse.upsert(table, question(_LANDED[table], **payload.place, **scenario))
    if any(row["outcome"] == Outcome.UNKNOWN for row in found):
        doubtful = [row["message_id"] for row in ask(services.warehouse, "step_unknown", **payload.place)]
        carry_settled(services.warehouse, services.ledger, doubtful)
    return _closed(services, payload, found)


def _filled(found: list[dict[str, Any]]) -> list[str]:
    """The tables that get rows: nothing where nobody came, no coupons where none was offered."""
    given = any(row["coupons"] for row in found)
    return [table for table in _LANDED if found and (given or table != "coupon_issues")]


def _closed(services: Services, payload: Payload, found: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {outcome.value: 0 for outcome in Outcome} | {row["outcome"]: row["customers"] for row in found}
    people = sum(row["people"] for row in found)
    balanced = sum(counts.values()) == payload.arrivals == people
    services.warehouse.upsert("scenario_steps", _step_row(services, payload, found, closed=balanced))
    if not balanced:
        raise RunError(
            f"{payload.arrivals} arrived and {sum(counts.values())} rows of {people} customers say what became of them",
            where=f"{payload.run.id}/{payload.step}/{payload.lane}",
            remedy="Send the step's chunks again: those that are finished change nothing.",
        )
    return {"arrivals": payload.arrivals, **counts, "balanced": balanced}


def _step_row(services: Services, payload: Payload, found: list[dict[str, Any]], *, closed: bool) -> pa.Table:
    entered = _naive(payload.at)
    closed_at = max((row["last_at"] for row in found), default=entered) if closed else None
    row = {
        "run_id": payload.run.id,
        "step_id": payload.step,
        "lane": payload.lane,
        "scenario_id": payload.run.scenario,
        "slot_date": business_day(payload.run.slot_at, services.settings.tz),
        "arrivals": payload.arrivals,
        "chunks": max((row["chunks"] for row in found), default=0),
        "entered_at": entered,
        "closed_at": closed_at,
    }
    kinds = {"entered_at": pa.timestamp("us"), "closed_at": pa.timestamp("us")}
    return pa.table({name: pa.array([value], type=kinds.get(name)) for name, value in row.items()})


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
