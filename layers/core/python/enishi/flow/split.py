"""A split: a stable draw, the same for a customer in every run of the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from sqlglot import exp

from enishi.flow.arms import take_arms
from enishi.flow.bundles import scenario_of
from enishi.flow.payload import CohortPayload
from enishi.lake.sql import column, literal, share
from enishi.ports import Services
from enishi.scenario.model import SplitStep, find_step
from enishi.segment.moment import Moment


class Payload(CohortPayload):
    pass


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"arms": {arm: cohort}}`, every arm of the split named, empty ones too."""
    step = find_step(scenario_of(services, payload.run), payload.step)
    assert isinstance(step, SplitStep)  # noqa: S101 - the compiled definition calls this task for splits only
    drawn = share(f"split|{payload.run.scenario}|{step.id}", column("w", "customer_id"))
    arm = arm_of(step.split, drawn)
    moment = Moment.of(payload.at, services.settings.tz, payload.run.slot_at)
    return take_arms(services, payload, list(step.split), arm=arm, variant=arm, moment=moment)


def arm_of(weights: Mapping[str, int], drawn: exp.Expr) -> exp.Expr:
    """The arm for a number in [0, 1): arms follow each other in the order written, as wide as their weights."""
    names, total = list(weights), sum(weights.values())
    chosen = exp.Case(ifs=[])
    for name, upper in zip(names[:-1], accumulate(weights.values()), strict=False):
        chosen = chosen.when(exp.LT(this=drawn.copy(), expression=literal(upper / total)), literal(name))
    return chosen.else_(literal(names[-1])) if len(names) > 1 else literal(names[0])
