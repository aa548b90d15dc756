"""What a proposal is judged by: the whole of a small file; head, middle and tail of a large one, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Generic, TypeVar

import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ingest.block import Block
from enishi.ingest.cells import Array, pc

WHOLE = 64 << 20
"""Bytes up to which a file is looked at whole: unpacked text, or columns in memory."""
WINDOW = 1 << 20
"""Bytes of one window into a larger file."""

T = TypeVar("T")


@dataclass
class Keeper(Generic[T]):
    """Keeps all of a stream of parts while they are small; then the first, one from the middle and the last.

    The middle one is the part at the last power of two: somewhere between the middle and the end.
    """

    size_of: Callable[[T], int]
    limit: int = WHOLE
    whole: bool = True
    size: int = 0
    _parts: list[T] = field(default_factory=list)
    _middle: T | None = None
    _last: T | None = None
    _count: int = 0

    def take(self, parts: Iterable[T]) -> Keeper[T]:
        for part in parts:
            self._add(part)
        return self

    def _add(self, part: T) -> None:
        self._count += 1
        self.size += self.size_of(part)
        if self._count & (self._count - 1) == 0:
            self._middle = part
        self._last = part
        self.whole = self.whole and self.size <= self.limit
        if self.whole or not self._parts:
            self._parts.append(part)
        else:
            del self._parts[1:]

    @property
    def parts(self) -> list[T]:
        """Every part of a small stream; else its windows, in their order."""
        if self.whole:
            return self._parts
        windows = [*self._parts]
        windows += [part for part in (self._middle, self._last) if part is not None]
        return [part for place, part in enumerate(windows) if not any(part is other for other in windows[:place])]


@dataclass(frozen=True)
class Bytes:
    """The bytes that were looked at: `windows` of a file of `size` unpacked bytes."""

    windows: tuple[bytes, ...]
    size: int
    whole: bool

    @property
    def seen(self) -> int:
        return sum(map(len, self.windows))


def look(stream: BinaryIO) -> Bytes:
    """The bytes of an unpacked stream, or windows of them.

    Raises:
        SourceFileError: the packed file is damaged (from the stream itself).
    """
    kept = Keeper[bytes](len).take(iter(lambda: stream.read(WINDOW), b""))
    return Bytes(tuple(kept.parts), kept.size, kept.whole)


def as_lines(found: Bytes, newline: bytes) -> Bytes:
    """The windows cut at line ends, so that each is a text of whole lines and all together are one."""
    if found.whole:
        return Bytes((b"".join(found.windows),), found.size, True)
    first, *others = found.windows
    wide = len(newline)
    cut = [_until_last(first, newline, wide)]
    cut += [_until_last(_after_first(window, newline, wide), newline, wide) for window in others]
    return Bytes(tuple(cut), found.size, False)


def _until_last(window: bytes, newline: bytes, wide: int) -> bytes:
    place = window.rfind(newline)
    while place > 0 and place % wide:
        place = window.rfind(newline, 0, place)
    return window[: place + wide] if place >= 0 else b""


def _after_first(window: bytes, newline: bytes, wide: int) -> bytes:
    place = window.find(newline)
    while place > 0 and place % wide:
        place = window.find(newline, place + 1)
    return window[place + wide :] if place >= 0 else b""


@dataclass(frozen=True)
class Rows:
    """Columns by name, of all rows or of those in the windows; `rejected` rows had another number of fields."""

    columns: dict[str, Array]
    count: int
    whole: bool
    rejected: int = 0


def gather(blocks: Iterator[Block], file: str) -> Rows:
    """The rows of a reader's blocks; of a file too large to hold, some of its blocks.

    Raises:
        SourceFileError: there is no row.
    """
    kept = Keeper[Block](_weight).take(blocks)
    parts = [block for block in kept.parts if block.rows]
    if not parts:
        raise SourceFileError("the file has no rows", where=file, remedy="Give a file with rows.")
    names = dict.fromkeys(name for block in parts for name in block.columns)
    columns = {name: joined([block.columns.get(name, pa.nulls(block.rows)) for block in parts]) for name in names}
    rejected = sum(len(block.rejects) for block in kept.parts)
    return Rows(columns, sum(block.rows for block in parts), kept.whole, rejected)


def _weight(block: Block) -> int:
    return sum(column.nbytes for column in block.columns.values())


def joined(parts: list[Array]) -> Array:
    """One array of the parts; parts of several types meet as text."""
    kinds = {part.type for part in parts} - {pa.null()}
    if not kinds:
        return pa.nulls(sum(map(len, parts)), pa.string())
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    return pa.concat_arrays([pc.cast(part, kind) for part in parts])


def slices(rows: Rows, most: int) -> dict[str, Array]:
    """At most about `most` values a column: from the head, the middle and the tail."""
    if rows.count <= most:
        return rows.columns
    third = most // 3
    starts = (0, (rows.count - third) // 2, rows.count - third)
    return {
        name: pa.concat_arrays([column.slice(start, third) for start in starts])
        for name, column in rows.columns.items()
    }
