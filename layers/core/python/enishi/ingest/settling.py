"""A staged file among the other files of its source: what of it is written, what is removed, what it says.

Only sources whose mapping asks for it come here (`Load.tracked`); the rows of others are written as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa

from enishi.ingest.assembly import by_table, form_of, staged_rows
from enishi.ingest.cells import Array, Mask, pc
from enishi.ingest.order import Place
from enishi.ingest.queries import ask
from enishi.ingest.removal import constant
from enishi.ingest.rules import Load
from enishi.ingest.stage import Pile, Staged
from enishi.ingest.versions import Others, Statements, Verdict, Whole, Words, missing, scopes_of
from enishi.ingest.watch import ROW
from enishi.lake import schema
from enishi.ports import Warehouse

_NOBODY: Array = pa.array([], pa.string())


@dataclass(frozen=True)
class Settled:
    """What a file's statements come to.

    `lost` are the keys, by table, that a snapshot no longer names; `stood` how many rows there were before it.
    """

    staged: Staged
    place: Place
    others: Others
    wholes: tuple[Whole, ...]
    words: Mapping[str, Words]
    lost: Mapping[str, Sequence[str]]
    stood: int
    recorded: bool

    @property
    def load(self) -> Load:
        return self.staged.mapping.load


@dataclass
class Outcome:
    """What became of one table's rows; complete once its batches have been read."""

    superseded: int = 0
    gone: list[str] = field(default_factory=list)
    """Keys of rows that are to be removed."""
    numbers_superseded: list[Mask] = field(default_factory=list)
    numbers_kept: list[Mask] = field(default_factory=list)


def settle(staged: Staged, warehouse: Warehouse, place: Place) -> Settled:
    """Ask the lake what the source's other files said, and judge."""
    load, source = staged.mapping.load, staged.mapping.id
    begun = ask(warehouse, "recorded", load=staged.load_id).column(0)[0].as_py()
    if begun is not None and not (load.ordered_by or load.order_column):
        place = replace(place, order=begun.rpartition("/")[0] if load.by_row else begun)
    own = {table: list(_statements(table, piles, place)) for table, piles in by_table(staged)}
    wholes = _wholes(staged, place, [rows for found in own.values() for rows in found])
    others = _others(warehouse, source, staged.load_id, place, own, alive=bool(wholes))
    words = {table: Words.of(table, found, others, by_row=load.by_row) for table, found in own.items()}
    lost = {
        table: missing(table, _named(staged, table, found), wholes, others) for table, found in own.items() if wholes
    }
    return Settled(staged, place, others, wholes, words, lost, others.alive.num_rows, begun is not None)


def _statements(table: str, piles: list[Pile], place: Place) -> Iterator[Statements]:
    declared = schema.table(table)
    return (Statements.of(batch, declared, place) for batch in staged_rows(piles, marked=True))


def _wholes(staged: Staged, place: Place, own: Sequence[Statements]) -> tuple[Whole, ...]:
    """Nothing follows from a row's absence when a bad row may have been that row."""
    load = staged.mapping.load
    if load.gone == "keep" or staged.watch.nameless or not (load.mode == "snapshot" or load.restates):
        return ()
    scopes = scopes_of(own) if load.scope else [place.scope]
    return tuple(Whole(staged.load_id, scope, place.order) for scope in scopes)


def _others(
    warehouse: Warehouse, source: str, load: str, place: Place, own: Mapping[str, Sequence[Statements]], *, alive: bool
) -> Others:
    first = min((pc.min(rows.order).as_py() for found in own.values() for rows in found if len(rows.key)), default="")
    newer = ask(warehouse, "newer", source=source, load=load, source_order=first)
    said = [row for row in ask(warehouse, "scopes", source=source).to_pylist() if row["load_id"] != load]
    wholes = [Whole(row["load_id"], row["scope"], row["source_order"]) for row in said if row["says"] == "whole"]
    seen = frozenset((row["load_id"], row["table_name"], row["row_key"]) for row in said if row["says"] == "seen")
    stood = ask(warehouse, "alive", source=source, load=load, source_order=place.order) if alive else _NOTHING
    return Others(newer, stood, tuple(wholes), seen)


_NOTHING: pa.Table = pa.schema(
    [(name, pa.string()) for name in ("table_name", "row_key", "source_order", "scope")]
).empty_table()


def _named(staged: Staged, table: str, own: Sequence[Statements]) -> Array:
    seen = pa.array([key for where, key, _ in staged.watch.seen if where == table], pa.string())
    return pa.concat_arrays([seen, *[pc.cast(rows.key, pa.string()) for rows in own]])


