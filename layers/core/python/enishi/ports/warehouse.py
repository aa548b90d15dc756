"""The lake's engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from sqlglot import exp

Rows = pa.Table | pa.RecordBatchReader
Source = Rows | exp.Query
"""What a write takes: Arrow rows, or a query that runs on the engine (INSERT … SELECT, MERGE … USING)."""


@dataclass(frozen=True)
class Upserted:
    inserted: int
    updated: int


@dataclass(frozen=True)
class Unloaded:
    """Parquet files that a query wrote, and how many rows they hold, by partition folder ("" when not partitioned)."""

    prefix: str
    files: tuple[str, ...]
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class Warehouse(Protocol):
    """The lake's engine. Queries are trees of Athena (Trino) SQL (`enishi.lake.sql`); nobody passes strings.

    Tables in a tree: bare names are lake tables or views of `enishi.lake`; `pii.customer_contacts`;
    `work.cohorts` (see `enishi.lake.work`). Each write is one atomic commit of one table.
    """

    def query(self, query: exp.Query) -> pa.Table:
        """The answer, whole, typed as Arrow. For answers that fit in memory."""
        ...

    def append(self, table: str, source: Source) -> int:
        """Add rows; missing columns become null. Returns the number of rows added."""
        ...

    def replace(self, table: str, source: Source) -> int:
        """Make `source` the whole content of the table."""
        ...

    def upsert(self, table: str, source: Source) -> Upserted:
        """Merge on the table's key. Columns that `source` lacks keep their value on old rows, null on new ones.

        Of several source rows with one key the last one wins. Writing the same rows again changes nothing.
        """
        ...

    def compare(self, table: str, source: Rows) -> Upserted:
        """What `upsert` of these rows would do now; nothing is written."""
        ...

    def delete(self, table: str, where: exp.Expr) -> int:
        """Delete the rows for which `where` holds; returns how many."""
        ...

    def unload(self, query: exp.Query, prefix: str, *, partition_by: Sequence[str] = ()) -> Unloaded:
        """Write the answer as Parquet under `prefix` of the work store, hive folders for `partition_by`.

        What stood under `prefix` before is removed first, so that a repeat is not a double.
        """
        ...

    def snapshot(self, table: str) -> str:
        """Id of the table's present snapshot ("" for an empty table)."""
        ...
