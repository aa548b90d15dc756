"""Effects of a load, last of all: one commit a table, then quarantine, then the log that makes it final.

A crash in between leaves some tables written and no log row: the same file again writes the same rows onto their
keys, and then the log. Lines go before their headers, so that a header never stands without its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp

from enishi.clock import business_day
from enishi.ingest import groups, guard
from enishi.ingest.report import LoadReport, Rejected, Status, TableLoad
from enishi.ingest.stage import Pile, Staged, partial_schema, table_load_id
from enishi.lake import schema, sql
from enishi.ports import Upserted, Warehouse


def already_loaded(warehouse: Warehouse, load: str, tables: Iterable[str]) -> bool:
    """Whether the log says that every table of this load was written."""
    wanted = [table_load_id(load, table) for table in tables]
    query = (
        exp.select(sql.column("", "load_id"))
        .from_(sql.table_ref("load_log"))
        .where(exp.In(this=sql.column("", "load_id"), expressions=sql.literals(wanted)))
    )
    return set(wanted) <= set(warehouse.query(query).column(0).to_pylist())


def write(staged: Staged, warehouse: Warehouse) -> list[TableLoad]:
    """Write the rows that were staged, one commit a table."""
    return [_write(table, piles, warehouse) for table, piles in by_table(staged)]


def finish(staged: Staged, loads: Iterable[TableLoad], warehouse: Warehouse, now: datetime, zone: ZoneInfo) -> None:
    """Quarantine, then the log: from here on the load is final and is not done again."""
    _quarantine(staged, warehouse, now, zone)
    warehouse.upsert("load_log", _log(staged, loads, now, zone))


def report(staged: Staged, status: Status, loads: Iterable[TableLoad]) -> LoadReport:
    """What was read and what came of it."""
    rejected = tuple(Rejected(column, reason, rows) for (column, reason), rows in staged.reasons.most_common())
    return LoadReport(
        staged.mapping.id,
        staged.file,
        staged.load_id,
        status,
        staged.rows_in,
        staged.rejected,
        tuple(loads),
        rejected,
        staged.new_columns,
        rows_tombstoned=len(staged.tombstoned),
    )


def planned(staged: Staged) -> list[TableLoad]:
    """Rows by table as a dry run sees them."""
    return [TableLoad(table, sum(batch.num_rows for batch in staged_rows(piles))) for table, piles in by_table(staged)]


def by_table(staged: Staged) -> list[tuple[str, list[Pile]]]:
    """Piles by table in the order of commits: masters first, facts last, lines before their headers."""
    names = dict.fromkeys(pile.table for pile in staged.piles)
    ordered = sorted(
        names, key=lambda name: (schema.table(name).partition is not None, -len(schema.table(name).key), name)
    )
    return [(name, [pile for pile in staged.piles if pile.table == name]) for name in ordered]


def _write(table: str, piles: list[Pile], warehouse: Warehouse) -> TableLoad:
    rows = sum(pile.spill.rows for pile in piles)
    if not rows:
        return TableLoad(table, 0)
    names = columns_of(piles)
    form = partial_schema(schema.table(table), names)
    counted = _Counted(staged_rows(piles))
    write = _write_customers if table == "customers" and "status" in names else _upsert
    done = write(table, counted, form, warehouse)
    return TableLoad(table, counted.rows, done.inserted, done.updated)


class _Counted:
    """Batches on their way, counted."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def _upsert(table: str, batches: Iterable[pa.RecordBatch], form: pa.Schema, warehouse: Warehouse) -> Upserted:
    return warehouse.upsert(_qualified(table), pa.RecordBatchReader.from_batches(form, batches))


def _write_customers(table: str, batches: Iterable[pa.RecordBatch], form: pa.Schema, warehouse: Warehouse) -> Upserted:
    free, held = guard.split(batches, guard.merged(warehouse))
    done = _upsert(table, free, form, warehouse)
    if not held:
        return done
    more = _upsert(table, held, held[0].schema, warehouse)
    return Upserted(done.inserted + more.inserted, done.updated + more.updated)


def _qualified(table: str) -> str:
    database = schema.table(table).database
    return table if database == "lake" else f"{database}.{table}"


def columns_of(piles: Iterable[Pile]) -> list[str]:
    """The columns that any pile of a table has, in the table's order."""
    found = {name for pile in piles if pile.spill.schema for name in pile.spill.schema.names}
    first = next(iter(piles)).plan.target.declared
    return [name for name in first.names if name in found]


def staged_rows(piles: list[Pile]) -> Iterator[pa.RecordBatch]:
    """The rows of one table as they will be written: groups closed, every target's columns, in file order."""
    form = partial_schema(piles[0].plan.target.declared, columns_of(piles))
    for pile in piles:
        for batch in _closed(pile):
            yield _widened(batch, form)


def _closed(pile: Pile) -> Iterator[pa.RecordBatch]:
    """The pile's rows; groups that several blocks held are put together."""
    by = pile.plan.target.group_by
    if not by or pile.spill.schema is None:
        yield from pile.spill.batches()
        return
    whole = pa.Table.from_batches(pile.spill.batches(), pile.spill.schema)
    yield from groups.collapse(whole, by, pile.how).to_batches()


def _widened(batch: pa.RecordBatch, form: pa.Schema) -> pa.RecordBatch:
    columns = [
        batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows, field.type)
        for field in form
    ]
    return pa.RecordBatch.from_arrays(columns, schema=form)


def _quarantine(staged: Staged, warehouse: Warehouse, now: datetime, zone: ZoneInfo) -> None:
    if not staged.rejected:
        return
    table = schema.table("quarantine")
    names = [name for name in table.names if name != "repaired_load_id"]
    constant = {"load_id": staged.load_id, "source_id": staged.mapping.id, "load_date": business_day(now, zone)}
    form = partial_schema(table, names)

    def rows() -> Iterator[pa.RecordBatch]:
        for batch in staged.rejects.batches():
            columns = [
                pa.repeat(pa.scalar(constant[field.name], field.type), batch.num_rows)
                if field.name in constant
                else batch.column(field.name)
                for field in form
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=form)

    warehouse.upsert("quarantine", pa.RecordBatchReader.from_batches(form, rows()))


def _log(staged: Staged, loads: Iterable[TableLoad], now: datetime, zone: ZoneInfo) -> pa.Table:
    newest = {
        table: max((pile.newest for pile in piles if pile.newest), default=None) for table, piles in by_table(staged)
    }
    rows = [
        {
            "load_id": table_load_id(staged.load_id, load.table),
            "table_name": load.table,
            "source_id": staged.mapping.id,
            "file": staged.file,
            "load_date": business_day(now, zone),
            "loaded_at": now.replace(tzinfo=None),
            "rows_in": staged.rows_in,
            "rows_rejected": staged.rejected,
            "watermark": newest[load.table],
        }
        for load in loads
    ]
    return pa.Table.from_pylist(rows, schema=schema.table("load_log").arrow)
