"""BigQuery's JSON rows as Arrow: every value comes as text, the schema says of what type."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

Field = Mapping[str, Any]

_EPOCH_US = pa.timestamp("us", tz="UTC")
_KINDS: Mapping[str, tuple[pa.DataType, Callable[[str], Any]]] = {
    "INTEGER": (pa.int64(), int),
    "INT64": (pa.int64(), int),
    "FLOAT": (pa.float64(), float),
    "FLOAT64": (pa.float64(), float),
    "NUMERIC": (pa.decimal128(38, 9), Decimal),
    "BIGNUMERIC": (pa.decimal256(76, 38), Decimal),
    "BOOLEAN": (pa.bool_(), lambda text: text == "true"),
    "BOOL": (pa.bool_(), lambda text: text == "true"),
    "DATE": (pa.date32(), date.fromisoformat),
    "DATETIME": (pa.timestamp("us"), datetime.fromisoformat),
    "TIMESTAMP": (_EPOCH_US, int),
    "BYTES": (pa.binary(), base64.b64decode),
}
"""Everything else (STRING, TIME, JSON, GEOGRAPHY, INTERVAL, RANGE) stays text."""


def schema_of(schema: Mapping[str, Any]) -> pa.Schema:
    """The Arrow schema of an answer."""
    return pa.schema([pa.field(field["name"], _type(field)) for field in schema.get("fields", [])])


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """`[{"f": [{"v": …}]}]` as a table of `schema`."""
    columns = [
        pa.array([_value(row["f"][place]["v"], field.type) for row in rows], field.type)
        for place, field in enumerate(schema)
    ]
    return pa.table(columns, schema=schema)


def _type(field: Field) -> pa.DataType:
    single = _single(field)
    return pa.list_(single) if field.get("mode") == "REPEATED" else single


def _single(field: Field) -> pa.DataType:
    if field["type"] in ("RECORD", "STRUCT"):
        return pa.struct([pa.field(inner["name"], _type(inner)) for inner in field["fields"]])
    return _KINDS.get(field["type"], (pa.string(), str))[0]


def _value(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if isinstance(kind, pa.ListType):
        return [_value(item["v"], kind.value_type) for item in value]
    if isinstance(kind, pa.StructType):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return {field.name: _value(item["v"], field.type) for field, item in zip(fields, value["f"], strict=True)}
    return _READ.get(kind, str)(value)


_READ: Mapping[pa.DataType, Callable[[str], Any]] = dict(_KINDS.values())
