"""Data files of local Iceberg tables: written by partition, swapped in one atomic commit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table as IcebergTable
from pyiceberg.typedef import Record

from enishi.lake.schema import Monthly, Table
from enishi.local import warehouse_parquet as parquet
from enishi.local.catalog import LocalCatalog
from enishi.local.warehouse_commit import Manifest, forget, manifests_of, staged

PartitionValue = int | None
"""Months or days since 1970; None for null and for tables without a partition."""


@dataclass(frozen=True)
class State:
    """A table as of one metadata file: its Iceberg handle and its live data files by path."""

    table: IcebergTable
    location: str
    manifests: tuple[Manifest, ...] = ()

    @cached_property
    def files(self) -> Mapping[str, DataFile]:
        files = (entry.data_file for manifest in self.manifests for entry in manifest.entries)
        return {file.file_path: file for file in files}

    @property
    def rows(self) -> int:
        return sum(file.record_count for file in self.files.values())

    @property
    def snapshot(self) -> str:
        current = self.table.metadata.current_snapshot_id
        return "" if current is None or not self.files else str(current)


def load(table: IcebergTable, known: State | None = None) -> State:
    """Read the manifests of the current snapshot; `known` is the table as it was before."""
    return State(table, table.metadata_location, manifests_of(table, known.manifests if known else ()))


def split(declared: Table, rows: pa.Table) -> Iterator[tuple[PartitionValue, pa.Table]]:
    """`rows` by partition value; rows keep their order inside one. They are sorted once: a filter a partition reads
    everything as often as there are partitions, and leaves the rows of each in as many pieces as came."""
    values = _values(declared, rows)
    if values is None or len(pc.unique(values)) <= 1:
        yield (None if values is None or not rows.num_rows else values[0].as_py()), rows
        return
    order = pc.sort_indices(values)
    rows, start = rows.combine_chunks().take(order), 0
    for run in pc.value_counts(values.take(order)).to_pylist():
        yield run["values"], rows.slice(start, run["counts"])
        start += run["counts"]


def partition_values(declared: Table, rows: pa.Table) -> set[PartitionValue]:
    """The partitions that `rows` belong to."""
    values = _values(declared, rows)
    return {None} if values is None else set(pc.unique(values).to_pylist())


def _values(declared: Table, rows: pa.Table) -> Any:
    """The partition value of each row; None for a table without a partition."""
    if not isinstance(declared.partition, Monthly):
        return None
    days = rows.column(declared.partition.column)
    return _months(days) if declared.partition.by == "month" else days.cast(pa.int32())


def _months(days: pa.ChunkedArray[Any]) -> Any:
    """Months since January 1970, as Iceberg counts them."""
    years = pc.multiply(pc.subtract(pc.year(days), 1970), 12)
    return pc.add(years, pc.subtract(pc.month(days), 1)).cast(pa.int32())


def partition_of(file: DataFile) -> PartitionValue:
    """The partition value that `split` gives for the rows of `file`."""
    record: Record = file.partition
    return record[0] if len(record) else None


def write(state: State, declared: Table, rows: pa.Table) -> list[DataFile]:
    """Parquet files of `rows` in the table's folder, not yet part of the table."""
    return [file for file, _ in write_parts(state, declared, rows)]


def write_parts(state: State, declared: Table, rows: pa.Table) -> Iterator[tuple[DataFile, pa.Table]]:
    """The same, each file with its rows."""
    for value, part in split(declared, rows):
        if part.num_rows:
            yield _write_part(state.table, declared, value, part), part


def _write_part(table: IcebergTable, declared: Table, value: PartitionValue, rows: pa.Table) -> DataFile:
    return parquet.write(table, declared, partition_key(table, declared, value), rows.combine_chunks())


def partition_key(table: IcebergTable, declared: Table, value: PartitionValue) -> PartitionKey | None:
    """The partition of that value; None for a table without one."""
    if not isinstance(declared.partition, Monthly):
        return None
    spec = table.spec()
    return PartitionKey([PartitionFieldValue(spec.fields[0], value)], spec, table.schema())


def commit(
    state: State, remove: Collection[str], add: Sequence[DataFile], catalog: LocalCatalog, at: str = ""
) -> State:
    """Swap files in one snapshot, taken at the instant `at`, and say what the table is then.

    Raises:
        pyiceberg.exceptions.CommitFailedException: somebody else committed since `state` was loaded.
    """
    table, manifests = staged(state.table, state.manifests, remove, add, at)
    catalog.swap(table, state.location)
    forget(state.table, table)
    return State(table, table.metadata_location, manifests)