def rows_to_write(settled: Settled, table: str, piles: list[Pile], outcome: Outcome) -> Iterator[pa.RecordBatch]:
    """The rows whose content this file says, those that are gone with their marks; `outcome` is filled on the way."""
    declared, action = schema.table(table), settled.load.gone
    form = form_of(piles)
    for batch in staged_rows(piles, marked=True):
        statements = Statements.of(batch, declared, settled.place)
        verdict = settled.words[table].judge(statements)
        _note(outcome, verdict, statements, batch, deletes=action == "delete")
        kept = verdict.puts & ~verdict.gone if action == "delete" else verdict.puts
        rows = batch.select(form.names)
        if isinstance(action, dict) and verdict.gone.any():
            rows = _marked(rows, verdict.gone, action)
        yield rows if kept.all() else rows.filter(pa.array(kept))


def _note(outcome: Outcome, verdict: Verdict, rows: Statements, batch: pa.RecordBatch, *, deletes: bool) -> None:
    outcome.superseded += int((verdict.superseded & ~rows.gone).sum())
    removed = verdict.deletes | verdict.gone if deletes else verdict.deletes
    outcome.gone += rows.key.filter(pa.array(removed)).to_pylist()
    if verdict.superseded.any():
        numbers = np.asarray(batch.column(ROW).to_numpy(zero_copy_only=False))
        outcome.numbers_superseded.append(numbers[verdict.superseded])
        outcome.numbers_kept.append(numbers[~verdict.superseded])


def _marked(rows: pa.RecordBatch, gone: Mask, values: Mapping[str, object]) -> pa.RecordBatch:
    columns = [
        pc.if_else(pa.array(gone), constant(values[field.name], field, rows.num_rows), rows.column(field.name))  # type: ignore[arg-type]
        if field.name in values
        else rows.column(field.name)
        for field in rows.schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)


def superseded_rows(outcomes: Sequence[Outcome]) -> int:
    """Source rows of which nothing is written because later files speak of all that they say."""
    numbers = [part for outcome in outcomes for part in outcome.numbers_superseded]
    kept = [part for outcome in outcomes for part in outcome.numbers_kept]
    if not numbers:
        return 0
    return len(np.setdiff1d(np.concatenate(numbers), np.concatenate(kept)))


def record(settled: Settled, warehouse: Warehouse, day: date) -> None:
    """Leave the statements of this load in the lake, once, before anything follows from them."""
    if settled.recorded:
        return
    form = schema.table("row_versions").arrow
    warehouse.append("row_versions", pa.RecordBatchReader.from_batches(form, _recorded(settled, form, day)))


def _recorded(settled: Settled, form: pa.Schema, day: date) -> Iterator[pa.RecordBatch]:
    staged = settled.staged
    fixed = {"source_id": staged.mapping.id, "load_id": staged.load_id, "load_date": day}
    for table, piles in by_table(staged):
        declared = schema.table(table)
        for batch in staged_rows(piles, marked=True):
            rows = Statements.of(batch, declared, settled.place)
            says = pc.if_else(pa.array(rows.gone), "gone", "put")
            columns = {"table_name": table, "row_key": rows.key, "says": says, "source_order": rows.order}
            columns |= {"scope": rows.scope, "customer_id": _customer(batch)}
            yield _batch(fixed | columns, batch.num_rows, form)
    for whole in settled.wholes:
        columns = {"table_name": "", "row_key": "", "says": "whole", "scope": whole.scope, "source_order": whole.order}
        yield _batch(fixed | columns, 1, form)
    for table, key, scope in staged.watch.seen:
        columns = {
            "table_name": table,
            "row_key": key,
            "says": "seen",
            "scope": scope,
            "source_order": settled.place.order,
        }
        yield _batch(fixed | columns, 1, form)


def _customer(batch: pa.RecordBatch) -> Array | None:
    return batch.column("customer_id") if "customer_id" in batch.schema.names else None


def _batch(values: Mapping[str, object], rows: int, form: pa.Schema) -> pa.RecordBatch:
    columns = [_column(values.get(field.name), field.type, rows) for field in form]
    return pa.RecordBatch.from_arrays(columns, schema=form)


def _column(value: object, kind: pa.DataType, rows: int) -> Array:
    if isinstance(value, pa.Array | pa.ChunkedArray):
        return pc.cast(value, kind)
    one: Array = pa.scalar(value, kind)
    return pa.repeat(one, rows)
