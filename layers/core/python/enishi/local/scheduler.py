"""Starts scenarios on the local machine, as EventBridge does in AWS: a due slot, or new rows in a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from enishi.clock import ManualClock, to_text
from enishi.flow.tasks import perform
from enishi.local.machine import Execution, Machine
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
        for scenario in self._waiting(table):
            self._machine.at(at, partial(self.start, scenario, at))

    def awaits(self, table: str) -> bool:
        """Whether some scenario waits for new rows in `table`."""
        return bool(self._waiting(table))

    def _waiting(self, table: str) -> list[Scenario]:
        triggers = ((scenario, scenario.trigger) for scenario in self._scenarios)
        return [scenario for scenario, on in triggers if isinstance(on, ChangeTrigger) and on.table == table]

    def start(
        self, scenario: Scenario, at: datetime, *, since: datetime | None = None, approved: bool = False
    ) -> Execution:
        """One execution for the slot `at`; a second start of the same slot is the same execution."""
        given: dict[str, Any] = {"scenario": scenario.id, "slot_at": to_text(at)}
        given |= {"since": to_text(since)} if since else {}
        given |= {"approved": True} if approved else {}
        return self._machine.start(self._definitions[scenario.id], f"{scenario.id}-{at:%Y%m%dT%H%M%S}", given)


def machine(services: Services, clock: ManualClock) -> Machine:
    """A machine whose tasks are the flows themselves, one after another."""
    return Machine(partial(perform, services), clock, services.work)
