"""One Parquet data file of an Iceberg table.

What a schema says about every file (field ids, which statistics to keep) is worked out once a table: a laptop commits
a few rows hundreds of times, and that took longer than the rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    StatisticsCollector,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionKey
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import WriteTask
from pyiceberg.table.locations import load_location_provider
from pyiceberg.typedef import Record
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

from enishi.lake.schema import Table
from enishi.local.catalog import PROPERTIES

_ID = b"PARQUET:field_id"
_CODEC = "write.parquet.compression-codec"


@dataclass(frozen=True)
class Layout:
    """What every data file of a table has in common."""

    arrow: pa.Schema
    """The declared columns with their Iceberg field ids."""
    statistics: Mapping[int, StatisticsCollector]
    paths: Mapping[str, int]
    writing: Mapping[str, Any]
    """Options of the writer."""


def write(table: IcebergTable, declared: Table, key: PartitionKey | None, rows: pa.Table) -> DataFile:
    """Write `rows` (declared types and order) as one file, not yet part of the table."""
    layout = _layout(declared, table.schema().fields)
    output = table.io.new_output(_location(table, key))
    with output.create(overwrite=True) as stream:
        target = cast(IO[Any], stream)
        with pq.ParquetWriter(target, layout.arrow, **layout.writing) as writer:
            writer.write_table(pa.Table.from_arrays(rows.columns, schema=layout.arrow))
        metadata = writer.writer.metadata
    found = data_file_statistics_from_parquet_metadata(metadata, dict(layout.statistics), dict(layout.paths))
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=output.location,
        file_format=FileFormat.PARQUET,
        partition=key.partition if key else Record(),
        file_size_in_bytes=len(output),
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **found.to_serialized_dict(),
    )
    file.spec_id = table.spec().spec_id
    return file


def _location(table: IcebergTable, key: PartitionKey | None) -> str:
    name = WriteTask(uuid.uuid4(), 0, table.schema(), [], partition_key=key).generate_data_file_filename("parquet")
    return load_location_provider(table.location(), table.properties).new_data_location(name, key)


@lru_cache(maxsize=256)
def _layout(declared: Table, fields: tuple[NestedField, ...]) -> Layout:
    schema = Schema(*fields)
    arrow = pa.schema([_numbered(field, declared.arrow.field(field.name).type) for field in fields])
    paths = parquet_path_to_id_mapping(schema)
    return Layout(arrow, compute_statistics_plan(schema, dict(PROPERTIES)), paths, _writing(declared, paths))


def _writing(declared: Table, paths: Mapping[str, int]) -> Mapping[str, Any]:
    """Options of the writer: numbers that rise are kept as differences, which no dictionary can hold and no codec makes
    shorter."""
    rising = {column.name for column in declared.columns if column.rising}
    short = {path: "DELTA_BINARY_PACKED" for path in paths if path.partition(".")[0] in rising}
    found: dict[str, Any] = {"store_decimal_as_integer": True, "compression": PROPERTIES[_CODEC]}
    if short:
        others = [path for path in paths if path not in short]
        codecs = {**dict.fromkeys(others, PROPERTIES[_CODEC]), **dict.fromkeys(short, "NONE")}
        found |= {"use_dictionary": others, "column_encoding": short, "compression": codecs}
    return MappingProxyType(found)


def _numbered(field: NestedField, kind: pa.DataType) -> pa.Field[Any]:
    metadata = {_ID: str(field.field_id).encode()}
    return pa.field(field.name, _inside(field.field_type, kind), nullable=field.optional, metadata=metadata)


def _inside(declared: IcebergType, kind: Any) -> pa.DataType:
    """`kind` with the numbers of what is nested in it."""
    match declared:
        case ListType():
            return pa.list_(_numbered(declared.element_field, kind.value_type))
        case MapType():
            key, value = _numbered(declared.key_field, kind.key_type), _numbered(declared.value_field, kind.item_type)
            return pa.map_(cast(pa.DataType, key), cast(pa.DataType, value))
        case StructType():
            return pa.struct([_numbered(field, kind.field(field.name).type) for field in declared.fields])
        case _:
            return cast(pa.DataType, kind)
