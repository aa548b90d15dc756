"""`a.b[0].c`: one element of a list, out of the columns that a reader gives for nested files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from enishi.ingest.block import Block
from enishi.ingest.cells import Array

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[]+)")
Step = int | str


def head(path: str) -> str:
    """The column in which a path begins: `a.b` of `a.b[0].c`."""
    return path.partition("[")[0]


def inside(block: Block, path: str) -> Array:
    """The text at `path` in each row; null where the list is shorter or has no such key."""
    column = block.columns.get(head(path))
    if column is None:
        return pa.nulls(block.rows, pa.string())
    wanted = steps(path.removeprefix(head(path)))
    return pa.array([_text(_found(_value(value), wanted)) for value in column.to_pylist()], pa.string())


def steps(path: str) -> list[Step]:
    """`[0].c.d[1]` as 0, c, d, 1."""
    return [int(place) if place else name for place, name in _STEP.findall(path)]


def _value(value: Any) -> Any:
    """A list as readers give it: of maps (pairs of path and text), or as JSON."""
    if isinstance(value, str):
        try:
            return json.loads(value, parse_float=str, parse_int=str)
        except ValueError:
            return None
    return [dict(item or ()) for item in value] if isinstance(value, list) else value


def _found(value: Any, wanted: Sequence[Step]) -> Any:
    for place, step in enumerate(wanted):
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        elif isinstance(value, dict) and (rest := ".".join(map(str, wanted[place:]))) in value:
            return value[rest]
        else:
            value = _value(value.get(step)) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
