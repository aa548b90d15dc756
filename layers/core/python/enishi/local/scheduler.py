"""Starts scenarios on the local machine, as EventBridge does in AWS: a due slot, or new rows in a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from enishi.clock import ManualClock, to_text
from enishi.flow.tasks import perform
from enishi.local.machine import Execution, Machine
from enishi.local.side_by_side import SideBySide
from enishi.local.workers import Workers
from enishi.ports import Services
from enishi.scenario.compile import compile_scenario
from enishi.scenario.model import Scenario
from enishi.scenario.schedule import ChangeTrigger
from enishi.scenario.triggers import due_slots


class Scheduler:
    """The triggers of some scenarios on one machine's timeline."""

    def __init__(self, services: Services, machine: Machine, scenarios: Iterable[Scenario]) -> None:
        self._settings = services.settings
        self._machine = machine
        self._scenarios = tuple(scenarios)
        seconds = services.settings.claim_seconds
        self._definitions = {s.id: compile_scenario(s, claim_seconds=seconds) for s in self._scenarios}

    def plan(self, after: datetime, until: datetime) -> int:
        """Put every slot that is due in `after < at <= until` on the timeline; returns how many."""
        due = [
            (scenario, slot)
            for scenario in self._scenarios
            for slot in due_slots(scenario.trigger, after, until, self._settings.zone)
        ]
        for scenario, slot in due:
            self._machine.at(slot.at, partial(self.start, scenario, slot.at, since=slot.since))
        return len(due)

    def table_loaded(self, table: str, at: datetime) -> None:
        """Start the scenarios that wait for new rows in `table`; a listener of `LocalNotices`."""
        for scenario in self._scenarios:
            if isinstance(scenario.trigger, ChangeTrigger) and scenario.trigger.table == table:
                self._machine.at(at, partial(self.start, scenario, at))

    def start(
        self, scenario: Scenario, at: datetime, *, since: datetime | None = None, approved: bool = False
    ) -> Execution:
        """One execution for the slot `at`; a second start of the same slot is the same execution."""
        given: dict[str, Any] = {"scenario": scenario.id, "slot_at": to_text(at)}
        given |= {"since": to_text(since)} if since else {}
        given |= {"approved": True} if approved else {}
        return self._machine.start(self._definitions[scenario.id], f"{scenario.id}-{at:%Y%m%dT%H%M%S}", given)


def machine(services: Services, clock: ManualClock, workers: Workers | None = None) -> Machine:
    """A machine whose tasks are the flows themselves; `workers` take those that do not see each other."""
    tasks = SideBySide(services, workers) if workers else partial(perform, services)
    return Machine(tasks, clock, services.work)
