"""Arrow rows on their way into a table: Parquet under `staging/<table>/staged_load=…/` of the work bucket."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from enishi.aws.s3 import S3Blobs
from enishi.errors import LakeError
from enishi.lake import sql
from enishi.lake.rows import batches, conform
from enishi.lake.schema import STAGED_LOAD, Monthly, Table
from enishi.ports import Rows

Span = tuple[date, date]


@dataclass(frozen=True)
class Staged:
    """Rows in folders, one a batch, in order."""

    table: str
    loads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    days: Span | None = None
    """First and last day of the rows, where the table's rows never move between days."""

    def select(self, names: Sequence[str]) -> exp.Select:
        """The staged rows with these columns."""
        listed = exp.column(STAGED_LOAD, table="staged").isin(*map(exp.Literal.string, self.loads))
        columns = [sql.column("staged", name) for name in names]
        return exp.select(*columns).from_(sql.table_ref(f"staging.{self.table}", "staged")).where(listed)

    def latest(self, declared: Table) -> exp.Select:
        """Of several rows with one key that of the last batch; inside a batch keys are single."""
        if len(self.loads) == 1:
            return self.select(self.columns)
        order = exp.Order(expressions=[exp.Ordered(this=exp.column(STAGED_LOAD, table="staged"), desc=True)])
        keys = [sql.column("staged", name) for name in declared.key]
        place = exp.Window(this=exp.RowNumber(), partition_by=keys, order=order)
        numbered = self.select(self.columns).select(exp.alias_(place, "place"))
        columns = [sql.column("numbered", name) for name in self.columns]
        first = exp.column("place", table="numbered").eq(exp.Literal.number(1))
        return exp.select(*columns).from_(numbered.subquery("numbered")).where(first)


class Staging:
    """Folders that vanish when the statement that reads them is done."""

    def __init__(self, work: S3Blobs) -> None:
        self._work = work

    @contextmanager
    def scratch(self, name: str) -> Iterator[str]:
        """A prefix of its own."""
        prefix = f"{name}/{uuid.uuid4().hex}"
        try:
            yield prefix
        finally:
            self._work.delete(f"{prefix}/")

    @contextmanager
    def rows(self, declared: Table, source: Rows, *, complete: bool = True, keyed: bool = False) -> Iterator[Staged]:
        """Stage `source` batch by batch: one batch is the memory that it needs.

        Args:
            declared: the table that the rows go to.
            source: the rows.
            complete: stage every declared column, null where the source lacks it.
            keyed: refuse null keys and keep the last row of each key in a batch.
        """
        load = uuid.uuid4().hex
        loads: list[str] = []
        columns: tuple[str, ...] = ()
        count = 0
        days: list[Span | None] = []
        try:
            for number, part in enumerate(batches(source)):
                rows = conform(declared, part, complete=complete)
                rows = last_of_each(declared, rows) if keyed else rows
                columns, count = tuple(rows.column_names), count + rows.num_rows
                if rows.num_rows:
                    days.append(_days(declared, rows))
                    loads.append(f"{load}-{number:06d}")
                    self._work.put(f"staging/{declared.name}/{STAGED_LOAD}={loads[-1]}/part-0.parquet", _parquet(rows))
            yield Staged(declared.name, tuple(loads), columns, count, _widest(days))
        finally:
            for name in loads:
                self._work.delete(f"staging/{declared.name}/{STAGED_LOAD}={name}/")


def last_of_each(declared: Table, rows: pa.Table) -> pa.Table:
    """Of several rows with one key the last one.

    Raises:
        LakeError: a key column is null.
    """
    for name in declared.key:
        if rows.column(name).null_count:
            what = f"the key column {name} is null in a row"
            raise LakeError(what, where=declared.name, remedy="Give every row a key.")
    numbered = rows.select(list(declared.key)).append_column("_number", pa.array(range(rows.num_rows), pa.int64()))
    last = numbered.group_by(list(declared.key)).aggregate([("_number", "max")]).column("_number_max")
    return rows if len(last) == rows.num_rows else rows.take(pc.take(last, pc.sort_indices(last)))


def _days(declared: Table, rows: pa.Table) -> Span | None:
    """First and last day of a batch; None when the table's rows may move, or not every row says its day."""
    partition = declared.partition
    if not isinstance(partition, Monthly) or not partition.fixed or partition.column not in rows.column_names:
        return None
    days = rows.column(partition.column)
    return None if days.null_count else (pc.min(days).as_py(), pc.max(days).as_py())


def _widest(spans: Sequence[Span | None]) -> Span | None:
    """The days of all batches; None when one of them has none."""
    known = [span for span in spans if span is not None]
    if not known or len(known) < len(spans):
        return None
    return min(first for first, _ in known), max(last for _, last in known)


def _parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()
