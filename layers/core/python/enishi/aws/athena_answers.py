"""Athena's result pages as typed Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import ColumnInfoTypeDef, GetQueryResultsOutputTypeDef, RowTypeDef


class Unreadable(Exception):  # noqa: N818 a signal inside the adapter, not a failure
    """A column whose text cannot be read back."""


def answer(pages: Iterator[GetQueryResultsOutputTypeDef]) -> pa.Table:
    """Every page as one table.

    Raises:
        Unreadable: a column is an array, a map or a row.
    """
    columns: list[ColumnInfoTypeDef] = []
    values: list[list[Any]] = []
    for number, page in enumerate(pages):
        rows = page["ResultSet"]["Rows"]
        if number == 0:
            columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            kinds = [arrow_type(column) for column in columns]
            values = [[] for _ in columns]
            rows = rows[1:]
        _take(rows, columns, values)
    arrays = [pa.array(held, kind) for held, kind in zip(values, kinds, strict=True)]
    return pa.Table.from_arrays(arrays, names=[column["Name"] for column in columns])


def _take(rows: list[RowTypeDef], columns: list[ColumnInfoTypeDef], values: list[list[Any]]) -> None:
    readers = [_READERS.get(_base(column), str) for column in columns]
    for row in rows:
        for held, read, datum in zip(values, readers, row["Data"], strict=True):
            text = datum.get("VarCharValue")
            held.append(None if text is None else read(text))


def arrow_type(column: ColumnInfoTypeDef) -> pa.DataType:
    """The Arrow type of a result column."""
    base = _base(column)
    if base == "decimal":
        return pa.decimal128(column.get("Precision", 38), column.get("Scale", 0))
    if base not in _TYPES:
        raise Unreadable(base)
    return _TYPES[base]


def _base(column: ColumnInfoTypeDef) -> str:
    return column["Type"].split("(")[0].strip().lower()


def _instant(text: str) -> datetime:
    """`2026-01-01 10:00:00.000000`, with ` UTC` or ` Asia/Tokyo` behind it where the type has a zone."""
    moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _boolean(text: str) -> bool:
    return text == "true"


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text)


_TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "varchar": pa.string(),
        "char": pa.string(),
        "json": pa.string(),
        "tinyint": pa.int32(),
        "smallint": pa.int32(),
        "integer": pa.int32(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "real": pa.float64(),
        "float": pa.float64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "timestamp with time zone": pa.timestamp("us"),
        "varbinary": pa.binary(),
        "unknown": pa.null(),
    }
)
_READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "tinyint": int,
        "smallint": int,
        "integer": int,
        "int": int,
        "bigint": int,
        "real": float,
        "float": float,
        "double": float,
        "boolean": _boolean,
        "date": date.fromisoformat,
        "timestamp": _instant,
        "timestamp with time zone": _instant,
        "decimal": Decimal,
        "varbinary": _bytes,
    }
)
