"""A branch: each person of the cohort takes the first arm whose condition holds at this moment."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from enishi.flow.arms import take_arms
from enishi.flow.bundles import scenario_of
from enishi.flow.payload import CohortPayload
from enishi.lake.sql import column, literal
from enishi.ports import Services
from enishi.scenario.model import OTHERWISE, BranchStep, find_step
from enishi.segment.compile import predicate
from enishi.segment.library import Library
from enishi.segment.moment import Moment
from enishi.segment.store import library_for


class Payload(CohortPayload):
    pass


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"arms": {arm: cohort}}`, every arm of the branch named, empty ones too."""
    step = find_step(scenario_of(services, payload.run), payload.step)
    assert isinstance(step, BranchStep)  # noqa: S101 - the compiled definition calls this task for branches only
    moment = Moment.of(payload.at, services.settings.tz, payload.run.slot_at)
    arms = [arm.name for arm in step.branch]
    library = library_for(services, *(arm.when for arm in step.branch))
    chosen = arm_of(step, moment, library)
    return take_arms(services, payload, arms, arm=chosen, variant=column("w", "variant"), moment=moment)


def arm_of(step: BranchStep, moment: Moment, library: Library) -> exp.Expr:
    """The arm of a person `c` as an expression; nobody's arm is null when the branch has an `otherwise`."""
    chosen = exp.Case(ifs=[])
    for arm in step.branch:
        if arm.when is not None:
            chosen = chosen.when(predicate(arm.when, moment, library), literal(arm.name))
    named = any(arm.name == OTHERWISE for arm in step.branch)
    other = literal(OTHERWISE) if named else exp.null()
    return chosen.else_(other) if chosen.args["ifs"] else other
