"""Column types: one parsed form, and what each engine calls it.

The vocabulary is the one of the table declarations: string, int, bigint, double, boolean, date, timestamp, binary,
decimal(p,s), array<T>, map<K,V>.
A timestamp is an instant in UTC without a zone, in microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import pyarrow as pa

from enishi.errors import LakeError

T = TypeVar("T")


@dataclass(frozen=True)
class Type:
    """A column's type: a name, its numbers (decimal) and the types inside (array, map)."""

    name: str
    numbers: tuple[int, ...] = ()
    inside: tuple[Type, ...] = ()

    def __str__(self) -> str:
        """As the declarations (and Glue) write it."""
        if self.numbers:
            return f"{self.name}({','.join(map(str, self.numbers))})"
        return f"{self.name}<{','.join(map(str, self.inside))}>" if self.inside else self.name


@dataclass(frozen=True)
class _Names:
    """What the engines call a simple type."""

    arrow: pa.DataType
    athena: str
    duckdb: str


_SIMPLE: dict[str, _Names] = {
    "string": _Names(pa.string(), "varchar", "VARCHAR"),
    "int": _Names(pa.int32(), "integer", "INTEGER"),
    "bigint": _Names(pa.int64(), "bigint", "BIGINT"),
    "double": _Names(pa.float64(), "double", "DOUBLE"),
    "boolean": _Names(pa.bool_(), "boolean", "BOOLEAN"),
    "date": _Names(pa.date32(), "date", "DATE"),
    "timestamp": _Names(pa.timestamp("us"), "timestamp(6)", "TIMESTAMP"),
    "binary": _Names(pa.binary(), "varbinary", "BLOB"),
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_NESTED = re.compile(r"(array|map)<(.+)>")
_ARITY = {"array": 1, "map": 2}


@cache
def parse(text: str) -> Type:
    """The type that `text` declares.

    Raises:
        LakeError: not of the vocabulary.
    """
    plain = text.replace(" ", "").lower()
    if plain in _SIMPLE:
        return Type(plain)
    if found := _DECIMAL.fullmatch(plain):
        return Type("decimal", (int(found[1]), int(found[2])))
    if (found := _NESTED.fullmatch(plain)) and len(inside := _split(found[2])) == _ARITY[found[1]]:
        return Type(found[1], inside=tuple(parse(part) for part in inside))
    raise LakeError(
        f"'{text}' is not a column type",
        remedy="Use string, int, bigint, double, boolean, date, timestamp, binary, decimal(p,s), array<…> or map<…,…>.",
    )


def _split(text: str) -> list[str]:
    """Split at commas that stand outside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _decimal_of(precision: int, scale: int) -> pa.DataType:
    return pa.decimal128(precision, scale)


def _list_of(item: pa.DataType) -> pa.DataType:
    return pa.list_(item)


def _map_of(key: pa.DataType, value: pa.DataType) -> pa.DataType:
    return pa.map_(key, value)


def to_arrow(kind: Type) -> pa.DataType:
    """The Arrow type of a column."""
    arrow: pa.DataType = _render(
        kind,
        simple=lambda names: names.arrow,
        decimal=_decimal_of,
        array=_list_of,
        mapping=_map_of,
    )
    return arrow


def to_athena(kind: Type) -> str:
    """What a CAST in Athena's (Trino's) SQL says."""
    return _render(
        kind,
        simple=lambda names: names.athena,
        decimal=lambda precision, scale: f"decimal({precision},{scale})",
        array=lambda item: f"array({item})",
        mapping=lambda key, value: f"map({key},{value})",
    )


def to_duckdb(kind: Type) -> str:
    """What a CAST in DuckDB says."""
    return _render(
        kind,
        simple=lambda names: names.duckdb,
        decimal=lambda precision, scale: f"DECIMAL({precision},{scale})",
        array=lambda item: f"{item}[]",
        mapping=lambda key, value: f"MAP({key}, {value})",
    )


def to_glue(kind: Type) -> str:
    """What the Glue catalogue (Hive) calls it."""
    return str(kind)


def _render(
    kind: Type,
    *,
    simple: Callable[[_Names], T],
    decimal: Callable[[int, int], T],
    array: Callable[[T], T],
    mapping: Callable[[T, T], T],
) -> T:
    """Fold a type from the inside out."""
    if kind.name in _SIMPLE:
        return simple(_SIMPLE[kind.name])
    if kind.name == "decimal":
        return decimal(*kind.numbers)
    inside = [_render(part, simple=simple, decimal=decimal, array=array, mapping=mapping) for part in kind.inside]
    return array(inside[0]) if kind.name == "array" else mapping(inside[0], inside[1])
