"""From what a planner writes to what the model holds: names for arms, ids for steps, parameters filled in.

Step ids are stable: a step's own `id`, else its place — `s1`, `s2`, and within arm `a` of `s2`, `s2.a.1`, `s2.a.2`.
A step that may move in the file later should carry its own `id`, so that its history stays one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import ascii_lowercase
from typing import Any

from enishi.scenario.model import OTHERWISE
from enishi.scenario.source import Path

Places = dict[str, Path]
"""Step id → where it stands in the file."""


def spell(data: Mapping[str, Any]) -> tuple[dict[str, Any], Places]:
    """The same definition with arms named and every step carrying an id; and where each step stands."""
    steps = data.get("steps")
    if not isinstance(steps, list):
        return dict(data), {}
    places: Places = {}
    spelt = [_step(step, f"s{number}", ("steps", number - 1), places) for number, step in enumerate(steps, 1)]
    return {**data, "steps": spelt}, places


def _step(step: Any, default_id: str, path: Path, places: Places) -> Any:
    raw = {"end": True} if step == "end" else step
    if not isinstance(raw, Mapping):
        return raw
    step_id = raw.get("id", default_id)
    if not isinstance(step_id, str):
        return raw
    places.setdefault(step_id, path)
    return {**raw, "id": step_id, **dict(_inner(raw, step_id, path, places))}


def _inner(step: Mapping[str, Any], step_id: str, path: Path, places: Places) -> Iterator[tuple[str, Any]]:
    if isinstance(step.get("branch"), list):
        arms = step["branch"]
        yield "branch", [_arm(arm, at, step_id, (*path, "branch", at), places) for at, arm in enumerate(arms)]
    if isinstance(step.get("arms"), Mapping):
        yield (
            "arms",
            {
                name: _steps(steps, f"{step_id}.{name}", (*path, "arms", name), places)
                for name, steps in step["arms"].items()
            },
        )


def _arm(arm: Any, index: int, step_id: str, path: Path, places: Places) -> Any:
    if not isinstance(arm, Mapping):
        return arm
    if set(arm) == {OTHERWISE}:
        steps = _steps(arm[OTHERWISE], f"{step_id}.{OTHERWISE}", (*path, OTHERWISE), places)
        return {"name": OTHERWISE, "steps": steps}
    name = arm.get("name", ascii_lowercase[index % 26])
    return {**arm, "name": name, "steps": _steps(arm.get("steps", []), f"{step_id}.{name}", (*path, "steps"), places)}


def _steps(steps: Any, prefix: str, path: Path, places: Places) -> Any:
    if not isinstance(steps, list):
        return steps
    return [_step(step, f"{prefix}.{number}", (*path, number - 1), places) for number, step in enumerate(steps, 1)]


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` over it: mappings merge key by key, anything else is replaced, `null` removes a key."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def fill(value: Any, parameters: Mapping[str, Any]) -> Any:
    """Every scalar that is exactly `$name` becomes the parameter of that name.

    Raises:
        KeyError: the parameter's name, when it is not declared.
    """
    if isinstance(value, str) and value.startswith("$") and value[1:].isidentifier():
        return parameters[value[1:]]
    if isinstance(value, Mapping):
        return {key: fill(item, parameters) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, parameters) for item in value]
    return value
