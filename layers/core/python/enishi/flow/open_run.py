"""The start of a run: which version, which slot, and whether it may start at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from enishi.clock import from_text, to_text
from enishi.flow.bundles import freeze
from enishi.flow.frozen import once
from enishi.flow.payload import Data, Instant, Run
from enishi.flow.queries import query
from enishi.flow.run_rows import write_run
from enishi.ids import stable_id
from enishi.ports import RunState, Services
from enishi.scenario.library import Definition
from enishi.scenario.model import Scenario
from enishi.scenario.schedule import ChangeTrigger, ManualTrigger
from enishi.scenario.triggers import previous
from enishi.settings import Settings

START, SKIP = "start", "skip"


class Payload(Data):
    """`input` is the execution's own input.

    It may hold `since` (start of the slot's window), `approved` (a manual scenario starts only with true) and `resume`
    (the name of the execution whose stopped run this one goes on with).
    """

    scenario: str
    slot_at: Instant
    execution: str
    input: Mapping[str, Any] = Field(default_factory=dict)


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"run", "at", "go": "start" | "skip", "note"}`. A slot runs once, by one execution, and never too late."""
    definition = freeze(services, payload.scenario)
    if isinstance(definition.scenario.trigger, ManualTrigger) and payload.input.get("approved") is not True:
        return _answer(_run(services, payload, definition), SKIP, "not approved")
    opened = once(services.work, _key(services, payload, definition), lambda: _open(services, payload, definition))
    run_ = Run.model_validate(opened["run"])
    return _answer(run_, *_taken(services, payload, run_, opened))


def _open(services: Services, payload: Payload, definition: Definition) -> dict[str, Any]:
    """What is decided once a slot: the run, when it started, and whether it came too late."""
    now = services.clock.now()
    late = now - payload.slot_at > definition.scenario.latest
    run_ = _run(services, payload, definition)
    return {"run": run_.to_json(), "started_at": to_text(now), "late": late}


def _taken(services: Services, payload: Payload, run_: Run, opened: Mapping[str, Any]) -> tuple[str, str]:
    """Take the run in the ledger; whether to go on, and why not."""
    now = services.clock.now()
    owner = str(payload.input.get("resume") or payload.execution)
    state = services.ledger.open_run(run_.id, owner, now)
    if state is RunState.OTHER:
        return SKIP, "another execution has this run"
    if opened["late"]:
        return _too_late(services, run_, opened, now)
    if state is RunState.FINISHED:
        return SKIP, "this slot ran before"
    write_run(services, run_, started_at=from_text(opened["started_at"]), state="running", note="", ended_at=None)
    return START, ""


def _too_late(services: Services, run_: Run, opened: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    started = from_text(opened["started_at"])
    minutes = (started - run_.slot_at) // timedelta(minutes=1)
    note = f"the slot came {minutes} minutes late"
    write_run(services, run_, started_at=started, ended_at=started, state="skipped_late", audience=0, note=note)
    services.ledger.finish_run(run_.id, now)
    return SKIP, note


def _answer(run_: Run, go: str, note: str) -> dict[str, Any]:
    return {"run": run_.to_json(), "at": to_text(run_.slot_at), "go": go, "note": note}


def _key(services: Services, payload: Payload, definition: Definition) -> str:
    return f"runs/{run_id_of(services.settings, payload.scenario, definition.bundle.version, payload.slot_at)}.json"


def run_id_of(settings: Settings, scenario: str, version: str, slot_at: datetime) -> str:
    """The id of a run: the same slot of the same version is the same run on every machine of the environment."""
    return stable_id("R", settings.env, settings.tenant, scenario, version, to_text(slot_at))


def _run(services: Services, payload: Payload, definition: Definition) -> Run:
    return Run(
        id=run_id_of(services.settings, payload.scenario, definition.bundle.version, payload.slot_at),
        scenario=payload.scenario,
        version=definition.bundle.version,
        slot_at=payload.slot_at,
        since=_since(services, payload, definition.scenario),
    )


def _since(services: Services, payload: Payload, scenario: Scenario) -> datetime:
    """Where the slot's window begins: as given, after the last run of a data change, or at the slot before."""
    given = payload.input.get("since")
    if given:
        return from_text(str(given))
    if isinstance(scenario.trigger, ChangeTrigger):
        asked = query("last_slot", scenario=scenario.id, slot_at=payload.slot_at)
        last = services.warehouse.query(asked).column("slot_at")[0].as_py()
        if isinstance(last, datetime):
            return last.replace(tzinfo=UTC)
    return previous(scenario.trigger, payload.slot_at, services.settings.zone)
