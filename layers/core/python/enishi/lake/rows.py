"""Rows on their way into a table: known columns, the declared types, null where a column is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from enishi.errors import LakeError
from enishi.lake.schema import Table, table
from enishi.ports import Rows

BATCH = 1_000_000
"""Rows that are held at once while a stream is written, …"""
BATCH_BYTES = 128 * 1024 * 1024
"""… and the bytes at which fewer rows are enough: rows with long lists would fill the memory."""


def conform(declared: Table, rows: pa.Table, *, complete: bool = True) -> pa.Table:
    """`rows` with the declared types and order of columns.

    Args:
        declared: the table they go to.
        rows: any column order; timestamps with a zone become UTC without one.
        complete: add missing columns as null; otherwise only the given columns come back.

    Raises:
        LakeError: an unknown column, a value that does not fit its column, or a missing key column.
    """
    for name in (*rows.column_names, *declared.key):
        declared.column(name)
    if lacking := [name for name in declared.key if name not in rows.column_names]:
        raise LakeError(f"the key column {lacking[0]} is missing", where=declared.name, remedy="Give every key column.")
    names = [name for name in declared.names if complete or name in rows.column_names]
    schema = declared.arrow_of(names)
    return pa.Table.from_arrays([_cast(declared, field, rows) for field in schema], schema=schema)


def _cast(declared: Table, field: pa.Field[Any], rows: pa.Table) -> pa.ChunkedArray[Any]:
    name, kind = field.name, field.type
    if name not in rows.column_names:
        return pa.chunked_array([pa.nulls(rows.num_rows, kind)], type=kind)
    given = rows.column(name)
    try:
        return given if given.type == kind else given.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        what = f"a value of type {given.type} does not fit the column {name} ({declared.column(name).type})"
        raise LakeError(what, where=declared.name, remedy="Convert the column before it is written.") from None


def batches(rows: Rows, limit: int = BATCH, size: int = BATCH_BYTES) -> Iterator[pa.Table]:
    """Tables of about `limit` rows, in order; those of a stream end when they hold `size` bytes, too.

    There is at least one, so that an empty source keeps its columns.
    """
    if isinstance(rows, pa.Table):
        yield from ([rows] if rows.num_rows <= limit else _slices(rows, limit))
        return
    held: list[pa.RecordBatch] = []
    count = weight = 0
    yielded = False
    for batch in rows:
        held.append(batch)
        count, weight = count + batch.num_rows, weight + batch.nbytes
        if count >= limit or weight >= size:
            yield pa.Table.from_batches(held, schema=rows.schema)
            held, count, weight, yielded = [], 0, 0, True
    if held or not yielded:
        yield pa.Table.from_batches(held, schema=rows.schema)


def _slices(rows: pa.Table, limit: int) -> Iterator[pa.Table]:
    for start in range(0, rows.num_rows, limit):
        yield rows.slice(start, limit)


def writable(name: str) -> Table:
    """The table that a write verb names: a lake table bare or `pii.<name>`.

    Raises:
        LakeError: no such table, or one whose rows are files of the work store.
    """
    schema, _, bare = name.rpartition(".")
    found = table(bare)
    if found.database == "work":
        raise LakeError(f"{name} is made of work files", remedy="Write it with unload or with blobs.")
    if schema not in ("", found.database):
        raise LakeError(f"there is no table {name}", remedy=f"It is called {found.qualified}.")
    return found
