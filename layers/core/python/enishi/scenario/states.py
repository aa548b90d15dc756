"""Small builders of single ASL states (JSONPath), and the linking of a chain of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

State = dict[str, Any]
Chain = list[tuple[str, State]]
"""States in order. A state without a way out of its own goes on to the next one."""

NOBODY: Mapping[str, Any] = {"refs": [], "size": 0}
"""The cohort of nobody."""

LAMBDA_FAULTS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
)
"""Faults of the platform, a killed function included; a task may always run again, so these are simply retried."""


def retry() -> State:
    """The retrier that every task has: 2 s, doubling, six times (about two minutes)."""
    return {"ErrorEquals": list(LAMBDA_FAULTS), "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2.0}


def claims_retry(claim_seconds: int) -> State:
    """Another worker holds live claims: come back when they have run out."""
    return {
        "ErrorEquals": ["ClaimsInFlightError"],
        "IntervalSeconds": claim_seconds,
        "MaxAttempts": 3,
        "BackoffRate": 1.0,
    }


def task(name: str, parameters: Mapping[str, Any], *, into: str, select: Mapping[str, Any] | None = None) -> State:
    """A call of flow task `name`; its answer goes to path `into`."""
    selector = {"ResultSelector": dict(select)} if select else {}
    return {
        "Type": "Task",
        "Resource": placeholder(name),
        "Parameters": dict(parameters),
        **selector,
        "ResultPath": into,
        "Retry": [retry()],
    }


def placeholder(name: str) -> str:
    """`open_run` → `${OpenRunArn}`."""
    return "${" + "".join(word.capitalize() for word in name.split("_")) + "Arn}"


def shape(**fields: Any) -> State:
    """A Pass that makes a new input of `fields`: a text that begins with `$` is a path."""
    return {"Type": "Pass", "Parameters": parameters(**fields)}


def parameters(**fields: Any) -> dict[str, Any]:
    """Fields of a payload template: `at="$.at"` → `{"at.$": "$.at"}`."""
    return {
        f"{name}.$" if isinstance(value, str) and value.startswith("$") else name: value
        for name, value in fields.items()
    }


def set_value(path: str, value: Any) -> State:
    """A Pass that puts a constant at `path`."""
    return {"Type": "Pass", "Result": value, "ResultPath": path}


def move(source: str, target: str) -> State:
    """A Pass that copies what stands at `source` to `target`."""
    return {"Type": "Pass", "InputPath": source, "ResultPath": target}


def wait_until(path: str) -> State:
    return {"Type": "Wait", "TimestampPath": path}


def skip_when_zero(path: str, target: str) -> State:
    """A Choice: `target` when the number at `path` is 0, else onward."""
    return {"Type": "Choice", "Choices": [{"Variable": path, "NumericEquals": 0, "Next": target}]}


def machine(chain: Chain) -> dict[str, Any]:
    """`StartAt` and `States` of a chain, its loose ends linked and its last state ended."""
    for (_, state), (following, _) in pairwise(chain):
        _link(state, following)
    chain[-1][1].update({} if chain[-1][1]["Type"] in {"Succeed", "Fail"} else {"End": True})
    return {"StartAt": chain[0][0], "States": dict(chain)}


def _link(state: State, following: str) -> None:
    if state["Type"] == "Choice":
        state.setdefault("Default", following)
    elif state["Type"] not in {"Succeed", "Fail"} and "End" not in state:
        state.setdefault("Next", following)
