"""Our own reading of the Amazon States Language: what a definition of ours must keep, one rule a function.

Local emulators accept any definition, so nothing but this and AWS itself says no. Rules look at one block (a `StartAt`
with `States`, or a branch or an item processor inside) and yield sentences; `RULES` at the end lists them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from enishi.errors import ScenarioError

State = Mapping[str, Any]
MAX_NAME = 80
MAX_BYTES = 1_000_000
_PATH = re.compile(r"^\$\$?(\.[A-Za-z_][A-Za-z0-9_]*|\['[^']+'\]|\[\d+\])*$")
_RESULT_PATH = re.compile(r"^\$(\.[A-Za-z_][A-Za-z0-9_]*)*$")
_PLACEHOLDER = re.compile(r"^\$\{[A-Z][A-Za-z]*Arn\}$")

_COMMON = {"Type", "Comment", "InputPath", "OutputPath"}
_FLOW = {"Next", "End"}
_WORK = {"Parameters", "ResultPath", *_FLOW}
_CARE = {"ResultSelector", "Retry", "Catch"}
FIELDS: Mapping[str, set[str]] = {
    "Task": _COMMON | _WORK | _CARE | {"Resource", "TimeoutSeconds"},
    "Pass": _COMMON | _WORK | {"Result"},
    "Wait": _COMMON | _FLOW | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Choice": _COMMON | {"Choices", "Default"},
    "Parallel": _COMMON | _WORK | _CARE | {"Branches"},
    "Map": _COMMON
    | _WORK
    | _CARE
    | {
        "ItemsPath",
        "ItemSelector",
        "ItemReader",
        "ItemProcessor",
        "MaxConcurrency",
        "ToleratedFailurePercentage",
        "Label",
    },
    "Succeed": _COMMON,
    "Fail": {"Type", "Comment", "Error", "Cause"},
}
COMPARISONS = {
    "StringEquals",
    "BooleanEquals",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericLessThan",
    "IsPresent",
}
"""The comparisons that both AWS and our machine know."""
ERRORS = {"States.ALL", "States.TaskFailed", "States.Timeout", "Lambda.Unknown", "Sandbox.Timedout"}


@dataclass(frozen=True)
class Block:
    """One set of states that are entered at `start`."""

    label: str
    start: str
    states: Mapping[str, State]


Rule = Callable[[Block], Iterator[str]]


def findings(definition: Mapping[str, Any]) -> list[str]:
    """Every sentence that the rules have to say about `definition`; [] when it holds."""
    every = list(blocks(definition))
    said = [sentence for block in every for check in RULES for sentence in check(block)]
    return [*said, *_twice(every), *_too_large(definition)]


def check(definition: Mapping[str, Any], where: str) -> None:
    """Raises ScenarioError with the first finding. A compiled scenario that fails here is a fault of the compiler."""
    for sentence in findings(definition):
        raise ScenarioError(f"the state machine does not hold: {sentence}", where=where, remedy="Report this scenario.")


def blocks(raw: Mapping[str, Any], label: str = "the definition") -> Iterator[Block]:
    """The definition's own block, then those inside branches and item processors, outside before inside."""
    states = raw.get("States", {})
    yield Block(label, str(raw.get("StartAt", "")), states)
    for name, state in states.items():
        for index, branch in enumerate(state.get("Branches", ())):
            yield from blocks(branch, f"branch {index} of {name!r}")
        if "ItemProcessor" in state:
            yield from blocks(state["ItemProcessor"], f"the items of {name!r}")


def _twice(every: list[Block]) -> Iterator[str]:
    counted = Counter(name for block in every for name in block.states)
    yield from (f"the state name {name!r} stands {count} times" for name, count in counted.items() if count > 1)


def _too_large(definition: Mapping[str, Any]) -> Iterator[str]:
    size = len(json.dumps(definition))
    if size > MAX_BYTES:
        yield f"it has {size:,} bytes; a state machine has at most {MAX_BYTES:,}"


def targets(state: State) -> list[str]:
    """Names of the states that `state` may go to."""
    choices = [choice["Next"] for choice in state.get("Choices", ()) if "Next" in choice]
    caught = [catcher["Next"] for catcher in state.get("Catch", ()) if "Next" in catcher]
    ahead = [state[key] for key in ("Next", "Default") if key in state]
    return [*choices, *ahead, *caught]


def _start_exists(block: Block) -> Iterator[str]:
    if block.start not in block.states:
        yield f"{block.label} starts at {block.start!r}, which does not exist"


