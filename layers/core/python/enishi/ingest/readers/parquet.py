"""Parquet files: typed columns as they are, in batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from enishi.errors import SourceFileError
from enishi.ingest.block import Block, row_numbers
from enishi.ingest.mapping import Format

ROWS = 65_536


def read(stream: BinaryIO, _form: Format, where: str) -> Iterator[Block]:
    """Blocks of typed columns; a row's raw bytes are its JSON.

    Raises:
        SourceFileError: the file is not Parquet or is damaged.
    """
    try:
        file = pq.ParquetFile(stream)
        row = 1
        for batch in file.iter_batches(batch_size=ROWS):
            yield _block(batch, row)
            row += batch.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceFileError(
            "the file is not Parquet, or is damaged", where=where, remedy="Send the file again."
        ) from error


def _block(batch: pa.RecordBatch, row: int) -> Block:
    def raw(asked: Sequence[int]) -> list[bytes]:
        return [_line(batch.slice(position, 1).to_pylist()[0]) for position in asked]

    columns = {name: batch.column(name) for name in batch.schema.names}
    return Block(columns, row_numbers(row, batch.num_rows), raw)


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=str).encode()
