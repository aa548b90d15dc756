"""Effects of a load, last of all: what it says of rows, one commit a table, then quarantine, then the log.

A crash in between leaves some tables written and no log row: the same file again writes the same rows onto their
keys, and then the log. Lines go before their headers, so that a header never stands without its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from enishi.ingest import guard, removal
from enishi.ingest.assembly import by_table as by_table
from enishi.ingest.assembly import form_of
from enishi.ingest.assembly import staged_rows as staged_rows
from enishi.ingest.report import TableLoad
from enishi.ingest.settling import Outcome, Settled, rows_to_write, superseded_rows
from enishi.ingest.stage import Pile, Staged
from enishi.ingest.thresholds import Change
from enishi.lake import schema
from enishi.ports import Upserted, Warehouse

Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Written:
    """What came of the rows: by table, and how many source rows a later file had superseded."""

    loads: tuple[TableLoad, ...]
    rows_superseded: int = 0


def write(staged: Staged, settled: Settled | None, warehouse: Warehouse) -> Written:
    """Write the rows that were staged, one commit a table; remove those that are gone."""
    if settled is None:
        return Written(tuple(_write(table, piles, warehouse) for table, piles in by_table(staged)))
    outcomes = {table: Outcome() for table, _ in by_table(staged)}
    loads = [_settle(table, piles, settled, outcomes[table], warehouse) for table, piles in by_table(staged)]
    return Written(tuple(loads), superseded_rows(list(outcomes.values())))


def compare(staged: Staged, settled: Settled | None, warehouse: Warehouse) -> Written:
    """What `write` would do now; nothing is written."""
    outcomes = {table: Outcome() for table, _ in by_table(staged)}
    loads: list[TableLoad] = []
    for table, piles in by_table(staged):
        offered = _offered(table, piles, settled, outcomes[table])
        done = warehouse.compare(_qualified(table), pa.RecordBatchReader.from_batches(form_of(piles), offered))
        loads.append(_load(table, offered, outcomes[table], done, len(_gone(table, settled, outcomes[table]))))
    return Written(tuple(loads), superseded_rows(list(outcomes.values())))


def change(settled: Settled | None, compared: Written | None) -> Change:
    """What the thresholds ask of a load."""
    loads = compared.loads if compared else ()
    known = sum(load.rows - load.inserted - load.superseded for load in loads)
    lost = sum(len(keys) for keys in settled.lost.values()) if settled else 0
    return Change(known, sum(load.updated for load in loads), settled.stood if settled else 0, lost)


def _write(table: str, piles: list[Pile], warehouse: Warehouse) -> TableLoad:
    if not sum(pile.spill.rows for pile in piles):
        return TableLoad(table, 0)
    counted = _Counted(staged_rows(piles))
    done = _put(table, counted, form_of(piles), warehouse)
    return TableLoad(table, counted.rows, done.inserted, done.updated)


def _settle(table: str, piles: list[Pile], settled: Settled, outcome: Outcome, warehouse: Warehouse) -> TableLoad:
    offered = _offered(table, piles, settled, outcome)
    form = form_of(piles)
    done = _put(table, offered, form, warehouse) if form.names else Upserted(0, 0)
    removed = _remove(table, _gone(table, settled, outcome), settled, warehouse)
    return _load(table, offered, outcome, done, removed)


def _load(table: str, offered: _Counted, outcome: Outcome, done: Upserted, removed: int) -> TableLoad:
    rows = offered.rows + outcome.superseded
    return TableLoad(table, rows, done.inserted, done.updated, outcome.superseded, removed)


def _offered(table: str, piles: list[Pile], settled: Settled | None, outcome: Outcome) -> _Counted:
    rows = staged_rows(piles) if settled is None else rows_to_write(settled, table, piles, outcome)
    return _Counted(rows)


def _gone(table: str, settled: Settled | None, outcome: Outcome) -> list[str]:
    """Keys of the rows that the table is to lose; known once the rows to write have been read."""
    lost = settled.lost.get(table, ()) if settled else ()
    return sorted({*outcome.gone, *lost})


def _remove(table: str, keys: Sequence[str], settled: Settled, warehouse: Warehouse) -> int:
    action = settled.load.gone
    if not keys or action == "keep":
        return 0
    if action == "delete":
        return removal.delete(warehouse, table, keys)
    rows = removal.mark(warehouse, table, keys, action)
    return _put(table, rows.to_batches(), rows.schema, warehouse).updated


class _Counted:
    """Batches on their way, counted."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def _put(table: str, batches: Batches, form: pa.Schema, warehouse: Warehouse) -> Upserted:
    guarded = table == "customers" and "status" in form.names
    return (_put_customers if guarded else _upsert)(table, batches, form, warehouse)


def _upsert(table: str, batches: Batches, form: pa.Schema, warehouse: Warehouse) -> Upserted:
    return warehouse.upsert(_qualified(table), pa.RecordBatchReader.from_batches(form, batches))


def _put_customers(table: str, batches: Batches, form: pa.Schema, warehouse: Warehouse) -> Upserted:
    free, held = guard.split(batches, guard.merged(warehouse))
    done = _upsert(table, free, form, warehouse)
    if not held:
        return done
    more = _upsert(table, held, held[0].schema, warehouse)
    return Upserted(done.inserted + more.inserted, done.updated + more.updated)


def _qualified(table: str) -> str:
    return schema.table(table).qualified
