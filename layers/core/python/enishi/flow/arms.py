"""What branch and split have in common: one query that parts a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from enishi.flow.cohorts import among, cohort_id, snapshot
from enishi.flow.payload import Cohort, CohortPayload
from enishi.flow.queries import query
from enishi.ports import Services
from enishi.segment.as_of import as_of
from enishi.segment.moment import Moment


def take_arms(
    services: Services,
    payload: CohortPayload,
    arms: Sequence[str],
    *,
    arm: exp.Expr,
    variant: exp.Expr,
    moment: Moment,
) -> dict[str, Any]:
    """Part the payload's cohort by the expression `arm` over `w` (the member) and `c` (the person).

    Returns:
        `{"arms": {arm: cohort}}` with every one of `arms`.
    """
    found: dict[str, Cohort] = {}
    if payload.cohort.size:
        parted = query("arms", of_cohort=among(payload.cohort), arm=arm, variant=variant)
        known = exp.select("customer_id", "holdout", "variant", "entry_ref", "entered_at", "arm")
        rows = known.from_(parted.subquery("parted")).where("arm IS NOT NULL")
        found = snapshot(services, cohort_id(payload.run, payload.step), lambda: as_of(rows, moment))
    return {"arms": {name: found.get(name, Cohort()).to_json() for name in arms}}
