"""Copy-on-write: which files a merge or a delete touches, and what they hold afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from sqlglot import exp

from enishi.errors import LakeError
from enishi.lake.rows import conform
from enishi.lake.schema import Table
from enishi.local import warehouse_merge_sql as statements
from enishi.local.warehouse_files import State, partition_of, partition_values

SMALL_BYTES = 4_000_000
SMALL_FILES = 8
"""A write to a partition with so many small files takes them along into one."""


@dataclass(frozen=True)
class Plan:
    """Files to drop, the rows that take their place, and how many rows were inserted and updated (or deleted)."""

    files: tuple[str, ...]
    rows: pa.Table
    inserted: int
    updated: int


def crowded(state: State, declared: Table, rows: pa.Table) -> set[str]:
    """Small files of the partitions that `rows` go to, where there are many of them."""
    small = [file for file in state.files.values() if file.file_size_in_bytes < SMALL_BYTES]
    if len(small) < SMALL_FILES or not rows.num_rows:
        return set()
    per_partition = Counter(partition_of(file) for file in small)
    full = {value for value in partition_values(declared, rows) if per_partition[value] >= SMALL_FILES}
    return {file.file_path for file in small if partition_of(file) in full}


def rows_of_files(cursor: duckdb.DuckDBPyConnection, declared: Table, files: Iterable[str]) -> pa.Table:
    """The rows that stand in `files`."""
    return _typed(cursor, declared, statements.rows_in(declared, files))


def delete(cursor: duckdb.DuckDBPyConnection, declared: Table, where: exp.Expr) -> Plan:
    """Rows for which `where` (in DuckDB's words) is not true stay."""
    hits = _per_file(cursor, statements.hits(declared, where))
    if not hits:
        return Plan((), declared.arrow.empty_table(), 0, 0)
    kept = _typed(cursor, declared, statements.rows_without(declared, where, hits))
    return Plan(tuple(hits), kept, 0, sum(hits.values()))


def upsert(cursor: duckdb.DuckDBPyConnection, declared: Table, rows: pa.Table) -> Plan:
    """Merge `rows` (declared types, key complete, in their order) on the table's key; equal rows change nothing."""
    refuse_null_keys(declared, rows)
    merge = statements.merge_of(declared.name, tuple(rows.column_names))
    offered = _offer(cursor, declared, merge, rows)
    known = _count(cursor, merge.known)
    if not known and offered == rows.num_rows:
        return Plan((), conform(declared, rows), rows.num_rows, 0)
    cursor.execute(merge.change)
    changed = _per_file(cursor, merge.changed)
    fresh = _typed(cursor, declared, merge.fresh) if known < offered else declared.arrow.empty_table()
    if not changed:
        return Plan((), fresh, fresh.num_rows, 0)
    rewritten = _typed(cursor, declared, merge.rewritten)
    return Plan(tuple(changed), pa.concat_tables([rewritten, fresh]), fresh.num_rows, sum(changed.values()))


def refuse_null_keys(declared: Table, rows: pa.Table) -> None:
    """Raises LakeError where a row lacks a part of its key."""
    for name in declared.key:
        if rows.column(name).null_count:
            what = f"the key column {name} is null in a row"
            raise LakeError(what, where=declared.name, remedy="Give every row a key.")


def _offer(cursor: duckdb.DuckDBPyConnection, declared: Table, merge: statements.Merge, rows: pa.Table) -> int:
    """Make the source rows readable, one a key: as they are when no key repeats, which spares a copy of all; how many
    they are."""
    keys = list(declared.key)
    distinct = rows.num_rows if rows.num_rows <= 1 else rows.select(keys).group_by(keys).aggregate([]).num_rows
    if distinct == rows.num_rows:
        cursor.register(statements.SOURCE, rows)
        return distinct
    numbers = pa.array(range(rows.num_rows), pa.int64())
    cursor.register(statements.GIVEN, rows.append_column(statements.NUMBER, numbers))
    cursor.execute(merge.last_of_each)
    return distinct


def _count(cursor: duckdb.DuckDBPyConnection, text: str) -> int:
    [(count,)] = cursor.execute(text).fetchall()
    return int(count)


def _per_file(cursor: duckdb.DuckDBPyConnection, text: str) -> dict[str, int]:
    return {str(path): int(count) for path, count in cursor.execute(text).fetchall()}


def _typed(cursor: duckdb.DuckDBPyConnection, declared: Table, text: str) -> pa.Table:
    rows: pa.Table = cursor.sql(text).to_arrow_table()
    return rows.cast(declared.arrow)
