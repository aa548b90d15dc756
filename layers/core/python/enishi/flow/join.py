"""Where arms meet again: their people go on together, at the latest of their moments."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from enishi.flow.payload import Cohort, Data, Instant, Key, Run, together
from enishi.ports import Services


class End(Data):
    """How an arm ended: when, and with whom."""

    at: Instant
    cohort: Cohort


class Payload(Data):
    run: Run
    step: Key
    ends: tuple[End, ...] = Field(min_length=1)


def run(services: Services, payload: Payload) -> dict[str, Any]:  # noqa: ARG001 - every task has one signature
    """`{"at", "cohort"}`. An arm that nobody left through does not hold the others up."""
    alive = [end for end in payload.ends if end.cohort.size]
    met = End(
        at=max(end.at for end in alive or payload.ends),
        cohort=together(end.cohort for end in alive),
    )
    return met.to_json()
