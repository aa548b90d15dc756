"""Whether two engines gave the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlglot import exp

from tests.trino.asked import Asked

CLOSE = 1e-9
"""Doubles may be summed in another order."""


@dataclass(frozen=True)
class Answer:
    """Trino's rows, with the name and the type of each column as it says them."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    stages: int = 0


@dataclass(frozen=True)
class Difference:
    label: str
    kind: str
    """refused · rows · order · types · missing"""
    told: str
    statement: str = ""


def differences(asked: Asked, answer: Answer) -> str:
    """`kind: what differs`; "" when the rows are the same."""
    assert asked.rows is not None
    if found := _types(asked.rows, answer):
        return f"types: {found}"
    ours = _rows(asked.rows)
    theirs = [tuple(plain(value) for value in row) for row in answer.rows]
    if same(ours, theirs):
        return ""
    if same(sorted(ours, key=repr), sorted(theirs, key=repr)) or _same_bag(ours, theirs):
        return "order: the rows come in another order" if is_ordered(asked.query) else ""
    return f"rows: {_first(ours, theirs)}"


def is_ordered(query: exp.Query) -> bool:
    return query.args.get("order") is not None


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    columns = [
        [_typed(value, kind) for value in column.to_pylist()]
        for column, kind in zip(table.columns, table.schema.types, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _typed(value: Any, kind: pa.DataType) -> Any:
    """A value of Arrow as `plain` makes one of Trino's."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return tuple(sorted((key, _typed(item, kind.item_type)) for key, item in value))
    if pa.types.is_list(kind):
        return tuple(_typed(item, kind.value_type) for item in value)
    if pa.types.is_struct(kind):
        return tuple(_typed(value[field.name], field.type) for field in kind)
    return plain(value)


def plain(value: Any) -> Any:
    """A value without the habits of its driver: instants in UTC without zone, rows and arrays as tuples."""
    match value:
        case datetime() if value.tzinfo is not None:
            return value.astimezone(UTC).replace(tzinfo=None)
        case dict():
            return tuple(sorted((key, plain(item)) for key, item in value.items()))
        case list() | tuple():
            return tuple(plain(item) for item in value)
    return value


def same(ours: Any, theirs: Any) -> bool:
    """Equal, doubles to the last few digits."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=CLOSE, abs_tol=1e-12) or (math.isnan(ours) and math.isnan(theirs))
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(same(one, other) for one, other in zip(ours, theirs, strict=True))
    return type(ours) is type(theirs) and bool(ours == theirs)


def _same_bag(ours: list[Any], theirs: list[Any]) -> bool:
    """The same rows whatever their order; for rows that differ in the last digits of a double."""
    if len(ours) != len(theirs) or len(ours) > 500:
        return False
    rest = list(theirs)
    for row in ours:
        found = next((at for at, other in enumerate(rest) if same(row, other)), None)
        if found is None:
            return False
        del rest[found]
    return True


def _first(ours: list[Any], theirs: list[Any]) -> str:
    counts = "" if len(ours) == len(theirs) else f"{len(ours)} rows on DuckDB, {len(theirs)} on Trino; "
    only_ours = [row for row in ours if not any(same(row, other) for other in theirs)]
    only_theirs = [row for row in theirs if not any(same(other, row) for other in ours)]
    return f"{counts}DuckDB {_shown(only_ours)} · Trino {_shown(only_theirs)}"


def _shown(rows: Sequence[Any]) -> str:
    return "; ".join(str(tuple(_short(value) for value in row)) for row in rows[:2]) or "–"


def _short(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | datetime) else value


def _types(ours: pa.Table, theirs: Answer) -> str:
    """Columns whose kind differs: a whole number here, a decimal there. Widths and scales are the engines' own."""
    if len(ours.schema) != len(theirs.columns):
        return f"{len(ours.schema)} columns on DuckDB, {len(theirs.columns)} on Trino"
    told = _different_kinds(ours.schema, theirs.columns)
    return ", ".join(told)


def _different_kinds(schema: pa.Schema, columns: Iterable[tuple[str, str]]) -> list[str]:
    told = []
    for column, (name, kind) in zip(schema, columns, strict=True):
        if column.name.lower() != name.lower() and not name.startswith("_col"):
            told.append(f"{column.name} is called {name}")
        if "unknown" not in (here := _arrow_kind(column.type), there := _trino_kind(kind)) and here != there:
            told.append(f"{column.name} is {here} on DuckDB, {there} on Trino")
    return told


def _arrow_kind(kind: pa.DataType) -> str:
    return next((name for name, holds in _ARROW if holds(kind)), str(kind))


def _trino_kind(kind: str) -> str:
    base = kind.partition("(")[0]
    return _TRINO.get(base, base)


_ARROW = (
    ("whole number", pa.types.is_integer),
    ("decimal", pa.types.is_decimal),
    ("double", pa.types.is_floating),
    ("text", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)),
    ("boolean", pa.types.is_boolean),
    ("date", pa.types.is_date),
    ("timestamp", pa.types.is_timestamp),
    ("binary", lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind)),
    ("map", pa.types.is_map),
    ("array", pa.types.is_list),
    ("row", pa.types.is_struct),
    ("unknown", pa.types.is_null),
)
_TRINO = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), "whole number"),
    **dict.fromkeys(("double", "real"), "double"),
    **dict.fromkeys(("varchar", "char", "json"), "text"),
    "varbinary": "binary",
}
