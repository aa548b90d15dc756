"""What each type of state does, as routines: a state takes its input and gives its output and the next state's name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from enishi.clock import from_text, to_text
from enishi.errors import EnishiError
from enishi.local.machine.fibres import Await, Gather, Routine, Sleep, StateFailure
from enishi.local.machine.paths import Json, checked, fill, pick, place, present
from enishi.local.machine.trace import Entered
from enishi.ports import Blobs

State = Mapping[str, Any]
Tasks = Callable[[str, dict[str, Any]], dict[str, Any] | Future[dict[str, Any]]]
Faults = list[tuple[str, Exception]]


@dataclass(frozen=True)
class World:
    """What states act on. `now` reads the virtual clock."""

    tasks: Tasks
    blobs: Blobs
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Scope:
    """Where a routine runs: the execution's record, the context object, and the way into branches and items."""

    world: World
    entered: list[Entered]
    faults: Faults
    context: Mapping[str, Json]
    path: tuple[str, ...] = ()
    state: str = field(default="", compare=False)

    def enter(self, name: str) -> Scope:
        now = self.world.now()
        self.entered.append(Entered(name, self.path, now))
        about = {"Name": name, "EnteredTime": to_text(now)}
        return replace(self, state=name, context={**self.context, "State": about})

    def inside(self, index: int, item: Json = None) -> Scope:
        context = (
            {**self.context, "Map": {"Item": {"Index": index, "Value": item}}} if item is not None else self.context
        )
        return replace(self, path=(*self.path, f"{self.state}[{index}]"), context=context)


Outcome = tuple[Json, str | None]


def run_block(block: Mapping[str, Any], data: Json, scope: Scope) -> Routine:
    """Run a block of states to its end; returns its output."""
    name: str | None = block["StartAt"]
    while name is not None:
        state = block["States"][name]
        inner = scope.enter(name)
        if state["Type"] in _INSTANT:
            data, name = _INSTANT[state["Type"]](state, data, inner)
        else:
            data, name = yield from _LASTING[state["Type"]](state, data, inner)
    return data


def _output(state: State, data: Json, scope: Scope) -> Outcome:
    return checked(pick(state.get("OutputPath", "$"), data, scope.context)), state.get("Next")


def _input(state: State, data: Json, scope: Scope) -> Json:
    return pick(state.get("InputPath", "$"), data, scope.context)


def _effective(state: State, data: Json, scope: Scope) -> Json:
    taken = _input(state, data, scope)
    return fill(state["Parameters"], taken, scope.context) if "Parameters" in state else taken


def _pass(state: State, data: Json, scope: Scope) -> Outcome:
    result = state["Result"] if "Result" in state else _effective(state, data, scope)
    return _output(state, place(state.get("ResultPath", "$"), data, result), scope)


def _choice(state: State, data: Json, scope: Scope) -> Outcome:
    taken = _input(state, data, scope)
    for choice in state["Choices"]:
        if _holds(choice, taken, scope):
            return checked(taken), choice["Next"]
    return checked(taken), state["Default"]


def _holds(choice: Mapping[str, Any], data: Json, scope: Scope) -> bool:
    if "IsPresent" in choice:
        return present(choice["Variable"], data, scope.context) is choice["IsPresent"]
    value = pick(choice["Variable"], data, scope.context)
    operator = next(name for name in COMPARISONS if name in choice)
    kind, compare = COMPARISONS[operator]
    return isinstance(value, kind) and compare(value, choice[operator])


COMPARISONS: Mapping[str, tuple[Any, Callable[[Any, Any], bool]]] = {
    "StringEquals": (str, lambda a, b: a == b),
    "BooleanEquals": (bool, lambda a, b: a is b),
    "NumericEquals": (int | float, lambda a, b: a == b),
    "NumericGreaterThan": (int | float, lambda a, b: a > b),
    "NumericLessThan": (int | float, lambda a, b: a < b),
}


def _wait(state: State, data: Json, scope: Scope) -> Routine:
    taken = _input(state, data, scope)
    yield Sleep(_wake(state, taken, scope))
    return _output(state, taken, scope)


def _wake(state: State, data: Json, scope: Scope) -> datetime:
    if "Seconds" in state or "SecondsPath" in state:
        seconds = state["Seconds"] if "Seconds" in state else pick(state["SecondsPath"], data, scope.context)
        return scope.world.now() + timedelta(seconds=seconds)
    text = state["Timestamp"] if "Timestamp" in state else pick(state["TimestampPath"], data, scope.context)
    return from_text(text)


def _succeed(state: State, data: Json, scope: Scope) -> Outcome:
    return _output(state, _input(state, data, scope), scope)


def _fail(state: State, data: Json, scope: Scope) -> Outcome:  # noqa: ARG001 - every kind has one signature
    raise StateFailure(state.get("Error", ""), state.get("Cause", ""))


