"""Arrow rows in the words of GetQueryResults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa

_TYPES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_string, "varchar"),
    (pa.types.is_large_string, "varchar"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int64, "bigint"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "double"),
    (pa.types.is_decimal, "decimal"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_binary, "varbinary"),
    (pa.types.is_map, "map"),
    (pa.types.is_list, "array"),
    (pa.types.is_struct, "row"),
)


def column_info(field: pa.Field[Any]) -> dict[str, Any]:
    """A column of ResultSetMetadata."""
    kind = next((name for holds, name in _TYPES if holds(field.type)), "unknown")
    info: dict[str, Any] = {"Name": field.name, "Label": field.name, "Type": kind, "Nullable": "UNKNOWN"}
    if kind == "decimal":
        info |= {"Precision": field.type.precision, "Scale": field.type.scale}
    return info


def row_data(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows of a ResultSet: text, or nothing at all for null."""
    return [{"Data": [_datum(value) for value in row.values()]} for row in rows.to_pylist()]


def _datum(value: Any) -> dict[str, str]:
    match value:
        case None:
            return {}
        case bool():
            return {"VarCharValue": "true" if value else "false"}
        case datetime():
            return {"VarCharValue": value.isoformat(sep=" ", timespec="microseconds")}
        case bytes():
            return {"VarCharValue": value.hex(" ")}
        case _:
            return {"VarCharValue": str(value)}
