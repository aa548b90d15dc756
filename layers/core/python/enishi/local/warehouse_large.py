"""Merging a stream that does not fit in memory: written part by part, kept as it is where every key is new.

What is held of the whole stream is a 64-bit hash of each row's key. Rows whose hash stands twice, in the stream or in
the table, are taken out of their parts again and merged the careful way; the others are only ever written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, cast

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile
from sqlglot import exp

from enishi.ingest.cells import indices
from enishi.lake.rows import conform
from enishi.lake.schema import Table
from enishi.lake.sql.duckdb import render
from enishi.local import warehouse_files as data
from enishi.local.warehouse_engine import files_of
from enishi.local.warehouse_files import State
from enishi.local.warehouse_merge import refuse_null_keys

Hashes = npt.NDArray[np.uint64]
_PART = "merge_part"
_PLACE = "_place"
_SLOTS = 16
_SHIFT = 60
_BATCH = 1_000_000


@dataclass
class Part:
    """Some consecutive rows of the stream, on disk under their table's folder but not part of it; hashes sorted."""

    files: list[DataFile]
    hashes: Hashes


@dataclass
class Stream:
    """The parts of a stream in its order."""

    declared: Table
    columns: tuple[str, ...]
    parts: list[Part] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(len(part.hashes) for part in self.parts)


@dataclass(frozen=True)
class Sorted:
    """Files whose rows all have new keys, how many rows those are, and the rows that must be merged, in order."""

    files: tuple[DataFile, ...]
    count: int
    rest: pa.Table


def write(cursor: duckdb.DuckDBPyConnection, state: State, declared: Table, tables: Iterator[pa.Table]) -> Stream:
    """Write the stream's rows; of several rows of a part with one key the last one stays."""
    stream: Stream | None = None
    for rows in tables:
        refuse_null_keys(declared, rows)
        stream = stream or Stream(declared, tuple(rows.column_names))
        hashes = _hashes(cursor, declared, rows)
        last = _exact_last(declared, rows, hashes)
        if not last.all():
            rows, hashes = rows.filter(pa.array(last)), hashes[last]
        stream.parts.append(Part(data.write(state, declared, conform(declared, rows)), np.sort(hashes)))
    return stream or Stream(declared, declared.key)


def sort(cursor: duckdb.DuckDBPyConnection, state: State, stream: Stream) -> Sorted:
    """Tell the rows with new keys from those to merge. The engine shows `state`."""
    suspects = _suspects(cursor, state, stream)
    if not len(suspects):
        return Sorted(tuple(file for part in stream.parts for file in part.files), stream.rows, _nothing(stream))
    files: list[DataFile] = []
    rest: list[pa.Table] = []
    count = 0
    for part in stream.parts:
        if not np.isin(part.hashes, suspects, kind="sort").any():
            files, count = [*files, *part.files], count + len(part.hashes)
            continue
        clean, taken = _divided(cursor, state, stream, part, suspects)
        files, count = [*files, *data.write(state, stream.declared, clean)], count + clean.num_rows
        rest.append(taken.select(stream.columns))
    return Sorted(tuple(files), count, pa.concat_tables(rest))


def discard(state: State, stream: Stream, kept: Iterable[DataFile]) -> None:
    """Remove the stream's files that became no part of the table."""
    paths = {file.file_path for file in kept}
    for file in (file for part in stream.parts for file in part.files):
        if file.file_path not in paths:
            state.table.io.delete(file.file_path)


def _hashes(cursor: duckdb.DuckDBPyConnection, declared: Table, rows: pa.Table) -> Hashes:
    cursor.register(_PART, rows.select(list(declared.key)))
    found = cursor.sql(_hash_of(declared, exp.table_(_PART))).to_arrow_table().column(0)
    cursor.unregister(_PART)
    return np.asarray(found.to_numpy(), dtype=np.uint64)


def _hash_of(declared: Table, source: exp.Table) -> str:
    keys = [exp.column(name, quoted=True) for name in declared.key]
    return render(exp.select(exp.Anonymous(this="hash", expressions=keys)).from_(source))


def _exact_last(declared: Table, rows: pa.Table, hashes: Hashes) -> npt.NDArray[np.bool_]:
    """True for all rows but those that a later row with the same key replaces. Hashes find them, keys decide."""
    kept = np.ones(len(hashes), dtype=bool)
    ordered = np.sort(hashes)
    equal = ordered[1:] == ordered[:-1]
    if not equal.any():
        return kept
    places = np.flatnonzero(np.isin(hashes, ordered[1:][equal]))
    keys = list(declared.key)
    twice = rows.select(keys).take(indices(places)).append_column(_PLACE, pa.array(places))
    last = twice.group_by(keys).aggregate([(_PLACE, "max")]).column(f"{_PLACE}_max").to_numpy()
    kept[places] = False
    kept[last] = True
    return kept


def _suspects(cursor: duckdb.DuckDBPyConnection, state: State, stream: Stream) -> Hashes:
    """Hashes, sorted, that stand twice in the stream or are in the table."""
    found = [_repeated(stream, slot) for slot in range(_SLOTS)]
    if state.rows:
        found.append(_known(cursor, stream))
    return np.unique(np.concatenate(found))


def _repeated(stream: Stream, slot: int) -> Hashes:
    """Hashes that stand twice, of those in one slot: so that no sorted copy of all is needed."""
    ours: Hashes = np.sort(np.concatenate([_of_slot(part.hashes, slot) for part in stream.parts]))
    repeated: Hashes = ours[1:][ours[1:] == ours[:-1]]
    return repeated


def _of_slot(hashes: Hashes, slot: int) -> Hashes:
    """The sorted hashes that begin with the same bits."""
    border = np.array([slot << _SHIFT, (slot + 1 << _SHIFT) - 1], dtype=np.uint64)
    begin, end = np.searchsorted(hashes, border[:1])[0], np.searchsorted(hashes, border[1:], side="right")[0]
    return hashes[begin:end]


def _known(cursor: duckdb.DuckDBPyConnection, stream: Stream) -> Hashes:
    """Hashes of the table's keys that the stream has too; the table passes by in batches."""
    ours = np.sort(np.concatenate([part.hashes for part in stream.parts]))
    found = [np.empty(0, dtype=np.uint64)]
    for batch in cursor.sql(_hash_of(stream.declared, files_of(stream.declared))).to_arrow_reader(_BATCH):
        theirs = np.asarray(batch.column(0).to_numpy(zero_copy_only=False), dtype=np.uint64)
        places = np.minimum(np.searchsorted(ours, theirs), len(ours) - 1)
        found.append(theirs[ours[places] == theirs])
    return np.concatenate(found)


def _divided(
    cursor: duckdb.DuckDBPyConnection, state: State, stream: Stream, part: Part, suspects: Hashes
) -> tuple[pa.Table, pa.Table]:
    """A part's rows with new keys, and those to merge."""
    rows = pa.concat_tables([_read(state, file) for file in part.files]).cast(stream.declared.arrow)
    among = np.isin(_hashes(cursor, stream.declared, rows), suspects)
    return rows.filter(pa.array(~among)), rows.filter(pa.array(among))


def _read(state: State, file: DataFile) -> pa.Table:
    with state.table.io.new_input(file.file_path).open() as stored:
        return pq.read_table(cast(IO[bytes], stored))


def _nothing(stream: Stream) -> pa.Table:
    return stream.declared.arrow.empty_table().select(stream.columns)
