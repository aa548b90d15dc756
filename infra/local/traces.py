"""One definition, two interpreters: every scenario on the local machine and on the emulator's, compared.

The local machine runs the flows on the sample retailer and records what each task was asked and answered. The
emulator's interpreter then runs the same definition over those answers: it must ask every task the same, read the same
manifests, enter the same states and end in the same way.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from enishi.clock import ManualClock, end_of_day, start_of_day
from enishi.flow.tasks import perform
from enishi.local.machine import Execution, Machine, Status
from enishi.local.machine.trace import trace_from_history
from enishi.local.scheduler import Scheduler
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.sample.generate import generate
from enishi.scenario.library import Library
from enishi.scenario.model import Scenario
from enishi.scenario.schedule import ChangeTrigger, EventTrigger
from enishi.scenario.triggers import due_slots
from enishi.settings import Settings
from infra.local.emulator import BUILD, environment
from infra.tools.layers import ROOT

DAY = date(2026, 11, 21)
SEED, MEMBERS = 7, 1500
EVENING = timedelta(hours=20)
HOME = BUILD / "traces"

Say = Callable[[str], None]


@dataclass
class Recorder:
    """Performs tasks and keeps the calls, in the form that `infra.local.interpret` reads."""

    services: Services
    calls: list[Any] = field(default_factory=list)

    def __call__(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        resource = "${" + "".join(word.capitalize() for word in name.split("_")) + "Arn}"
        given = json.loads(json.dumps(payload))
        try:
            answer = perform(self.services, name, payload)
        except Exception as error:
            self.calls.append([resource, given, {"error": type(error).__name__, "cause": str(error)}])
            raise
        self.calls.append([resource, given, {"answer": json.loads(json.dumps(answer))}])
        return answer


@dataclass(frozen=True)
class Compared:
    """One scenario on both sides. `differences` are sentences; none is equality."""

    scenario: str
    states: int
    tasks: int
    audience: int
    differences: tuple[str, ...]


def compare_all(say: Say) -> list[Compared]:
    """Compare every scenario of the library on one business day of the sample retailer."""
    settings = Settings(home=HOME, work_bucket="work")
    services = _prepared(settings)
    library = Library((ROOT / "scenarios",))
    ran = [_run(services, library.load(name)) for name in library.paths]
    say(f"{len(ran)} scenarios ran on the local machine")
    histories = _interpret([case for case, _ in ran])
    return [_compared(case, execution, histories[case["name"]]) for case, execution in ran]


def _prepared(settings: Settings) -> Services:
    shutil.rmtree(HOME, ignore_errors=True)
    files = generate(HOME / "sample", SEED, MEMBERS, DAY).files
    services = local_services(settings, ManualClock(start_of_day(DAY, settings.tz)))
    for file in files:
        key = f"drop/{file.source}/{file.path.name}"
        services.raw.put(key, (HOME / "sample" / file.path).read_bytes())
        perform(services, "ingest", {"key": key})
    perform(services, "unify", {})
    return services


def _run(services: Services, scenario: Scenario) -> tuple[dict[str, Any], Execution]:
    """The case for the other interpreter, and how it went here."""
    slot = _slot(scenario, services.settings)
    clock = ManualClock(slot)
    at_slot = local_services(services.settings, clock)
    recorder = Recorder(at_slot)
    machine = Machine(recorder, clock, at_slot.work)
    execution = Scheduler(at_slot, machine, [scenario]).start(scenario, slot, approved=True)
    machine.run()
    case = {
        "name": execution.name,
        "definition": execution.definition,
        "input": execution.input,
        "calls": recorder.calls,
        "files": {key: at_slot.work.get(key).decode() for key in at_slot.work.list("manifests")},
    }
    return case, execution


def _slot(scenario: Scenario, settings: Settings) -> datetime:
    """The first slot of the business day; for what customers do all day long, and for new rows, one of its evening."""
    first, last = start_of_day(DAY, settings.tz), end_of_day(DAY, settings.tz)
    evening = first + EVENING
    if isinstance(scenario.trigger, EventTrigger | ChangeTrigger):
        return evening
    due = [slot.at for slot in due_slots(scenario.trigger, first, last, settings.zone)]
    return due[0] if due else evening


def _interpret(cases: list[dict[str, Any]]) -> dict[str, Any]:
    asked, told = HOME / "cases.json", HOME / "histories.json"
    asked.write_text(json.dumps(cases, ensure_ascii=False), "utf-8")
    subprocess.run(  # noqa: S603 fixed words
        [str(environment()), "-m", "infra.local.interpret", str(asked), str(told)],
        cwd=ROOT,
        env={**os.environ, "SFN_WAIT_SCALE": "0", "LOG_LEVEL": "ERROR"},
        check=True,
        timeout=300,
    )
    return dict(json.loads(told.read_text("utf-8")))


def _compared(case: Mapping[str, Any], execution: Execution, history: Mapping[str, Any]) -> Compared:
    here = execution.trace.normalised()
    there = trace_from_history(execution.definition, history["events"]).normalised()
    output = json.loads(history["output"] or "null")
    checks = {
        f"status {execution.status} / {history['status']} {history['error']} {history['cause']}": (
            execution.status.value == history["status"]
        ),
        f"states {here} / {there}": here == there,
        f"{history['unasked']} calls were not made there": history["unasked"] == 0,
        "the output": execution.status is not Status.SUCCEEDED or execution.output == output,
    }
    selected = [call[2]["answer"]["cohort"]["size"] for call in case["calls"] if call[0] == "${SelectArn}"]
    return Compared(
        execution.name,
        sum(count for _, states in here for _, count in states),
        len(case["calls"]),
        sum(selected),
        tuple(difference for difference, holds in checks.items() if not holds),
    )


def report(compared: list[Compared], say: Say) -> None:
    """Say each comparison.

    Raises:
        RuntimeError: the two interpreters differ.
    """
    for one in compared:
        verdict = "equal" if not one.differences else "DIFFERENT"
        say(f"  {one.scenario}: {one.states} states, {one.tasks} task calls, audience {one.audience}: {verdict}")
    different = [f"{one.scenario}: {'; '.join(one.differences)}" for one in compared if one.differences]
    if different:
        raise RuntimeError("the interpreters differ:\n" + "\n".join(different)[:3000])


def main() -> int:
    report(compare_all(print), print)
    return 0


if __name__ == "__main__":
    sys.exit(main())
