"""A data file says what pyiceberg's own writer says of the same rows, for every declared table."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io.pyarrow import write_file
from pyiceberg.manifest import DataFile
from pyiceberg.table import WriteTask

from enishi.lake.schema import Table, tables
from enishi.local import warehouse_files, warehouse_parquet
from enishi.local.catalog import LocalCatalog

FACTS = ("partition", "record_count", "value_counts", "null_value_counts", "nan_value_counts", "lower_bounds")
WRITTEN = [name for name, declared in tables().items() if declared.database != "work"]
_PLAIN: Mapping[Callable[[Any], bool], tuple[Any, ...]] = {
    pa.types.is_string: ("松", None, "a word longer than the sixteen letters of a bound"),
    pa.types.is_binary: (b"\x00", None, b"\xff"),
    pa.types.is_boolean: (True, None, False),
    pa.types.is_integer: (-3, None, 2_000_000_000),
    pa.types.is_floating: (0.5, None, float("nan")),
    pa.types.is_decimal: (Decimal("-0.01"), None, Decimal("99999999999.99")),
    pa.types.is_date: (date(2026, 11, 2), None, date(2026, 11, 29)),
    pa.types.is_timestamp: (datetime(2026, 11, 2, 9, 30), None, datetime(2026, 11, 29)),
}


def values(kind: Any) -> list[Any]:
    """Three values of a type, the second null."""
    if pa.types.is_map(kind):
        words = values(kind.item_type)
        return [[("a", words[0]), ("b", None)], None, []]
    if pa.types.is_list(kind):
        return [values(kind.value_type), None, []]
    if pa.types.is_struct(kind):
        columns = {field.name: values(field.type) for field in kind.fields}
        return [{name: column[0] for name, column in columns.items()}, None, dict.fromkeys(columns)]
    return next(list(found) for belongs, found in _PLAIN.items() if belongs(kind))


def rows(declared: Table) -> pa.Table:
    days = declared.partition_columns
    columns = {field.name: pa.array(values(field.type), field.type) for field in declared.arrow}
    whole = {name: column.take(pa.array([0, 0, 0])) if name in days else column for name, column in columns.items()}
    return pa.table(whole, schema=declared.arrow)


def read(file: DataFile) -> pq.ParquetFile:
    return pq.ParquetFile(file.file_path.removeprefix("file://"))


def shape(file: DataFile) -> list[tuple[str, str, str]]:
    columns = [read(file).schema.column(number) for number in range(len(read(file).schema))]
    return [(column.path, column.physical_type, str(column.logical_type)) for column in columns]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_is_what_pyiceberg_writes(name: str, tmp_path: Path) -> None:
    declared = tables()[name]
    table = LocalCatalog(tmp_path).open(declared)
    given = rows(declared)
    [(value, part)] = warehouse_files.split(declared, given)
    key = warehouse_files.partition_key(table, declared, value)
    own = warehouse_parquet.write(table, declared, key, part)
    task = WriteTask(uuid.uuid4(), 0, table.schema(), given.to_batches(), partition_key=key)
    [theirs] = write_file(table.io, table.metadata, iter([task]))
    assert {fact: getattr(own, fact) for fact in FACTS} == {fact: getattr(theirs, fact) for fact in FACTS}
    assert shape(own) == shape(theirs)
    assert own.spec_id == table.spec().spec_id
    assert _numbers(read(own).schema_arrow) == _numbers(read(theirs).schema_arrow)
    assert repr(read(own).read().to_pylist()) == repr(given.to_pylist())


def test_numbers_that_rise_are_kept_as_differences(tmp_path: Path) -> None:
    declared = tables()["customer_facts"]
    written = read(warehouse_parquet.write(LocalCatalog(tmp_path).open(declared), declared, None, rows(declared)))
    group = written.metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    differences = [each.path_in_schema for each in columns if "DELTA_BINARY_PACKED" in each.encodings]
    assert differences == ["running_amounts.list.element"]


def _numbers(fields: Any) -> list[tuple[str, bytes, Any]]:
    """Every field's number in Iceberg, with those nested in it."""
    return [(field.name, field.metadata[b"PARQUET:field_id"], _nested(field.type)) for field in fields]


def _nested(kind: Any) -> list[tuple[str, bytes, Any]]:
    if pa.types.is_map(kind):
        return _numbers([kind.key_field, kind.item_field])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _numbers([kind.value_field])
    return _numbers(kind) if pa.types.is_struct(kind) else []
