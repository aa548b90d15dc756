"""A validator's finding as a sentence with file, line and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from enishi.errors import ScenarioError
from enishi.scenario import model, schedule
from enishi.scenario.source import Source

_KINDS: Mapping[str, tuple[str, ...]] = {
    "step_kind": tuple(model.STEP_KINDS),
    "wait_kind": ("until", "at_least", "zone", "day", "at", "date"),
    "trigger_kind": tuple(schedule.TRIGGERS),
}


def explain(error: ValidationError, source: Source) -> ScenarioError:
    """The first finding of `error` as a ScenarioError."""
    found = error.errors()[0]
    path = tuple(part for part in found["loc"] if not str(part).startswith("function-"))
    return ScenarioError(_what(found, path), where=source.where(path), remedy=_remedy(found, path))


def _what(found: ErrorDetails, path: tuple[str | int, ...]) -> str:
    shown = _dotted(path)
    if found["type"] == "extra_forbidden":
        return f"the language has no key {path[-1]!r} here ({shown})"
    if found["type"] == "missing":
        return f"`{path[-1]}` is missing ({shown})"
    message = found["msg"].removeprefix("Value error, ")
    return f"`{shown}` does not hold: {message[0].lower()}{message[1:]}"


def _dotted(path: tuple[str | int, ...]) -> str:
    """`steps[3].send.template`; a union's own tag, which repeats the key, is not shown."""
    text = ""
    for part, following in zip(path, (*path[1:], None), strict=True):
        if part == following:
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _remedy(found: ErrorDetails, path: tuple[str | int, ...]) -> str:
    if found["type"] in _KINDS and isinstance(found.get("input"), Mapping):
        return _near(list(found["input"]), _KINDS[found["type"]])
    if found["type"] == "extra_forbidden":
        return _near([str(path[-1])], _fields(path[:-1]))
    if found["type"] == "missing":
        return f"Add `{path[-1]}: …`."
    return "Correct the value."


def _near(written: list[str], known: tuple[str, ...]) -> str:
    for word in written:
        if word not in known and (near := get_close_matches(word, known, n=1)):
            return f"Did you mean `{near[0]}`?"
    return f"It takes {', '.join(known)}."


def _fields(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Keys that may stand at `path`: of the innermost part that the path names."""
    names: Mapping[str, type[BaseModel]] = {
        **model.STEP_KINDS,
        **{f"trigger.{kind}": part for kind, part in schedule.TRIGGERS.items()},
    }
    words = [part for part in path if isinstance(part, str)]
    if not words:
        return tuple(model.Scenario.model_fields)
    if words[0] == "trigger":
        return tuple(names[f"trigger.{words[-1]}"].model_fields) if len(words) > 1 else tuple(schedule.TRIGGERS)
    if words[-2:] == ["send", "send"]:
        return tuple(model.Send.model_fields)
    if words[-1] in names:
        return tuple(names[words[-1]].model_fields)
    return tuple(model.STEP_KINDS)
