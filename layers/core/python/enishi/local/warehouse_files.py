"""Data files of local Iceberg tables: written by partition, swapped in one atomic commit."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import write_file
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction, WriteTask
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update.snapshot import ExpireSnapshots
from pyiceberg.typedef import Record

from enishi.lake.schema import Monthly, Table

PartitionValue = int | None
"""Months or days since 1970; None for null and for tables without a partition."""

KEPT_SNAPSHOTS = 8
"""History that a table keeps. Each snapshot makes a commit about 1.5 ms slower, since pyiceberg copies the metadata."""


@dataclass(frozen=True)
class State:
    """A table as of one metadata file: its Iceberg handle and its live data files by path."""

    table: IcebergTable
    location: str
    files: Mapping[str, DataFile] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(file.record_count for file in self.files.values())

    @property
    def snapshot(self) -> str:
        current = self.table.metadata.current_snapshot_id
        return "" if current is None or not self.files else str(current)


def load(table: IcebergTable) -> State:
    """Read the manifests of the current snapshot."""
    files = [task.file for task in table.scan().plan_files()]
    return State(table, table.metadata_location, {file.file_path: file for file in files})


def split(declared: Table, rows: pa.Table) -> Iterator[tuple[PartitionValue, pa.Table]]:
    """`rows` by partition value; rows keep their order inside one."""
    values = _values(declared, rows)
    present = [None] if values is None else pc.unique(values).to_pylist()
    if len(present) <= 1:
        yield (present[0] if present else None), rows
        return
    for value in present:
        mask = pc.is_null(values) if value is None else pc.equal(values, value)
        yield value, rows.filter(mask)


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
    files: list[DataFile] = []
    for value, part in split(declared, rows):
        if part.num_rows:
            files.extend(_write_part(state.table, declared, value, part))
    return files


def _write_part(table: IcebergTable, declared: Table, value: PartitionValue, rows: pa.Table) -> Iterator[DataFile]:
    key = _key(table, value) if isinstance(declared.partition, Monthly) else None
    task = WriteTask(uuid.uuid4(), 0, table.schema(), rows.to_batches(), partition_key=key)
    for file in write_file(table.io, table.metadata, iter([task])):
        file.spec_id = table.spec().spec_id
        yield file


def _key(table: IcebergTable, value: PartitionValue) -> PartitionKey:
    spec = table.spec()
    return PartitionKey([PartitionFieldValue(spec.fields[0], value)], spec, table.schema())


class _Transaction(Transaction):
    """pyiceberg applies all updates to a deep copy of the metadata each time it looks at it; here once an update."""

    _applied: tuple[int, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        if self._applied is None or self._applied[0] != len(self._updates):
            self._applied = (len(self._updates), super().table_metadata)
        return self._applied[1]


def commit(state: State, remove: Collection[str], add: Collection[DataFile]) -> State:
    """Swap files in one snapshot and say what the table is then.

    Raises:
        pyiceberg.exceptions.CommitFailedException: somebody else committed since `state` was loaded.
    """
    table = state.table
    with _Transaction(table) as transaction:
        update = transaction.update_snapshot()
        with update.overwrite() if remove else update.merge_append() as snapshot:
            for path in remove:
                snapshot.delete_data_file(state.files[path])
            for file in add:
                snapshot.append_data_file(file)
        _forget(transaction)
    kept = {path: file for path, file in state.files.items() if path not in remove}
    return State(table, table.metadata_location, {**kept, **{file.file_path: file for file in add}})


def _forget(transaction: Transaction) -> None:
    """Drop the oldest snapshots once there are twice as many as are kept, in the same commit."""
    snapshots = sorted(transaction.table_metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0)
    if len(snapshots) > 2 * KEPT_SNAPSHOTS:
        old = [snapshot.snapshot_id for snapshot in snapshots[:-KEPT_SNAPSHOTS]]
        ExpireSnapshots(transaction).by_ids(old).commit()
