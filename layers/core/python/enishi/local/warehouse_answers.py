"""DuckDB's answers in the types that Athena gives."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

_HUGE = pa.decimal128(38, 0)


def answer(rows: pa.Table) -> pa.Table:
    """Whole numbers as 32 or 64 bits, instants as UTC without zone; everything else as it is."""
    fields = [pa.field(field.name, _settled(field.type)) for field in rows.schema]
    schema = pa.schema(fields)
    return rows if schema == rows.schema else rows.cast(schema)


def _settled(kind: pa.DataType) -> pa.DataType:
    for holds, settled in _TYPES:
        if holds(kind):
            return settled
    if pa.types.is_list(kind):
        return pa.list_(_settled(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(_settled(kind.key_type), _settled(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _settled(field.type)) for field in kind])
    return kind


_TYPES: tuple[tuple[Callable[[pa.DataType], bool], pa.DataType], ...] = (
    (lambda kind: kind == _HUGE, pa.int64()),
    (lambda kind: pa.types.is_timestamp(kind), pa.timestamp("us")),
    (lambda kind: pa.types.is_int8(kind) or pa.types.is_int16(kind) or pa.types.is_uint8(kind), pa.int32()),
    (lambda kind: pa.types.is_uint16(kind), pa.int32()),
    (lambda kind: pa.types.is_uint32(kind) or pa.types.is_uint64(kind), pa.int64()),
    (lambda kind: pa.types.is_float32(kind), pa.float64()),
    (lambda kind: pa.types.is_large_string(kind), pa.string()),
)
"""Sums of whole numbers are 128 bits wide in DuckDB and 64 in Athena."""
