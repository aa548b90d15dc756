"""Rows wait on disk, a table a file, until the whole source file has been read and found good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass
class Spill:
    """An Arrow stream on disk, written batch by batch and read back in constant memory."""

    path: Path
    rows: int = 0
    schema: pa.Schema | None = None
    _writer: pa.RecordBatchStreamWriter | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self.schema = table.schema
            sink = self._open.enter_context(pa.OSFile(str(self.path), "wb"))
            self._writer = self._open.enter_context(pa.ipc.new_stream(sink, table.schema, options=_OPTIONS))
        self._writer.write_table(table)
        self.rows += table.num_rows

    def close(self) -> None:
        self._open.close()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What was written, in order."""
        if self.schema is None:
            return
        with pa.OSFile(str(self.path), "rb") as stored, pa.ipc.open_stream(stored) as reader:
            yield from reader
