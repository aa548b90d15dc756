"""A scenario as one state machine definition (ASL, JSONPath).

The state's payload holds who runs (`run`), the planned present (`at`) and the people's references (`cohort`):

    open_run → select → the steps → close_run
    wait     task computes `until` → Wait → `at` becomes it
    branch   task cuts the cohort → Parallel, an arm each → join at the post-dominator
    send     prepare → Map cut → manifest → Map (distributed) send → close_step;  `hour: best` does it once a lane

A failure closes the run as stopped and fails the execution; a redrive goes on from where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from enishi.errors import NotSupportedError
from enishi.scenario.graph import EXIT, Graph, graph
from enishi.scenario.model import (
    BranchStep,
    EndStep,
    ExportStep,
    Part,
    Scenario,
    SendStep,
    SplitStep,
    Step,
    UpdateStep,
    WaitStep,
    arms_of,
    walk,
)
from enishi.scenario.states import (
    NOBODY,
    Chain,
    State,
    claims_retry,
    machine,
    move,
    parameters,
    set_value,
    shape,
    skip_when_zero,
    task,
    wait_until,
)

CLOSE = "close run"
STOP = "stop run"
SENDERS = 40
"""Chunks sent at one time; providers' rates are kept by the senders themselves."""
CUTTERS = 10


@dataclass(frozen=True)
class _Plan:
    """What a builder needs to know. `leave`: the state to go to when nobody is left on this way."""

    graph: Graph
    steps: Mapping[str, Step]
    claim_seconds: int
    leave: str = CLOSE


def compile_scenario(scenario: Scenario, *, claim_seconds: int = 900) -> dict[str, Any]:
    """The definition of `scenario`, with `${…Arn}` placeholders for its tasks.

    `claim_seconds` is the life of a send's claim (`Settings.claim_seconds`).

    Raises:
        NotSupportedError: a step of a kind that this version does not run yet.
    """
    plan = _Plan(graph(scenario.steps), {step.id: step for step in walk(scenario.steps)}, claim_seconds)
    body = [*_opening(scenario), *_way(plan, plan.graph.entry, EXIT), (CLOSE, _close("finished"))]
    comment = {"Comment": f"{scenario.id}: {scenario.title}"}
    definition = machine([*body, ("done", {"Type": "Succeed"})])
    for state in definition["States"].values():
        _guard(state)
    definition["States"] |= _failure()
    return comment | definition


def _opening(scenario: Scenario) -> Chain:
    opened = parameters(scenario=scenario.id, slot_at="$.slot_at", execution="$$.Execution.Name", input="$")
    go = {"Type": "Choice", "Choices": [{"Variable": "$.go", "StringEquals": "start", "Next": "select"}]}
    return [
        ("open run", task("open_run", opened, into="$")),
        ("go", {**go, "Default": "done"}),
        (
            "select",
            task(
                "select",
                parameters(run="$.run", at="$.at"),
                select=parameters(refs="$.cohort.refs", size="$.cohort.size"),
                into="$.cohort",
            ),
        ),
        ("anyone", skip_when_zero("$.cohort.size", CLOSE)),
    ]


def _close(state: str) -> State:
    return task("close_run", parameters(run="$.run", at="$.at", state=state), into="$.closed")


def _guard(state: State) -> None:
    """Failures of top-level states go to `STOP`; before a run is open there is nothing to close."""
    if state["Type"] in {"Task", "Parallel", "Map"} and state.get("ResultPath") not in {"$", "$.closed"}:
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": STOP}]


def _failure() -> dict[str, State]:
    stopped = parameters(run="$.run", at="$.at", state="stopped", note="$.failure.Error")
    return {
        STOP: {**task("close_run", stopped, into="$.closed"), "Next": "failed"},
        "failed": {"Type": "Fail", "Error": "RunStopped", "Cause": "The run was stopped; scenario_runs says why."},
    }


def _way(plan: _Plan, start: str, stop: str) -> Chain:
    """The states from step `start` until the way comes to `stop`, the scenario's end, or an `end` step."""
    chain: Chain = []
    node: str | None = start
    while node is not None and node not in {stop, EXIT}:
        step = plan.steps[node]
        chain += _BUILDERS[type(step)](plan, step)
        node = None if isinstance(step, EndStep) else plan.graph.meeting(node)
    return chain


def _wait(_plan: _Plan, step: Any) -> Chain:
    return [
        (f"{step.id} wait", task("wait", parameters(run="$.run", step=step.id, at="$.at"), into="$.wait")),
        (f"{step.id} until", wait_until("$.wait.until")),
        (f"{step.id} at", move("$.wait.until", "$.at")),
    ]


def _end(_plan: _Plan, step: Any) -> Chain:
    return [(f"{step.id} leave", set_value("$.cohort", dict(NOBODY)))]


def _fork(plan: _Plan, step: Any) -> Chain:
    """A branch or a split: cut the cohort, walk the arms side by side, join those who go on."""
    kind = "branch" if isinstance(step, BranchStep) else "split"
    meeting = plan.graph.meeting(step.id)
    cut = parameters(run="$.run", step=step.id, at="$.at", cohort="$.cohort")
    sides = {
        "Type": "Parallel",
        "Parameters": parameters(run="$.run", at="$.at", arms="$.fork.arms"),
        "Branches": [_arm(plan, step, arm, meeting) for arm in arms_of(step)],
        "ResultPath": "$.ends",
    }
    return [
        (f"{step.id} {kind}", task(kind, cut, into="$.fork")),
        (f"{step.id} arms", sides),
        *_join(plan, step.id, meeting),
    ]


