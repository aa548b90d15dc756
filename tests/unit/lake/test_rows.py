"""Streams are written a piece at a time: so many rows, or so many bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from enishi.lake.rows import batches

WIDE = pa.record_batch({"days": [[number] * 1000 for number in range(10)]})
"""Ten rows of a thousand numbers: more than 80,000 bytes."""


@pytest.mark.parametrize(
    ("limit", "size", "found"),
    [
        (1_000, 1_000_000, [40]),
        (20, 1_000_000, [20, 20]),
        (1_000, 80_000, [10, 10, 10, 10]),
        (1_000, 170_000, [30, 10]),
    ],
)
def test_a_piece_ends_with_its_rows_or_its_bytes(limit: int, size: int, found: list[int]) -> None:
    stream = pa.RecordBatchReader.from_batches(WIDE.schema, [WIDE] * 4)
    pieces = list(batches(stream, limit, size))
    assert [piece.num_rows for piece in pieces] == found
    assert pa.concat_tables(pieces).equals(pa.Table.from_batches([WIDE] * 4))


def test_an_empty_stream_keeps_its_columns() -> None:
    [piece] = batches(pa.RecordBatchReader.from_batches(WIDE.schema, []))
    assert (piece.num_rows, piece.schema) == (0, WIDE.schema)
