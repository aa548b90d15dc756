"""The local Iceberg catalogue: SQLite and a folder, tables created from their declarations on first use."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.transforms import DayTransform, MonthTransform, Transform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    TimestampType,
)

from enishi.errors import LakeError
from enishi.lake.schema import Monthly, Table
from enishi.lake.types import Type

_SIMPLE: Mapping[str, IcebergType] = MappingProxyType(
    {
        "string": StringType(),
        "int": IntegerType(),
        "bigint": LongType(),
        "double": DoubleType(),
        "boolean": BooleanType(),
        "date": DateType(),
        "timestamp": TimestampType(),
        "binary": BinaryType(),
    }
)
_TRANSFORMS: Mapping[str, Transform[int, int]] = MappingProxyType({"month": MonthTransform(), "day": DayTransform()})
PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "format-version": "2",
        "write.delete.mode": "copy-on-write",
        "write.parquet.compression-codec": "zstd",
        "write.metadata.metrics.default": "none",
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "5",
        "commit.manifest-merge.enabled": "true",
        "commit.manifest.min-count-to-merge": "16",
        "commit.retry.num-retries": "0",
    }
)
"""DuckDB prunes by Parquet's own statistics, so manifests carry none: a commit costs a third less."""

_FIRST_NESTED_ID = 10_000
_NAME = "enishi"


class LocalCatalog:
    """Iceberg tables of one home folder. Several processes may have the same home open."""

    def __init__(self, home: Path) -> None:
        folder = (home / "lake").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "catalog.db"
        self._place = f"file://{folder}"
        uri = f"sqlite:///{self._path}"
        self._catalog = SqlCatalog(_NAME, uri=uri, warehouse=self._place, init_catalog_tables="true")
        self._connections = threading.local()
        for namespace in ("lake", "pii"):
            self._create_namespace(namespace)

    def _create_namespace(self, name: str) -> None:
        try:
            self._catalog.create_namespace(name)
        except NamespaceAlreadyExistsError:
            return

    def open(self, declared: Table) -> IcebergTable:
        """The table, created or grown to its declaration.

        Raises:
            LakeError: the home was moved or copied: its files name each other by whole paths, so what is written here
                would be written there.
        """
        name = (declared.database, declared.name)
        try:
            table = self._catalog.load_table(name)
        except NoSuchTableError:
            table = self._create(declared)
        except FileNotFoundError as missing:
            self._insist_on_home(location := self.location(declared))
            raise LakeError("a file of the table is gone", where=location, remedy="Restore the home.") from missing
        self._insist_on_home(table.location())
        return _grown(table, declared)

    def _insist_on_home(self, location: str) -> None:
        if not location.startswith(f"{self._place}/"):
            raise LakeError(
                "this home's tables were made in another folder, and files of tables name each other by whole paths",
                where=location.removeprefix("file://"),
                remedy="Put the home back where it was made, or load its raw files into a new home.",
            )

    def reopened(self, table: IcebergTable, location: str) -> IcebergTable:
        """`table`, opened before, as the metadata file at `location` says it is now."""
        metadata = FromInputFile.table_metadata(table.io.new_input(location))
        return IcebergTable(table.name(), metadata, location, table.io, table.catalog)

    def _create(self, declared: Table) -> IcebergTable:
        name = (declared.database, declared.name)
        schema = to_schema(declared)
        try:
            return self._catalog.create_table(
                name, schema, partition_spec=to_partition(declared, schema), properties=dict(PROPERTIES)
            )
        except TableAlreadyExistsError:
            return self._catalog.load_table(name)

    def location(self, declared: Table) -> str:
        """Where the table's metadata stands now; changes with each commit of any process. "" before creation."""
        row = (
            self._connection()
            .execute(
                "SELECT metadata_location FROM iceberg_tables WHERE table_namespace = ? AND table_name = ?",
                (declared.database, declared.name),
            )
            .fetchone()
        )
        return str(row[0]) if row else ""

    def swap(self, table: IcebergTable, before: str) -> None:
        """Make `table`, whose metadata file is written, what its name stands for.

        Raises:
            CommitFailedException: the name no longer stands for the metadata file `before`.
        """
        namespace, name = table.name()
        with self._connection() as connection:
            done = connection.execute(
                "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?"
                " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?",
                (table.metadata_location, before, _NAME, namespace, name, before),
            )
        if done.rowcount < 1:
            raise CommitFailedException(f"{namespace}.{name} was written by another process")

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection. A commit survives a killed process; after a power cut the last ones may be gone,
        as the data files that they name may be."""
        if not hasattr(self._connections, "held"):
            self._connections.held = sqlite3.connect(self._path, timeout=30)
            self._connections.held.execute("PRAGMA journal_mode = WAL")
            self._connections.held.execute("PRAGMA synchronous = NORMAL")
        held: sqlite3.Connection = self._connections.held
        return held

    def close(self) -> None:
        """Give back the files that this thread and the catalogue hold open."""
        if hasattr(self._connections, "held"):
            self._connections.held.close()
            del self._connections.held
        self._catalog.close()


def to_schema(declared: Table) -> Schema:
    """The Iceberg schema of a declaration; ids follow the order of columns, every column may be null."""
    nested = iter(range(_FIRST_NESTED_ID, 2 * _FIRST_NESTED_ID))
    fields = [
        NestedField(number, column.name, to_iceberg(column.kind, nested), required=False)
        for number, column in enumerate(declared.columns, start=1)
    ]
    return Schema(*fields)


def to_iceberg(kind: Type, ids: object) -> IcebergType:
    """The Iceberg type of a column; `ids` is an iterator that numbers what is nested."""
    if kind.name in _SIMPLE:
        return _SIMPLE[kind.name]
    if kind.name == "decimal":
        return DecimalType(*kind.numbers)
    numbers = [next(ids) for _ in kind.inside]  # type: ignore[call-overload]
    inside = [to_iceberg(part, ids) for part in kind.inside]
    if kind.name == "array":
        return ListType(numbers[0], inside[0], element_required=False)
    return MapType(numbers[0], inside[0], numbers[1], inside[1], value_required=False)


def to_partition(declared: Table, schema: Schema) -> PartitionSpec:
    """The Iceberg partition of a declaration."""
    if not isinstance(declared.partition, Monthly):
        return PartitionSpec()
    column, by = declared.partition.column, declared.partition.by
    source = schema.find_field(column).field_id
    return PartitionSpec(PartitionField(source, 1000, _TRANSFORMS[by], f"{column}_{by}"))


def _grown(table: IcebergTable, declared: Table) -> IcebergTable:
    """Add the columns that the declaration gained; widen int to bigint and the like."""
    wanted = to_schema(declared)
    present = {field.name: field.field_type for field in table.schema().fields}
    if all(present.get(field.name) is not None for field in wanted.fields) and not _changed(present, declared):
        return table
    try:
        with table.update_schema() as update:
            update.union_by_name(wanted)
    except Exception as error:
        raise LakeError(
            "the table's columns cannot become what is declared now",
            where=declared.name,
            remedy="Give the changed column another name.",
        ) from error
    return table


def _changed(present: Mapping[str, IcebergType], declared: Table) -> bool:
    return any(
        column.kind.name in _SIMPLE and present[column.name] != _SIMPLE[column.kind.name]
        for column in declared.columns
        if column.name in present
    )
