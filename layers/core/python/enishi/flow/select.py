"""The audience of a run: one query, written down once and never selected again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from enishi.clock import business_day
from enishi.flow.bundles import scenario_of
from enishi.flow.cohorts import ALL, snapshot
from enishi.flow.payload import Cohort, Run, RunPayload
from enishi.flow.queries import query
from enishi.flow.run_rows import write_run
from enishi.lake import facts
from enishi.lake.sql import column, literals, share
from enishi.ports import Services
from enishi.scenario.model import Scenario
from enishi.segment.as_of import as_of
from enishi.segment.compile import eligible, predicate
from enishi.segment.moment import Moment
from enishi.segment.sql import every, member_of
from enishi.segment.store import library_for

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Payload(RunPayload):
    pass


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"cohort"}`: everybody whom the target holds at `at` and who may enter, the control arm among them."""
    scenario = scenario_of(services, payload.run)
    version = services.warehouse.snapshot("customers")
    arms = snapshot(services, payload.run.id, lambda: audience(services, payload, scenario))
    cohort = arms.get(ALL, Cohort())
    write_run(services, payload.run, snapshot=version, audience=cohort.size)
    return {"cohort": cohort.to_json()}


def audience(services: Services, payload: RunPayload, scenario: Scenario) -> exp.Query:
    """The query behind a run's audience, with the columns of `work.cohorts`."""
    moment = Moment.of(payload.at, services.settings.tz, payload.run.since)
    library = library_for(services, scenario.target)
    wanted = [eligible(moment), predicate(scenario.target, moment, library), *_may_enter(services, payload, scenario)]
    rows = query(
        "select",
        share=share(f"holdout|{scenario.id}", column("c", "customer_id")),
        holdout=scenario.holdout,
        entered_at=payload.at,
        wanted=every(wanted),
    )
    return as_of(_within_capacity(rows, scenario), moment, rollup=facts.present(services.warehouse))


def _within_capacity(rows: exp.Query, scenario: Scenario) -> exp.Query:
    if scenario.capacity is None:
        return rows
    draw = share(f"capacity|{scenario.id}", column("c", "customer_id"))
    return rows.order_by(draw, column("c", "customer_id")).limit(scenario.capacity)


def _may_enter(services: Services, payload: RunPayload, scenario: Scenario) -> list[exp.Expr]:
    """Nobody who is inside, or who entered within the re-entry period: by decisions, and by audiences still waiting."""
    if scenario.reentry.rule == "always":
        return []
    after = scenario.reentry.after
    cutoff = payload.at - after if after is not None else _BEGINNING
    run = payload.run
    day = business_day(cutoff, services.settings.tz)
    entered = query("entered", scenario=scenario.id, run=run.id, cutoff=cutoff, cutoff_date=day)
    barred: list[exp.Expr] = [exp.not_(member_of(entered))]
    under_way = _open_runs(services, run, cutoff)
    if under_way:
        of_runs = exp.In(this=column("w", "cohort_id"), expressions=literals(under_way))
        barred.append(exp.not_(member_of(query("inside", of_runs=of_runs))))
    return barred


def _open_runs(services: Services, run: Run, cutoff: datetime) -> list[str]:
    asked = query("open_runs", scenario=run.scenario, run=run.id, cutoff=cutoff, slot_at=run.slot_at)
    return [str(name) for name in services.warehouse.query(asked).column("run_id").to_pylist()]