def _task(state: State, data: Json, scope: Scope) -> Routine:
    yield Sleep(scope.world.now())
    return (yield from _call(state, checked(data), scope))


def _call(state: State, payload: Json, scope: Scope) -> Routine:
    try:
        answer = scope.world.tasks(task_name(state["Resource"]), payload)
        if isinstance(answer, Future):
            yield Await(answer)
            answer = answer.result()
        return checked(answer)
    except StateFailure:
        raise
    except Exception as error:
        scope.faults.append((scope.state, error))
        raise StateFailure(type(error).__name__, str(error)) from error


def task_name(resource: str) -> str:
    """`${OpenRunArn}` → `open_run`."""
    words = resource.removeprefix("${").removesuffix("Arn}")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).removeprefix("_")


def _parallel(state: State, data: Json, scope: Scope) -> Routine:
    branches = enumerate(state["Branches"])
    return (yield Gather(run_block(branch, data, scope.inside(index)) for index, branch in branches))


def _map(state: State, data: Json, scope: Scope) -> Routine:
    distributed = "ItemReader" in state
    items = _read_items(state, data, scope) if distributed else pick(state["ItemsPath"], data, scope.context)
    try:
        return (yield Gather(_iterations(state, items, data, scope), state.get("MaxConcurrency", 0)))
    except StateFailure as failure:
        if distributed:
            raise StateFailure("States.ExceedToleratedFailureThreshold", str(failure)) from failure
        raise


def _iterations(state: State, items: list[Json], data: Json, scope: Scope) -> Iterator[Routine]:
    return (_iteration(state, item, data, scope.inside(index, item)) for index, item in enumerate(items))


def _iteration(state: State, item: Json, data: Json, scope: Scope) -> Routine:
    given = fill(state["ItemSelector"], data, scope.context) if "ItemSelector" in state else item
    return (yield from run_block(state["ItemProcessor"], checked(given), scope))


def _read_items(state: State, data: Json, scope: Scope) -> list[Json]:
    key = fill(state["ItemReader"]["Parameters"], data, scope.context)["Key"]
    try:
        with scope.world.blobs.open(key) as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except (EnishiError, ValueError) as error:
        raise StateFailure("States.ItemReaderFailed", str(error)) from error


def _worked(work: Callable[[State, Json, Scope], Routine]) -> Callable[[State, Json, Scope], Routine]:
    """`work` with what Task, Parallel and Map have in common: parameters, retries, results, catchers."""

    def routine(state: State, data: Json, scope: Scope) -> Routine:
        try:
            given = _effective(state, data, scope)
            result = yield from _retried(work, state, given, scope)
        except StateFailure as failure:
            return _caught(state, data, failure)
        if "ResultSelector" in state:
            result = fill(state["ResultSelector"], result, scope.context)
        return _output(state, place(state.get("ResultPath", "$"), data, checked(result)), scope)

    return routine


def _retried(work: Callable[[State, Json, Scope], Routine], state: State, data: Json, scope: Scope) -> Routine:
    tried = [0] * len(state.get("Retry", ()))
    while True:
        try:
            return (yield from work(state, data, scope))
        except StateFailure as failure:
            index = _handler(state.get("Retry", ()), failure)
            if index is None or tried[index] >= state["Retry"][index].get("MaxAttempts", 3):
                raise
            yield Sleep(scope.world.now() + _delay(state["Retry"][index], tried[index]))
            tried[index] += 1


def _delay(retrier: Mapping[str, Any], tried: int) -> timedelta:
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** tried
    return timedelta(seconds=min(seconds, retrier.get("MaxDelaySeconds", seconds)))


def _caught(state: State, data: Json, failure: StateFailure) -> Outcome:
    index = _handler(state.get("Catch", ()), failure)
    if index is None:
        raise failure
    catcher = state["Catch"][index]
    found = {"Error": failure.error, "Cause": failure.cause}
    return checked(place(catcher.get("ResultPath", "$"), data, found)), catcher["Next"]


def _handler(handlers: Any, failure: StateFailure) -> int | None:
    wanted = {failure.error, "States.ALL"}
    if not failure.error.startswith("States."):
        wanted.add("States.TaskFailed")
    return next((at for at, handler in enumerate(handlers) if wanted & set(handler["ErrorEquals"])), None)


_INSTANT: Mapping[str, Callable[[State, Json, Scope], Outcome]] = {
    "Pass": _pass,
    "Choice": _choice,
    "Succeed": _succeed,
    "Fail": _fail,
}
_LASTING: Mapping[str, Callable[[State, Json, Scope], Routine]] = {
    "Wait": _wait,
    "Task": _worked(_task),
    "Parallel": _worked(_parallel),
    "Map": _worked(_map),
}
