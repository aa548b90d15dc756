"""One scenario, one slot, on the local machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlglot import exp

from enishi.clock import ManualClock
from enishi.flow.open_run import run_id_of
from enishi.lake.sql import column, literal, table_ref
from enishi.local.machine import Execution, Status
from enishi.local.scheduler import Scheduler, machine
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.scenario.library import Bundle, library
from enishi.scenario.lint import must_hold
from enishi.settings import Settings

STEP_COLUMNS = ("step_id", "lane", "arrivals", "chunks", "entered_at")


@dataclass(frozen=True)
class Ran:
    """How a run went: `steps` are its rows of `scenario_steps`; `error` is "" unless it stopped."""

    run_id: str
    audience: int
    note: str
    error: str
    steps: list[dict[str, Any]]


def run_scenario(settings: Settings, name: str, slot: datetime, *, approved: bool = False) -> Ran:
    """Run the scenario for `slot`; waits pass in no time. The same slot again sends nothing again.

    Raises:
        ScenarioError: the scenario does not exist, or does not hold.
    """
    definition = library(settings).read(name)
    must_hold(definition, settings, slot.astimezone(settings.tz).date())
    clock = ManualClock(slot)
    services = local_services(settings.model_copy(update={"present": slot}), clock)
    stage = machine(services, clock)
    execution = Scheduler(services, stage, [definition.scenario]).start(definition.scenario, slot, approved=approved)
    stage.run()
    return _ran(services, definition.bundle, slot, execution)


def _ran(services: Services, bundle: Bundle, slot: datetime, execution: Execution) -> Ran:
    run_id = run_id_of(services.settings, bundle.id, bundle.version, slot)
    last = execution.faults[-1][1] if execution.faults else execution.cause
    error = "" if execution.status is Status.SUCCEEDED else str(last)
    note = str((execution.output or {}).get("note", ""))
    return Ran(run_id, _audience(services, run_id), note, error, _steps(services, run_id))


def _audience(services: Services, run_id: str) -> int:
    mine = exp.EQ(this=column("r", "run_id"), expression=literal(run_id))
    rows = services.warehouse.query(exp.select("audience").from_(table_ref("scenario_runs", "r")).where(mine))
    return next((count for count in rows.column("audience").to_pylist() if count), 0)


def _steps(services: Services, run_id: str) -> list[dict[str, Any]]:
    mine = exp.EQ(this=column("s", "run_id"), expression=literal(run_id))
    asked = exp.select(*STEP_COLUMNS).from_(table_ref("scenario_steps", "s"))
    return services.warehouse.query(asked.where(mine).order_by("entered_at", "step_id", "lane")).to_pylist()