def _join(plan: _Plan, step_id: str, meeting: str | None) -> Chain:
    if meeting is None:
        return [(f"{step_id} nobody", set_value("$.cohort", dict(NOBODY)))]
    return [
        (f"{step_id} join", task("join", parameters(run="$.run", step=step_id, ends="$.ends"), into="$.met")),
        (f"{step_id} met", shape(run="$.run", at="$.met.at", cohort="$.met.cohort")),
        (f"{step_id} anyone", skip_when_zero("$.cohort.size", plan.leave)),
    ]


def _arm(plan: _Plan, step: Step, arm: str, meeting: str | None) -> dict[str, Any]:
    first = next(iter(arms_of(step)[arm]), None)
    label = f"{step.id}.{arm}"
    end = f"{label} end"
    steps = _way(replace(plan, leave=end), first.id, meeting or EXIT) if first else []
    return machine(
        [
            (f"{label} arm", shape(run="$.run", at="$.at", cohort=f"$.arms.{arm}")),
            (f"{label} anyone", skip_when_zero("$.cohort.size", end)),
            *steps,
            (end, shape(at="$.at", cohort="$.cohort")),
        ]
    )


def _send(plan: _Plan, step: Any) -> Chain:
    return _lanes(plan, step) if step.send.hour == "best" else _message(plan, step.id, "all")


def _lanes(plan: _Plan, step: SendStep) -> Chain:
    cut = parameters(run="$.run", step=step.id, at="$.at", cohort="$.cohort")
    value = "$$.Map.Item.Value"
    lane = parameters(run="$.run", lane=f"{value}.lane", at=f"{value}.at", cohort=f"{value}.cohort")
    hour: Chain = [(f"{step.id} hour", wait_until("$.at")), *_message(plan, step.id, "$.lane")]
    each = {
        "Type": "Map",
        "ItemsPath": "$.fan.lanes",
        "ItemSelector": lane,
        "ItemProcessor": _processor([*hour, (f"{step.id} lane end", shape(lane="$.lane"))]),
        "ResultPath": "$.lanes",
    }
    return [
        (f"{step.id} lanes", task("lanes", cut, into="$.fan")),
        (f"{step.id} each lane", each),
        (f"{step.id} at", move("$.fan.at", "$.at")),
    ]


def _message(plan: _Plan, step_id: str, lane: str) -> Chain:
    """The send group of one lane: a text that begins with `$` is the path of the lane's name."""
    common = {"run": "$.run", "step": step_id, "lane": lane}
    close = f"{step_id} close step"
    return [
        (
            f"{step_id} prepare",
            task("prepare", parameters(**common, at="$.at", cohort="$.cohort"), into="$.prepared"),
        ),
        (f"{step_id} cuts", _cuts(step_id, common)),
        (f"{step_id} manifest", task("manifest", parameters(**common, cuts="$.cuts"), into="$.manifest")),
        (f"{step_id} any chunk", skip_when_zero("$.manifest.chunks", close)),
        (f"{step_id} chunks", _chunks(step_id, common, plan.claim_seconds)),
        (close, task("close_step", parameters(**common, arrivals="$.prepared.arrivals", at="$.at"), into="$.balance")),
    ]


def _cuts(step_id: str, common: Mapping[str, str]) -> State:
    cut = task("cut", parameters(**{name: f"$.{name}" for name in (*common, "part")}), into="$")
    return {
        "Type": "Map",
        "ItemsPath": "$.prepared.parts",
        "ItemSelector": parameters(**common, part="$$.Map.Item.Value"),
        "MaxConcurrency": CUTTERS,
        "ItemProcessor": _processor([(f"{step_id} cut", cut)]),
        "ResultPath": "$.cuts",
    }


def _chunks(step_id: str, common: Mapping[str, str], claim_seconds: int) -> State:
    """One child execution a chunk. Children are STANDARD: an express one ends after five minutes, a claim lives longer.

    What a chunk answers is dropped in the child: 12,000 answers would not fit in the state; they are in the work store.
    """
    names = (*common, "at", "chunk")
    send = task("send", parameters(**{name: f"$.{name}" for name in names}), into="$.sent")
    send["Retry"] = [*send["Retry"], claims_retry(claim_seconds)]
    return {
        "Type": "Map",
        "Label": step_id.replace(".", "-"),
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket.$": "$.manifest.bucket", "Key.$": "$.manifest.key"},
        },
        "ItemSelector": parameters(**common, at="$.at", chunk="$$.Map.Item.Value"),
        "MaxConcurrency": SENDERS,
        "ToleratedFailurePercentage": 0,
        "ItemProcessor": _processor(
            [(f"{step_id} send", send), (f"{step_id} sent", {"Type": "Pass", "Result": {}})], distributed=True
        ),
        "ResultPath": "$.chunks",
    }


def _processor(chain: Chain, *, distributed: bool = False) -> dict[str, Any]:
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} if distributed else {"Mode": "INLINE"}
    return {"ProcessorConfig": mode, **machine(chain)}


def _not_yet(_plan: _Plan, step: Any) -> Chain:
    kind = "update" if isinstance(step, UpdateStep) else "export"
    raise NotSupportedError(f"the step {step.id} ({kind}) cannot run in this version", remedy="Leave the step out.")


_BUILDERS: Mapping[type[Part], Callable[[_Plan, Any], Chain]] = {
    WaitStep: _wait,
    BranchStep: _fork,
    SplitStep: _fork,
    SendStep: _send,
    EndStep: _end,
    UpdateStep: _not_yet,
    ExportStep: _not_yet,
}
