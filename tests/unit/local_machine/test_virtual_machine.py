"""The machine on small definitions whose answers are worked out by hand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from enishi.clock import ManualClock, from_text, to_text
from enishi.errors import ClaimsInFlightError, LakeError, RunError
from enishi.local.machine import Execution, Machine, Status, trace_from_history

START = from_text("2026-11-21T00:00:00Z")


class Shelf(dict[str, bytes]):
    """The part of Blobs that a machine reads."""

    def open(self, key: str) -> io.BytesIO:
        if key not in self:
            raise LakeError("there is no such key", where=key)
        return io.BytesIO(self[key])


@dataclass
class Stage:
    """A machine with tasks given by name; `calls` are (instant, task, payload) in order."""

    tasks: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    calls: list[tuple[str, str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.machine = Machine(self._perform, self.clock, self.shelf)  # type: ignore[arg-type]

    def _perform(self, name: str, payload: dict[str, Any]) -> Any:
        self.calls.append((to_text(self.clock.now()), name, payload))
        return self.tasks[name](payload)

    def run(self, states: dict[str, Any], given: dict[str, Any] | None = None, name: str = "one") -> Execution:
        execution = self.machine.start({"StartAt": next(iter(states)), "States": states}, name, given or {})
        self.machine.run()
        return execution


def task(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "${" + name + "Arn}", "End": True, **more}


def test_paths_shape_what_goes_in_and_out() -> None:
    stage = Stage({"add_up": lambda p: {"sum": sum(p["numbers"]), "by": p["by"]}})
    states = {
        "add": task(
            "AddUp",
            InputPath="$.order",
            Parameters={"numbers.$": "$.lines", "by": "hand", "first.$": "$.lines[0]", "who.$": "$$.Execution.Name"},
            ResultSelector={"total.$": "$.sum"},
            ResultPath="$.answer.deep",
            OutputPath="$.answer",
        )
    }
    execution = stage.run(states, {"order": {"lines": [1, 2, 3]}})
    assert stage.calls[0][2] == {"numbers": [1, 2, 3], "by": "hand", "first": 1, "who": "one"}
    assert execution.output == {"deep": {"total": 6}}


def test_result_path_null_keeps_the_input() -> None:
    stage = Stage({"note": lambda _: {"x": 1}})
    assert stage.run({"n": task("Note", ResultPath=None)}, {"a": 1}).output == {"a": 1}


def test_pass_choice_and_succeed() -> None:
    states = {
        "set": {"Type": "Pass", "Result": 5, "ResultPath": "$.n", "Next": "which"},
        "which": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.gone", "IsPresent": True, "Next": "low"},
                {"Variable": "$.n", "NumericLessThan": 5, "Next": "low"},
                {"Variable": "$.n", "NumericEquals": 5, "Next": "five"},
            ],
            "Default": "low",
        },
        "low": {"Type": "Fail", "Error": "Low", "Cause": "too low"},
        "five": {"Type": "Succeed"},
    }
    assert Stage().run(states, {"a": 0}).output == {"a": 0, "n": 5}


def test_fail_names_its_error() -> None:
    execution = Stage().run({"no": {"Type": "Fail", "Error": "Nope", "Cause": "because"}})
    assert (execution.status, execution.error, execution.cause) == (Status.FAILED, "Nope", "because")


def test_waits_pass_in_no_time_and_in_order() -> None:
    stage = Stage({"go": lambda p: p})
    states = {
        "w": {"Type": "Wait", "TimestampPath": "$.until", "Next": "more"},
        "more": {"Type": "Wait", "Seconds": 90, "Next": "go"},
        "go": task("Go"),
    }
    definition = {"StartAt": "w", "States": states}
    stage.machine.start(definition, "late", {"until": "2027-11-20T00:00:00Z"})
    stage.machine.start(definition, "soon", {"until": "2026-11-21T01:00:00Z"})
    stage.machine.start(definition, "past", {"until": "2020-01-01T00:00:00Z"})
    stage.machine.run()
    assert [at for at, _, _ in stage.calls] == ["2026-11-21T00:01:30Z", "2026-11-21T01:01:30Z", "2027-11-20T00:01:30Z"]
    assert stage.clock.now() == from_text("2027-11-20T00:01:30Z")


def test_other_events_share_the_timeline() -> None:
    stage = Stage({"go": lambda p: p})
    seen: list[str] = []

    def morning() -> None:
        seen.append(f"morning after {len(stage.calls)} calls")

    stage.machine.at(from_text("2026-11-21T12:00:00Z"), morning)
    stage.run(
        {"a": task("Go", End=False, Next="w"), "w": {"Type": "Wait", "Seconds": 86400, "Next": "b"}, "b": task("Go")}
    )
    assert seen == ["morning after 1 calls"]
    assert len(stage.calls) == 2


def test_run_until_stops_there() -> None:
    stage = Stage({"go": lambda p: p})
    states = {"w": {"Type": "Wait", "Seconds": 7200, "Next": "go"}, "go": task("Go")}
    execution = stage.machine.start({"StartAt": "w", "States": states}, "one", {})
    stage.machine.run(until=from_text("2026-11-21T01:00:00Z"))
    assert (execution.status, stage.clock.now()) == (Status.RUNNING, from_text("2026-11-21T01:00:00Z"))
    stage.machine.run()
    assert execution.status is Status.SUCCEEDED


def test_retries_back_off_on_the_virtual_clock() -> None:
    left = [2]

    def flaky(_: Any) -> dict[str, Any]:
        left[0] -= 1
        if left[0] >= 0:
            raise ClaimsInFlightError("not yet")
        return {"ok": True}

    stage = Stage({"flaky": flaky})
    retry = [{"ErrorEquals": ["ClaimsInFlightError"], "IntervalSeconds": 60, "MaxAttempts": 3, "BackoffRate": 2.0}]
    execution = stage.run({"f": task("Flaky", Retry=retry)})
    assert execution.status is Status.SUCCEEDED
    assert [at for at, _, _ in stage.calls] == ["2026-11-21T00:00:00Z", "2026-11-21T00:01:00Z", "2026-11-21T00:03:00Z"]
    assert [name for name, _ in execution.faults] == ["f", "f"]
    assert [entry.state for entry in execution.trace.entered] == ["f"]


def test_each_retrier_counts_for_itself_and_an_end_comes() -> None:
    def broken(_: Any) -> Any:
        raise LakeError("gone")

    stage = Stage({"broken": broken})
    retry = [{"ErrorEquals": ["LakeError"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    execution = stage.run({"b": task("Broken", Retry=retry)})
    assert (execution.status, execution.error, len(stage.calls)) == (Status.FAILED, "LakeError", 3)


@pytest.mark.parametrize("names", [["States.ALL"], ["States.TaskFailed"], ["Other", "LakeError"]])
def test_a_catch_goes_on_with_the_failure(names: list[str]) -> None:
    def broken(_: Any) -> Any:
        raise LakeError("gone", where="here")

    stage = Stage({"broken": broken})
    states = {
        "b": task("Broken", Catch=[{"ErrorEquals": names, "ResultPath": "$.failure", "Next": "end"}]),
        "end": {"Type": "Succeed"},
    }
    execution = stage.run(states, {"kept": 1})
    assert execution.output == {"kept": 1, "failure": {"Error": "LakeError", "Cause": "here: gone."}}


def test_a_missing_path_fails_the_state() -> None:
    execution = Stage({"go": lambda p: p}).run({"g": task("Go", Parameters={"x.$": "$.nothing"})})
    assert execution.error == "States.ParameterPathFailure"


def test_more_than_a_state_may_hold_fails() -> None:
    execution = Stage({"big": lambda _: {"text": "x" * 300_000}}).run({"b": task("Big")})
    assert execution.error == "States.DataLimitExceeded"


def test_parallel_gives_the_ends_in_order() -> None:
    def arm(seconds: int, name: str) -> dict[str, Any]:
        wait = {"Type": "Wait", "Seconds": seconds, "Next": name}
        return {
            "StartAt": f"{name} wait",
            "States": {f"{name} wait": wait, name: {"Type": "Pass", "Result": name, "End": True}},
        }

    execution = Stage().run({"p": {"Type": "Parallel", "Branches": [arm(10, "slow"), arm(1, "fast")], "End": True}})
    assert execution.output == ["slow", "fast"]
    assert [(e.state, e.path) for e in execution.trace.entered] == [
        ("p", ()),
        ("slow wait", ("p[0]",)),
        ("fast wait", ("p[1]",)),
        ("fast", ("p[1]",)),
        ("slow", ("p[0]",)),
    ]


def test_one_failing_branch_stops_the_others() -> None:
    stage = Stage({"go": lambda p: p})
    branches = [
        {"StartAt": "bad", "States": {"bad": {"Type": "Fail", "Error": "Bad"}}},
        {
            "StartAt": "late",
            "States": {"late": {"Type": "Wait", "Seconds": 60, "Next": "go"}, "go": task("Go")},
        },
    ]
    execution = stage.run({"p": {"Type": "Parallel", "Branches": branches, "End": True}})
    assert (execution.error, stage.calls) == ("Bad", [])


def inline(**more: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "w", "States": {
        "w": {"Type": "Wait", "Seconds": 60, "Next": "go"}, "go": task("Go")}}  # fmt: skip
    return {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True, **more}


def test_map_gives_results_in_order_of_items() -> None:
    stage = Stage({"go": lambda p: {"n": p["item"] * 10 + p["at"]}})
    selector = {"item.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index"}
    execution = stage.run({"m": inline(ItemSelector=selector)}, {"items": [1, 2, 3]})
    assert execution.output == [{"n": 10}, {"n": 21}, {"n": 32}]
    assert {at for at, _, _ in stage.calls} == {"2026-11-21T00:01:00Z"}


def test_a_map_of_nothing_is_empty() -> None:
    assert Stage().run({"m": inline()}, {"items": []}).output == []


def test_max_concurrency_holds_items_back() -> None:
    stage = Stage({"go": lambda _: {}})
    stage.run({"m": inline(MaxConcurrency=2)}, {"items": [{}, {}, {}]})
    assert [at for at, _, _ in stage.calls] == ["2026-11-21T00:01:00Z", "2026-11-21T00:01:00Z", "2026-11-21T00:02:00Z"]


def distributed() -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "go", "States": {
        "go": task("Go")}}  # fmt: skip
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Parameters": {"Bucket": "work", "Key.$": "$.key"},
    }
    return {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "ResultPath": None, "End": True}


def test_a_distributed_map_reads_lines() -> None:
    stage = Stage({"go": lambda p: p}, Shelf(manifest=b'{"n": 1}\n{"n": 2}\n'))
    execution = stage.run({"m": distributed()}, {"key": "manifest"})
    assert [payload for _, _, payload in stage.calls] == [{"n": 1}, {"n": 2}]
    assert execution.output == {"key": "manifest"}


def test_a_distributed_map_tolerates_no_failure() -> None:
    def broken(_: Any) -> Any:
        raise LakeError("gone")

    stage = Stage({"go": broken}, Shelf(manifest=b'{"n": 1}\n'))
    assert stage.run({"m": distributed()}, {"key": "manifest"}).error == "States.ExceedToleratedFailureThreshold"


def test_a_manifest_that_is_not_there_fails_the_map() -> None:
    assert Stage().run({"m": distributed()}, {"key": "nothing"}).error == "States.ItemReaderFailed"


def test_thousands_of_items_do_not_nest() -> None:
    lines = "".join(json.dumps({"n": n}) + "\n" for n in range(3000)).encode()
    stage = Stage({"go": lambda p: p}, Shelf(manifest=lines))
    assert stage.run({"m": distributed()}, {"key": "manifest"}).status is Status.SUCCEEDED
    assert len(stage.calls) == 3000


def test_a_name_is_one_execution() -> None:
    stage = Stage({"go": lambda p: p})
    first = stage.run({"g": task("Go")}, {"a": 1})
    assert stage.run({"g": task("Go")}, {"a": 1}) is first
    assert len(stage.calls) == 1
    with pytest.raises(RunError, match="another input"):
        stage.run({"g": task("Go")}, {"a": 2})


def test_a_trace_equals_the_history_of_another_interpreter() -> None:
    """Branches in another order, children of the distributed map absent, retries as events: the same trace."""
    stage = Stage({"go": lambda p: p}, Shelf(manifest=b"{}\n{}\n"))
    branch = {"StartAt": "x", "States": {"x": {"Type": "Pass", "End": True}}}
    other = {"StartAt": "y", "States": {"y": {"Type": "Pass", "End": True}}}
    states = {
        "p": {"Type": "Parallel", "Branches": [branch, other], "ResultPath": None, "Next": "m"},
        "m": distributed(),
    }
    execution = stage.run(states, {"key": "manifest"})

    def entered(number: int, name: str) -> dict[str, Any]:
        return {"id": number, "type": "PassStateEntered", "stateEnteredEventDetails": {"name": name}}

    history = [
        {"id": 1, "type": "ExecutionStarted"},
        {"id": 2, "type": "ParallelStateEntered", "stateEnteredEventDetails": {"name": "p"}},
        entered(4, "x"),
        entered(3, "y"),
        {"id": 5, "type": "PassStateExited", "stateExitedEventDetails": {"name": "y"}},
        {"id": 9, "type": "MapStateEntered", "stateEnteredEventDetails": {"name": "m"}},
    ]
    assert trace_from_history(execution.definition, history).normalised() == execution.trace.normalised()
    assert trace_from_history(execution.definition, history[:-1]).normalised() != execution.trace.normalised()


def test_instants_are_told_to_states() -> None:
    stage = Stage({"go": lambda p: p})
    execution = stage.run(
        {"w": {"Type": "Wait", "Seconds": 5, "Next": "g"}, "g": task("Go", Parameters={"at.$": "$$.State.EnteredTime"})}
    )
    assert execution.output == {"at": "2026-11-21T00:00:05Z"}
    assert isinstance(execution.ended, datetime)
