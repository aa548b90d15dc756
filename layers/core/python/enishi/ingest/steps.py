"""What may happen to a value between the file and its type: small steps on whole columns, in one fixed order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from enishi.errors import MappingError
from enishi.ids import digest, stable_id
from enishi.ingest.cells import Array, Cells, mask, pc, text_of
from enishi.ingest.mapping import Column, Word

Normaliser = Callable[[Any], Any]
OTHER = "*"
_NOTHING = pa.scalar(None, pa.string())


@dataclass(frozen=True)
class Tools:
    """What steps need from outside: normalisers by name and the namespace of stable ids."""

    normalisers: Mapping[str, Normaliser]
    namespace: str
    where: str


Step = Callable[[Cells, Column, Tools], Cells]


def word(value: Word) -> str:
    """A YAML scalar as the text that a file would hold: true, 1, 0.5, gold."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def each(values: Array, function: Callable[[str], str | None]) -> Array:
    """Apply a Python function to the distinct values of a text column."""
    encoded = values.dictionary_encode()
    changed = [function(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).take(encoded.indices)


def _strip(cells: Cells, column: Column, _tools: Tools) -> Cells:
    text = cells.values
    for character in column.strip:
        text = pc.replace_substring(text, character, "")
    return cells.become(text_of(text))


def _empty(cells: Cells, column: Column, _tools: Tools) -> Cells:
    meaningless = pc.is_in(cells.values, value_set=pa.array(column.empty, pa.string()))
    return cells.become(pc.if_else(meaningless, _NOTHING, cells.values))


def _extract(cells: Cells, column: Column, _tools: Tools) -> Cells:
    pattern = column.extract.replace("(", "(?P<kept>", 1)
    found = pc.struct_field(pc.extract_regex(cells.values, pattern), "kept")
    return cells.become(text_of(found))


def _normalise(cells: Cells, column: Column, tools: Tools) -> Cells:
    if column.normalise not in tools.normalisers:
        known = ", ".join(sorted(tools.normalisers))
        raise MappingError(
            f"there is no normaliser {column.normalise!r}", where=tools.where, remedy=f"Use one of {known}."
        )
    changed = tools.normalisers[column.normalise](cells.values)
    return cells.become(text_of(changed.combine_chunks() if isinstance(changed, pa.ChunkedArray) else changed))


def _map(cells: Cells, column: Column, _tools: Tools) -> Cells:
    codes = {word(code): target for code, target in column.map.items() if code != OTHER}
    words = [None if target is None else word(target) for target in codes.values()]
    place = pc.index_in(cells.values, value_set=pa.array(list(codes), pa.string()))
    mapped = pa.array(words, pa.string()).take(place)
    unknown = mask(pc.and_(pc.is_valid(cells.values), pc.is_null(place)))
    if OTHER not in column.map:
        return cells.become(mapped).flag(unknown, "unknown_code")
    return cells.become(pc.if_else(pa.array(unknown), _others(cells.values, column.map[OTHER]), mapped))


def _others(values: Array, target: Word | None) -> Array | pa.Scalar[Any]:
    """The word for every other code; `{}` in it stands for the code."""
    if target is None:
        return _NOTHING
    before, hole, after = word(target).partition("{}")
    if not hole:
        return pa.scalar(before)
    return pc.binary_join_element_wise(before, values, after, "")


def _hash(cells: Cells, _column: Column, _tools: Tools) -> Cells:
    return cells.become(each(cells.values, digest))


def _id(cells: Cells, column: Column, tools: Tools) -> Cells:
    system = column.system or tools.namespace
    return cells.become(each(cells.values, lambda value: _known_id(column.id, system, value)))


@lru_cache(maxsize=1 << 17)
def _known_id(prefix: str, system: str, value: str) -> str:
    """The ids of the busiest customers, so that block after block does not hash them again."""
    return stable_id(prefix, system, value)


def _prefix(cells: Cells, column: Column, _tools: Tools) -> Cells:
    return cells.become(pc.binary_join_element_wise(column.prefix, cells.values, ""))


STEPS: tuple[tuple[str, Step], ...] = (
    ("strip", _strip),
    ("empty", _empty),
    ("extract", _extract),
    ("normalise", _normalise),
    ("map", _map),
    ("hash", _hash),
    ("id", _id),
    ("prefix", _prefix),
)
"""Key of the mapping language → step, in the order in which they happen."""


def run(cells: Cells, column: Column, tools: Tools) -> Cells:
    """All steps that `column` asks for. A column that asks for none keeps the file's type."""
    asked = [step for key, step in STEPS if getattr(column, key)]
    if not asked:
        return cells.become(text_of(cells.values)) if pa.types.is_string(cells.values.type) else cells
    cells = cells.become(text_of(cells.values))
    for step in asked:
        cells = step(cells, column, tools)
    return cells


def required(cells: Cells, column: Column, needed: bool) -> Cells:
    """`missing` where a value must be and is not (rows already bad keep their first reason)."""
    if not (column.required or needed):
        return cells
    return cells.flag(mask(pc.is_null(cells.values)) & ~cells.bad, "missing")


def checked(cells: Cells, column: Column) -> Cells:
    """The checks `values`, `pattern`, `min` and `max`, on typed values."""
    kind = cells.values.type
    if column.pattern:
        whole = pc.match_substring_regex(pc.cast(cells.values, pa.string()), rf"\A(?:{column.pattern})\z")
        cells = cells.flag(mask(pc.invert(whole)), "not_like_pattern")
    if column.values:
        allowed = pa.array([word(value) for value in column.values]).cast(kind)
        outside = mask(pc.and_(pc.is_valid(cells.values), pc.invert(pc.is_in(cells.values, value_set=allowed))))
        cells = cells.flag(outside, "not_allowed")
    if column.min is not None:
        cells = cells.flag(mask(pc.less(cells.values, pa.scalar(word(column.min)).cast(kind))), "out_of_range")
    if column.max is not None:
        cells = cells.flag(mask(pc.greater(cells.values, pa.scalar(word(column.max)).cast(kind))), "out_of_range")
    return cells


def defaulted(cells: Cells, column: Column) -> Cells:
    """The default where the file has no value (a bad value stays bad)."""
    if column.default is None:
        return cells
    filled = pc.fill_null(cells.values, pa.scalar(word(column.default)).cast(cells.values.type))
    return cells.become(pc.if_else(pa.array(cells.bad), cells.values, filled) if cells.problems else filled)