def _targets_exist(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        yield from (f"{name!r} goes to {to!r}, which does not exist" for to in targets(state) if to not in block.states)


def _reachable(block: Block) -> Iterator[str]:
    seen: set[str] = set()
    ahead = [block.start]
    while ahead:
        name = ahead.pop()
        if name in block.states and name not in seen:
            seen.add(name)
            ahead += targets(block.states[name])
    yield from (f"{name!r} is never reached" for name in block.states if name not in seen)


def _names_fit(block: Block) -> Iterator[str]:
    yield from (f"the name {name[:20]!r}… is longer than {MAX_NAME}" for name in block.states if len(name) > MAX_NAME)


def _known_fields(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        allowed = FIELDS.get(str(state.get("Type")))
        if allowed is None:
            yield f"{name!r} has the unknown type {state.get('Type')!r}"
            continue
        yield from (
            f"{name!r} has {key!r}, which a {state['Type']} in JSONPath has not" for key in state if key not in allowed
        )


def _one_way_out(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        if state.get("Type") in {"Choice", "Succeed", "Fail"}:
            continue
        if ("Next" in state) == (state.get("End") is True):
            yield f"{name!r} must have either Next or End"


def _choices_decide(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        if state.get("Type") == "Choice" and not (state.get("Choices") and "Default" in state):
            yield f"{name!r} must have Choices and a Default"


def _choices_compare(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        for choice in state.get("Choices", ()):
            operators = choice.keys() - {"Variable", "Next", "Comment"}
            yield from (f"{name!r} compares by {other}" for other in sorted(operators - COMPARISONS))


def _tasks_name_a_function(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        if state.get("Type") == "Task" and not _PLACEHOLDER.match(str(state.get("Resource", ""))):
            yield f"{name!r} calls {state.get('Resource')!r}, which is not a function's placeholder"


def _waits_have_one_end(block: Block) -> Iterator[str]:
    ends = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
    for name, state in block.states.items():
        if state.get("Type") == "Wait" and len(ends & state.keys()) != 1:
            yield f"{name!r} must have exactly one of {', '.join(sorted(ends))}"


def _parallels_have_branches(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        if state.get("Type") == "Parallel" and not state.get("Branches"):
            yield f"{name!r} has no branches"


def _maps_have_items(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        if state.get("Type") != "Map":
            continue
        mode = state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode")
        if mode not in {"INLINE", "DISTRIBUTED"}:
            yield f"{name!r} has no ItemProcessor with a Mode"
        if ("ItemReader" in state) == ("ItemsPath" in state):
            yield f"{name!r} must have either ItemsPath or ItemReader"
        if "ItemReader" in state and mode != "DISTRIBUTED":
            yield f"{name!r} reads its items from S3, which only a distributed map can"


def _paths_are_paths(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        for key, path in _paths(state):
            if not _PATH.match(path):
                yield f"{name!r} has {path!r} at {key}, which is not a path"
        result = state.get("ResultPath")
        if result is not None and not _RESULT_PATH.match(str(result)):
            yield f"{name!r} has the ResultPath {result!r}, which is not a plain path"


def _paths(state: State) -> Iterator[tuple[str, str]]:
    for key in ("InputPath", "OutputPath", "ItemsPath", "TimestampPath", "SecondsPath"):
        if state.get(key) is not None:
            yield key, str(state[key])
    yield from (
        (f"{key}.Variable", str(choice.get("Variable"))) for key in ("Choices",) for choice in state.get(key, ())
    )
    for key in ("Parameters", "ResultSelector", "ItemSelector"):
        yield from _template_paths(state.get(key), key)
    yield from _template_paths(state.get("ItemReader", {}).get("Parameters"), "ItemReader")


def _template_paths(template: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(template, Mapping):
        for name, value in template.items():
            if name.endswith(".$"):
                yield f"{key}.{name}", str(value)
            else:
                yield from _template_paths(value, f"{key}.{name}")


def _retries_and_catches(block: Block) -> Iterator[str]:
    for name, state in block.states.items():
        for key in ("Retry", "Catch"):
            for index, handler in enumerate(state.get(key, ())):
                errors = handler.get("ErrorEquals", [])
                yield from (f"{name!r} names the unknown error {e!r}" for e in errors if not _known_error(e))
                if "States.ALL" in errors and (len(errors) > 1 or index + 1 < len(state[key])):
                    yield f"{name!r}: States.ALL must stand alone and last"


def _known_error(name: str) -> bool:
    return name in ERRORS or name.startswith("Lambda.") or bool(re.match(r"^[A-Z][A-Za-z]+Error$", name))


RULES: tuple[Rule, ...] = (
    _start_exists,
    _targets_exist,
    _reachable,
    _names_fit,
    _known_fields,
    _one_way_out,
    _choices_decide,
    _choices_compare,
    _tasks_name_a_function,
    _waits_have_one_end,
    _parallels_have_branches,
    _maps_have_items,
    _paths_are_paths,
    _retries_and_catches,
)
