"""What every reader gives: a slice of a file as columns, with the number and the raw bytes of each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from enishi.ingest.cells import Array, Mask

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reject:
    """A row that is not loaded: its number in the file, the source column ("" = the whole row), why, and its bytes."""

    row_no: int
    column: str
    reason: str
    raw: bytes


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of a file.

    `row_no` counts from 1 at the top of the file, the header included, as an editor or a spreadsheet does.
    `raw` gives the bytes of the rows at some positions, in the file's own encoding.
    """

    columns: Mapping[str, Array]
    row_no: Positions
    raw: Callable[[Sequence[int]], list[bytes]]
    rejects: tuple[Reject, ...] = ()
    file: str = ""
    """The file in a zip that it comes from, `file.zip!member`; "" = the file itself."""
    trailer: Mapping[str, str] | None = None
    """What the last line says; only in the last block of a file whose format declares one."""
    skipped: int = 0
    """Records that the format says to leave out."""

    @property
    def rows(self) -> int:
        return len(self.row_no)

    def keep(self, rows: Mask) -> Block:
        """The rows for which `rows` is true; `rejects` stay."""
        positions = np.flatnonzero(rows)
        kept = {name: column.filter(pa.array(rows)) for name, column in self.columns.items()}
        raw = lambda asked: self.raw([int(positions[place]) for place in asked])  # noqa: E731
        return replace(self, columns=kept, row_no=self.row_no[rows], raw=raw)


def row_numbers(first: int, count: int) -> Positions:
    return np.arange(first, first + count, dtype=np.int64)
