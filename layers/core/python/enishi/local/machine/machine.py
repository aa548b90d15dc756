"""The machine: executions of definitions on one timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from enishi.clock import ManualClock, to_text
from enishi.errors import RunError
from enishi.local.machine.fibres import Fibre, StateFailure
from enishi.local.machine.states import Faults, Scope, Tasks, World, run_block
from enishi.local.machine.trace import Entered, Trace
from enishi.local.timeline import Timeline
from enishi.ports import Blobs


class Status(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass
class Execution:
    """One run of a definition. `faults` are the exceptions that tasks raised, retried and caught ones included."""

    name: str
    definition: Mapping[str, Any]
    input: Mapping[str, Any]
    started: datetime
    status: Status = Status.RUNNING
    output: Any = None
    error: str = ""
    cause: str = ""
    ended: datetime | None = None
    faults: Faults = field(default_factory=list)
    entered: list[Entered] = field(default_factory=list, repr=False)

    @property
    def trace(self) -> Trace:
        return Trace(self.definition, tuple(self.entered))


class Machine:
    """Runs state machines; `clock` moves from one due moment to the next, other events may share its `timeline`.

    Args:
        tasks: called with a task's name (`open_run`) and its payload; answers, or gives a future of the answer while
            another process works on it. What it raises fails the state by class name.
        clock: the virtual clock.
        blobs: where distributed maps read their items.
    """

    def __init__(self, tasks: Tasks, clock: ManualClock, blobs: Blobs, timeline: Timeline | None = None) -> None:
        self.timeline = timeline or Timeline(clock)
        self.executions: dict[str, Execution] = {}
        self._world = World(tasks, blobs, clock.now)

    def start(self, definition: Mapping[str, Any], name: str, given: Mapping[str, Any]) -> Execution:
        """Start an execution now; it goes on in `run`. The same name with the same input is the same execution.

        Raises:
            RunError: the name was used with another input.
        """
        if name in self.executions:
            return self._again(name, given)
        execution = Execution(name, definition, dict(given), self._world.now())
        self.executions[name] = execution
        routine = run_block(definition, dict(given), self._scope(execution))
        Fibre(self.timeline, routine, lambda value, failure: self._end(execution, value, failure))
        return execution

    def at(self, instant: datetime, action: Callable[[], object]) -> None:
        """Let `action` happen at `instant`, between the states of executions."""
        self.timeline.at(instant, action)

    def run(self, until: datetime | None = None) -> None:
        """Go on until `until`, or until nothing is left to wait for."""
        self.timeline.run(until)

    def _again(self, name: str, given: Mapping[str, Any]) -> Execution:
        before = self.executions[name]
        if before.input != dict(given):
            raise RunError("the execution exists with another input", where=name, remedy="Start it under another name.")
        return before

    def _scope(self, execution: Execution) -> Scope:
        about = {"Name": execution.name, "Input": execution.input, "StartTime": to_text(execution.started)}
        return Scope(self._world, execution.entered, execution.faults, {"Execution": about})

    def _end(self, execution: Execution, value: Any, failure: StateFailure | None) -> None:
        execution.ended = self._world.now()
        execution.status = Status.FAILED if failure else Status.SUCCEEDED
        execution.output = value
        if failure:
            execution.error, execution.cause = failure.error, failure.cause
