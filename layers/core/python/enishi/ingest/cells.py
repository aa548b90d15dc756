"""What a column expression works on: Arrow values, and which rows are bad for which reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

Mask: TypeAlias = "npt.NDArray[np.bool_]"
Array: TypeAlias = Any
"""An Arrow array. The stubs have no name for one whose element type is open."""
pc: Any = pyarrow.compute
"""Arrow's compute functions, for the same reason without the stubs' overloads."""


_BLANKS = bytes(range(0x21))


@dataclass(frozen=True)
class Problem:
    """Rows (by position) that fail a check, and the check's code."""

    rows: Mask
    reason: str


@dataclass(frozen=True)
class Cells:
    """The values of one column of a block; a bad row's value is null."""

    values: Array
    problems: tuple[Problem, ...] = ()

    def become(self, values: Array) -> Cells:
        return replace(self, values=values)

    def flag(self, rows: Mask, reason: str) -> Cells:
        """Mark rows as bad and empty them."""
        if not rows.any():
            return self
        emptied = pc.if_else(pa.array(~rows), self.values, pa.scalar(None, self.values.type))
        return Cells(emptied, (*self.problems, Problem(rows, reason)))

    @property
    def bad(self) -> Mask:
        """Rows that some check refused."""
        found = np.zeros(len(self.values), dtype=bool)
        for problem in self.problems:
            found |= problem.rows
        return found


def indices(places: npt.NDArray[Any]) -> Array:
    """Positions as Arrow, for `take`."""
    return pa.array(places)


def mask(array: Array) -> Mask:
    """An Arrow boolean array as numpy; null is false."""
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), dtype=bool)


def lost(before: Array, after: Array) -> Mask:
    """Rows that had a value and have none any more."""
    return mask(pc.and_(pc.is_valid(before), pc.is_null(after)))


def text_of(array: Array) -> Array:
    """Values as text; text is trimmed and the empty text becomes null."""
    if pa.types.is_floating(array.type):
        array = _without_needless_fraction(array)
    text = array if pa.types.is_string(array.type) else pc.cast(array, pa.string())
    if not isinstance(text, pa.StringArray) or text.null_count or not _without_blanks(characters(text)):
        trimmed = pc.utf8_trim_whitespace(text)
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return _without_empty(text)


def characters(text: Array) -> bytes:
    """The bytes of all values of a text column, one after the other."""
    _, places, data = text.buffers()
    if not len(text) or data is None:
        return b""
    offsets = np.frombuffer(places, np.int32)[text.offset : text.offset + len(text) + 1]
    return bytes(memoryview(data)[offsets[0] : offsets[-1]])


def _without_blanks(data: bytes) -> bool:
    """Whether there is certainly nothing to trim: ASCII above the blank only."""
    return data.isascii() and len(data.translate(None, _BLANKS)) == len(data)


def _without_empty(text: Array) -> Array:
    """Empty texts as null, without touching the others."""
    _, places, data = text.buffers()
    if not len(text):
        return text
    filled = np.diff(np.frombuffer(places, np.int32)[text.offset : text.offset + len(text) + 1]) > 0
    if filled.all():
        return text
    valid = np.packbits(np.concatenate([np.zeros(text.offset, dtype=bool), filled]), bitorder="little")
    return pa.StringArray.from_buffers(len(text), places, data, pa.py_buffer(valid.tobytes()), -1, text.offset)


def _without_needless_fraction(array: Array) -> Array:
    """12.0 → 12: identifiers that another tool stored as floating point."""
    whole = pc.all(pc.equal(pc.floor(array), array)).as_py() is not False
    return pc.cast(array, pa.int64(), safe=False) if whole and len(array) else array
