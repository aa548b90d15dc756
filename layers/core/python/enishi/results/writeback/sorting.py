"""Any number of rows in order, in constant memory: sorted runs on disk, then merged block by block."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

RUN = 250_000
BLOCK = 16_384
"""Rows of a run, and of a block of it: the merge holds one block a run."""

Key = tuple[tuple[bool, Any], ...]


def in_order(
    batches: Iterable[pa.RecordBatch], order: Sequence[str], folder: Path, *, run: int = RUN, block: int = BLOCK
) -> Iterator[pa.Table]:
    """The rows of `batches` by the columns `order`, nulls last, in tables of some blocks."""
    runs = [_Run(_spilled(table, order, folder / f"{number}.arrow", block), order)
            for number, table in enumerate(_runs(batches, run))]  # fmt: skip
    runs = [one for one in runs if one.fill()]
    while runs:
        bound = min(one.last for one in runs)
        parts = [one.up_to(bound) for one in runs]
        yield pa.concat_tables(parts).sort_by([(name, "ascending") for name in order])
        runs = [one for one in runs if one.fill()]


def _runs(batches: Iterable[pa.RecordBatch], most: int) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= most:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _spilled(table: pa.Table, order: Sequence[str], path: Path, block: int) -> Iterator[pa.Table]:
    """Write a run in order, and give it back in blocks."""
    ordered = table.sort_by([(name, "ascending") for name in order])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, ordered.schema) as writer:
        writer.write_table(ordered, max_chunksize=block)
    return _blocks(path)


def _blocks(path: Path) -> Iterator[pa.Table]:
    with pa.OSFile(str(path), "rb") as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)])


class _Run:
    """A sorted run, of which one block is in memory."""

    def __init__(self, blocks: Iterator[pa.Table], order: Sequence[str]) -> None:
        self._blocks = blocks
        self._order = order
        self._block: pa.Table | None = None

    def fill(self) -> bool:
        """Have a block with rows; false at the run's end."""
        while self._block is None or not self._block.num_rows:
            self._block = next(self._blocks, None)
            if self._block is None:
                return False
        return True

    @property
    def last(self) -> Key:
        return self._key(self._rows.num_rows - 1)

    def up_to(self, bound: Key) -> pa.Table:
        """Take the rows that are not greater than `bound`."""
        rows = self._rows
        count = bisect_right(range(rows.num_rows), bound, key=self._key)
        self._block = rows.slice(count)
        return rows.slice(0, count)

    @property
    def _rows(self) -> pa.Table:
        if self._block is None:
            raise AssertionError("filled before it is read")
        return self._block

    def _key(self, place: int) -> Key:
        """Nulls come last, as in Arrow's order; texts compare by code point, as their UTF-8 does."""
        values = (self._rows.column(name)[place].as_py() for name in self._order)
        return tuple((value is None, "" if value is None else value) for value in values)
