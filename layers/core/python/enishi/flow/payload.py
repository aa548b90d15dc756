"""What the tasks of a run hand to each other: small, JSON, and checked at every door."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from enishi.clock import to_text

Instant = Annotated[
    AwareDatetime, AfterValidator(lambda value: value.astimezone(UTC)), PlainSerializer(to_text, return_type=str)
]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,120}$")]
"""A part of a key in the work store: no slash, no dots at the start."""


class Data(BaseModel):
    """Base of payloads and of what stands in them."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """As it travels in a state."""
        return self.model_dump(mode="json", by_alias=True)


class Run(Data):
    """A run: one start of a scenario version for one slot. `since` (written `from`): what it looks back to."""

    id: Key
    scenario: Key
    version: Key
    slot_at: Instant
    since: Instant = Field(alias="from")


class CohortRef(Data):
    """One arm of one snapshot in `work.cohorts`."""

    id: Key
    arm: Key


class Cohort(Data):
    """People, by reference. `size` is how many the references hold together."""

    refs: tuple[CohortRef, ...] = ()
    size: int = Field(default=0, ge=0)


def together(cohorts: Iterable[Cohort]) -> Cohort:
    """The union of cohorts that share nobody (arms of one branch)."""
    parts = list(cohorts)
    return Cohort(refs=tuple(ref for part in parts for ref in part.refs), size=sum(part.size for part in parts))


class RunPayload(Data):
    """What the tasks within a run have in common. `at` is the planned present."""

    run: Run
    at: Instant


class StepPayload(RunPayload):
    step: Key


class CohortPayload(StepPayload):
    cohort: Cohort
