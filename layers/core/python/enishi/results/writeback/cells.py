"""Values as text: days and instants in the retailer's zone, money without rounding by chance, words as their codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from enishi.errors import LakeError
from enishi.ingest.cells import pc
from enishi.ingest.zones import to_local
from enishi.results.writeback.declaration import Column

Values = Any
"""A chunked array."""
_DAY, _INSTANT = "%Y/%m/%d", "%Y/%m/%d %H:%M:%S"


def text(rows: pa.Table, name: str, column: Column, zone: ZoneInfo) -> list[str]:
    """The column `name` of the file, one text a row.

    Raises:
        LakeError: a word that `map` does not know.
    """
    if column.const is not None:
        return [column.const] * rows.num_rows
    values = rows.column(column.from_)
    if column.map:
        return _coded(values, name, column)
    return [column.null if value is None else value for value in _written(values, column, zone).to_pylist()]


def _written(values: Values, column: Column, zone: ZoneInfo) -> Values:
    if pa.types.is_timestamp(values.type):
        return _instants(values, column.format or _INSTANT, zone)
    if pa.types.is_date(values.type):
        return pc.strftime(pc.cast(values, pa.timestamp("s")), format=column.format or _DAY)
    if pa.types.is_boolean(values.type):
        return pc.cast(pc.cast(values, pa.int8()), pa.string())
    if column.decimals is not None:
        return fixed_point(values, column.decimals)
    return pc.cast(values, pa.string())


def _instants(values: Values, pattern: str, zone: ZoneInfo) -> Values:
    """Whole seconds of wall time: the lake's instants are UTC without zone."""
    utc = pc.cast(values, pa.timestamp("us")).to_numpy().astype("datetime64[us]")
    local = to_local(utc, zone).astype("datetime64[s]")
    return pc.strftime(pa.chunked_array([pa.array(local, pa.timestamp("s"), mask=np.isnat(utc))]), format=pattern)


def fixed_point(values: Values, decimals: int) -> Values:
    """Half away from zero, as accounts are kept."""
    unit = Decimal(1).scaleb(-decimals)
    written = [
        None if value is None else str(Decimal(str(value)).quantize(unit, ROUND_HALF_UP))
        for value in values.to_pylist()
    ]
    return pa.chunked_array([pa.array(written, pa.string())])


def _coded(values: Values, name: str, column: Column) -> list[str]:
    """Each different word is looked up once."""
    coded = pc.dictionary_encode(pc.cast(values, pa.string())).combine_chunks()
    codes = {str(word): str(code) for word, code in column.map.items()}
    words = [_code(word, codes, name) for word in coded.dictionary.to_pylist()]
    return [column.null if place is None else words[place] for place in coded.indices.to_pylist()]


def _code(word: str, codes: Mapping[str, str], name: str) -> str:
    known = codes.get(word, codes.get("*"))
    if known is None:
        raise LakeError(
            f"the map has no code for {word!r}", where=f"columns.{name}", remedy='Add the word, or "*" for all others.'
        )
    return known
