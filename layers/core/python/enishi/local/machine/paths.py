"""Inputs and outputs of states: reference paths, payload templates, result paths. Pure functions on JSON values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from enishi.local.machine.fibres import StateFailure

MAX_BYTES = 262_144
_PARTS = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']+)'\]|\[(\d+)\]")

Json = Any


def pick(path: str | None, data: Json, context: Mapping[str, Json]) -> Json:
    """What stands at `path` of `data`, or of the context object for `$$…`; None as a path gives {}.

    Raises:
        StateFailure: States.ParameterPathFailure when nothing stands there.
    """
    if path is None:
        return {}
    value: Json = context if path.startswith("$$") else data
    for part in _PARTS.finditer(path):
        key = part[1] or part[2] or int(part[3])
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError) as error:
            raise StateFailure("States.ParameterPathFailure", f"nothing stands at {path}") from error
    return value


def present(path: str, data: Json, context: Mapping[str, Json]) -> bool:
    """Whether something stands at `path`."""
    try:
        pick(path, data, context)
    except StateFailure:
        return False
    return True


def fill(template: Json, data: Json, context: Mapping[str, Json]) -> Json:
    """A payload template with every `name.$` replaced by what stands at its path."""
    if isinstance(template, Mapping):
        return dict(_field(name, value, data, context) for name, value in template.items())
    if isinstance(template, list):
        return [fill(item, data, context) for item in template]
    return template


def _field(name: str, value: Json, data: Json, context: Mapping[str, Json]) -> tuple[str, Json]:
    if name.endswith(".$"):
        return name[:-2], pick(value, data, context)
    return name, fill(value, data, context)


def place(path: str | None, data: Json, result: Json) -> Json:
    """`data` with `result` put at `path`: `$` replaces all of it, None keeps `data`. Nothing is changed in place."""
    if path is None:
        return data
    return _put([part[1] for part in _PARTS.finditer(path)], data, result)


def _put(keys: list[str], data: Json, result: Json) -> Json:
    if not keys:
        return result
    inside = data if isinstance(data, Mapping) else {}
    return {**inside, keys[0]: _put(keys[1:], inside.get(keys[0], {}), result)}


def checked(value: Json) -> Json:
    """`value` as JSON gives it back.

    Raises:
        StateFailure: States.DataLimitExceeded above 256 KiB, the limit of a state's input and output.
    """
    text = json.dumps(value, ensure_ascii=False)
    if len(text.encode()) > MAX_BYTES:
        raise StateFailure("States.DataLimitExceeded", f"the value has more than {MAX_BYTES:,} bytes")
    return json.loads(text)
