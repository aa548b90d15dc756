"""Of all that the files of a source say about a row, which statement holds: pure, on columns of keys and orders.

A **put** says how a row is, a **gone** that it is deleted, a **whole** that a load names every row of a scope, a
**seen** that one of its bad rows named that key. The latest put of a row is its content. The row is gone when a later
gone speaks of it, or when a later whole of the put's scope does not name it. This is a function of the set of
statements, so the order of arrival does not matter, and a statement that is made twice is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from enishi.ingest.cells import Array, Mask, mask, pc
from enishi.ingest.order import Place, of_row
from enishi.ingest.watch import GONE, ORDER, ROW, SCOPE, key_text
from enishi.lake.schema import Table

_TEXT = pa.string()
Seen = frozenset[tuple[str, str, str]]
"""Load, table and key of the rows that a bad row of that load named."""
_WORDS: pa.Schema = pa.schema([("row_key", _TEXT), ("last_put", _TEXT), ("last_gone", _TEXT)])


@dataclass(frozen=True)
class Whole:
    """A load that names every row of a scope."""

    load: str
    scope: str
    order: str


@dataclass(frozen=True)
class Others:
    """What the other loads of the source said, as far as it touches this one (`ingest/queries`)."""

    newer: pa.Table
    """table_name, row_key, last_put, last_gone: rows with a later word than the file's first."""
    alive: pa.Table
    """table_name, row_key, source_order, scope: rows that stood before this file."""
    wholes: tuple[Whole, ...] = ()
    seen: Seen = frozenset()

    def words(self, table: str) -> pa.Table:
        """Keys of one table and the last order of each kind that is later than the file's."""
        chosen = self.newer.filter(pc.equal(self.newer.column("table_name"), table))
        return chosen.select(_WORDS.names).cast(_WORDS)


@dataclass(frozen=True)
class Statements:
    """What some rows of a table say: key, order and scope of each, and whether it deletes."""

    key: Array
    order: Array
    scope: Array
    gone: Mask

    @classmethod
    def of(cls, batch: pa.RecordBatch, declared: Table, place: Place) -> Statements:
        """Of rows that carry their marks."""
        columns = {name: batch.column(name) for name in batch.schema.names}
        scope = columns.get(SCOPE, pa.repeat(place.scope, batch.num_rows))
        gone = mask(columns[GONE]) if GONE in columns else np.zeros(batch.num_rows, dtype=bool)
        return cls(key_text(columns, declared.key), _orders(columns, batch.num_rows, place), scope, gone)


def _orders(columns: Mapping[str, Array], rows: int, place: Place) -> Array:
    if ORDER not in columns and GONE not in columns:
        return pa.repeat(place.order, rows)
    parts = columns[ORDER].to_pylist() if ORDER in columns else [""] * rows
    found = [of_row(part, place.order, row) for part, row in zip(parts, columns[ROW].to_pylist(), strict=True)]
    return pa.array(found, _TEXT)


@dataclass(frozen=True)
class Verdict:
    """What becomes of some rows of a file: which are a later file's to say, which are gone, which delete."""

    superseded: Mask
    gone: Mask
    deletes: Mask

    @property
    def puts(self) -> Mask:
        """Rows whose values are the row's content."""
        return ~(self.superseded | self.deletes)


@dataclass(frozen=True)
class Words:
    """The last word about each row of a table, where there is more than one."""

    table: str
    keys: Array
    last_put: Array
    last_gone: Array
    others: Others

    @classmethod
    def of(cls, table: str, own: Iterable[Statements], others: Others, *, by_row: bool) -> Words:
        """With `by_row` rows of the file itself may speak of one row several times."""
        words = [others.words(table)]
        if by_row:
            words += [_said(statements) for statements in own]
        grouped = pa.TableGroupBy(pa.concat_tables(words), ["row_key"], use_threads=False)
        last = grouped.aggregate([("last_put", "max"), ("last_gone", "max")]).combine_chunks()
        return cls(table, _whole(last, "row_key"), _whole(last, "last_put_max"), _whole(last, "last_gone_max"), others)

    def judge(self, rows: Statements) -> Verdict:
        """What holds of these statements."""
        place = pc.index_in(rows.key, value_set=self.keys)
        after_put = mask(pc.less(rows.order, self.last_put.take(place)))
        after_gone = mask(pc.less(rows.order, self.last_gone.take(place)))
        superseded = after_put | (rows.gone & after_gone)
        gone = (
            ~superseded & ~rows.gone & (after_gone | _unnamed(self.table, rows, self.others.wholes, self.others.seen))
        )
        return Verdict(superseded, gone, rows.gone & ~superseded)


def _unnamed(table: str, rows: Statements, wholes: Iterable[Whole], seen: Seen) -> Mask:
    """Rows that a later whole of their scope does not name (one that does is a later put)."""
    found = np.zeros(len(rows.key), dtype=bool)
    for whole in wholes:
        later = mask(pc.and_(pc.equal(rows.scope, whole.scope), pc.less(rows.order, whole.order)))
        if later.any():
            found |= later & ~mask(pc.is_in(rows.key, value_set=_seen_in(seen, whole.load, table)))
    return found


def _said(rows: Statements) -> pa.Table:
    gone = pa.array(rows.gone)
    nothing = pa.scalar(None, _TEXT)
    puts, deletes = pc.if_else(gone, nothing, rows.order), pc.if_else(gone, rows.order, nothing)
    return pa.Table.from_arrays([rows.key, puts, deletes], schema=_WORDS)


def _seen_in(seen: Seen, load: str, table: str) -> Array:
    return pa.array([key for by, where, key in seen if by == load and where == table], _TEXT)


def missing(table: str, named: Array, wholes: Iterable[Whole], others: Others) -> list[str]:
    """Keys of rows that stood before, in a scope that this load speaks for, and that it does not name.

    `named` are the keys that the load names; rows that an earlier whole found missing are not found again.
    """
    scopes = pa.array([whole.scope for whole in wholes], _TEXT)
    rows = others.alive.filter(pc.equal(others.alive.column("table_name"), table))
    lost = pc.and_(
        pc.is_in(rows.column("scope"), value_set=scopes), pc.invert(pc.is_in(rows.column("row_key"), value_set=named))
    )
    rows = rows.filter(lost)
    order = max((whole.order for whole in wholes), default="")
    earlier = [whole for whole in others.wholes if whole.order < order]
    standing = np.zeros(rows.num_rows, dtype=bool)
    stood = Statements(_whole(rows, "row_key"), _whole(rows, "source_order"), _whole(rows, "scope"), standing)
    known = _unnamed(table, stood, earlier, others.seen)
    keys: Array = rows.filter(pa.array(~known)).column("row_key")
    return list(keys.to_pylist())


def _whole(rows: pa.Table, name: str) -> Array:
    return rows.column(name).combine_chunks()


def scopes_of(statements: Iterable[Statements]) -> list[str]:
    """The scopes that a file's rows belong to."""
    found: dict[str, None] = {}
    for rows in statements:
        found |= dict.fromkeys(pc.unique(rows.scope).to_pylist())
    return list(found)
