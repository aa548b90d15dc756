"""Raw files from columns, the same bytes for the same columns: delimited text, JSON Lines, gzip without a time."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute

from enishi.sample.randomness import Ints

pc: Any = pyarrow.compute
"""Arrow's functions, untyped: their stubs know neither columns beside constants nor strings from casts."""

Strings: TypeAlias = "pa.Array[Any]"
Columns: TypeAlias = Mapping[str, Any]
"""Column name → numpy array, Arrow array, list or one value for all rows. Numbers and null become text and empty."""

TOKYO = 9 * 3600
"""Seconds by which wall clocks in Tokyo are ahead of UTC; there is no summer time."""


@dataclass(frozen=True)
class RawFile:
    source: str
    path: Path
    rows: int
    size: int


@dataclass(frozen=True)
class Raw:
    """A column of JSON Lines that is JSON already (a nested list)."""

    values: Strings

    def __len__(self) -> int:
        return len(self.values)


def unheard(_file: RawFile) -> None:
    """Nobody waits for files."""


@dataclass
class Drop:
    """The folder that files are written into, and the record of what was written."""

    folder: Path
    day: date
    part: str = ""
    written: list[RawFile] = field(default_factory=list)
    wrote: Callable[[RawFile], None] = unheard
    """Called with each file as soon as it is there."""

    def at(self, part: str) -> Drop:
        """The same folder and record for another part."""
        return replace(self, part=part)

    def csv(self, source: str, name: str, columns: Columns, *, encoding: str = "cp932", tab: bool = False) -> None:
        """A delimited file with a header: CP932 with CRLF, or UTF-8 with LF."""
        rows, data = delimited(columns, "\t" if tab else ",", "\r\n" if encoding == "cp932" else "\n")
        self._write(
            source, name, "tsv" if tab else "csv", rows, data if encoding == "utf-8" else data.decode().encode(encoding)
        )

    def jsonl(self, source: str, name: str, columns: Columns, *, packed: bool = False) -> None:
        """JSON Lines; null fields are left out. `packed` gives gzip."""
        rows, data = json_lines(columns)
        packet = gzip.compress(data, compresslevel=1, mtime=0) if packed else data
        self._write(source, name, "jsonl.gz" if packed else "jsonl", rows, packet)

    def _write(self, source: str, name: str, suffix: str, rows: int, data: bytes) -> None:
        folder = self.folder / source
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}_{self.day:%Y%m%d}{self.part}.{suffix}"
        path.write_bytes(data)
        self.written.append(RawFile(source, path, rows, len(data)))
        self.wrote(self.written[-1])


def delimited(columns: Columns, delimiter: str, end: str) -> tuple[int, bytes]:
    """Rows and bytes of a delimited text; only free text (`quoted`) may hold the delimiter."""
    arrays, rows = _as_strings(columns)
    header = delimiter.join(columns) + end
    body = _joined([*arrays.values()], delimiter, end, rows)
    return rows, header.encode() + body


def json_lines(columns: Columns) -> tuple[int, bytes]:
    """Rows and bytes of JSON Lines: text in quotes, numbers and booleans bare, `Raw` as it stands."""
    arrays, rows = _as_strings(columns)
    fields = [_json_field(name, columns[name], array) for name, array in arrays.items()]
    inner = pc.binary_join_element_wise(*fields, ",", null_handling="skip")
    return rows, _joined([_around("{", inner, "}")], "", "\n", rows)


def quoted(values: Strings) -> Strings:
    """Free text for a delimited file, in quotes; null stays null."""
    return _around('"', values, '"')


def take(words: Sequence[str | None], indices: Ints) -> Strings:
    """The words at `indices`, as Arrow; "" and an index below zero give null."""
    known: Any = pa.array(np.asarray(indices), mask=np.asarray(indices) < 0)
    return pa.array([word or None for word in words], pa.string()).take(known)


def where(condition: Any, values: Any) -> Strings:
    """`values` where the condition holds, else null."""
    array = text(values)
    return either(condition, array, pa.scalar(None, pa.string()))


def places(indices: Ints) -> Any:
    """Indices as Arrow's `take` wants them."""
    return pa.array(np.asarray(indices))


def either(condition: Any, yes: Any, no: Any) -> Strings:
    """`yes` where the condition holds, else `no`; each a column or one text."""
    chosen: Strings = pc.if_else(pa.array(np.asarray(condition)), yes, no)
    return chosen


def choose(which: Ints, *columns: Strings) -> Strings:
    """Element by element from the column that `which` numbers."""
    chosen: Strings = pc.choose(pa.array(which), *columns)
    return chosen


def join(*pieces: Any) -> Strings:
    """Concatenate columns and constants element by element; null in any gives null."""
    joined: Strings = pc.binary_join_element_wise(
        *[piece if isinstance(piece, str) else text(piece) for piece in pieces], ""
    )
    return joined


def number(values: Any, width: int) -> Strings:
    """Integers with leading zeros."""
    padded: Strings = pc.utf8_lpad(text(values), width=width, padding="0")
    return padded


def hexes(rng: np.random.Generator, count: int, digits: int) -> Strings:
    """Random hexadecimal texts of an even number of digits."""
    letters = pa.py_buffer(rng.bytes(count * digits // 2).hex().encode())
    offsets = pa.py_buffer((np.arange(count + 1, dtype=np.int32) * digits).tobytes())
    return pa.StringArray.from_buffers(count, offsets, letters)


def times(seconds: Ints, pattern: str) -> Strings:
    """Seconds since 1970 as text; below zero is null. `pattern` has the date before the time of day."""
    moments = np.asarray(seconds)
    date_pattern, hours, clock_pattern = pattern.partition("%H")
    known = moments >= 0
    return join(
        days(np.where(known, moments // 86400, -1), date_pattern, least=0),
        _formatted(np.where(known, moments % 86400, 0), hours + clock_pattern, pa.timestamp("s")),
    )


def days(values: Ints, pattern: str = "%Y%m%d", least: int = 1) -> Strings:
    """Days since 1970 as text; below `least` is null."""
    known = np.asarray(values) >= least
    return where(known, _formatted(np.where(known, values, 0), pattern, pa.date32()))


def _formatted(values: Ints, pattern: str, kind: Any) -> Strings:
    """Format each different value once: there are few days and few seconds in a day, and strftime is slow."""
    different, where_each = np.unique(values, return_inverse=True)
    width = pa.int32() if kind == pa.date32() else pa.int64()
    texts: Strings = pc.strftime(pa.array(different).cast(width).cast(kind), format=pattern)
    return texts.take(places(where_each))


def utc(seconds: Ints, pattern: str = "%Y-%m-%dT%H:%M:%SZ") -> Strings:
    """Wall-clock seconds of Tokyo as an instant in UTC."""
    return times(np.where(seconds >= 0, seconds - TOKYO, -1), pattern)


def text(values: Any) -> Strings:
    """Anything that a column may be, as Arrow strings."""
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def _as_strings(columns: Columns) -> tuple[dict[str, Strings], int]:
    rows = next(len(value) for value in columns.values() if not _is_scalar(value))
    return {name: _column(value, rows) for name, value in columns.items()}, rows


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _column(value: Any, rows: int) -> Strings:
    if isinstance(value, Raw):
        return value.values
    if not _is_scalar(value):
        return text(value)
    word = None if value is None or value == "" else str(value)
    return pa.repeat(pa.scalar(word, pa.string()), rows)


def _json_field(name: str, given: Any, array: Strings) -> Strings:
    return _around(f'"{name}":"', array, '"') if _is_text(given) else _around(f'"{name}":', array, "")


def _is_text(given: Any) -> bool:
    if isinstance(given, Raw) or given is None or isinstance(given, int | float):
        return False
    kind = given.type if isinstance(given, pa.Array) else pa.array(given[:1]).type
    return isinstance(given, str) or pa.types.is_string(kind) or pa.types.is_null(kind)


def _around(before: str, values: Strings, after: str) -> Strings:
    return join(before, values, after)


def _joined(arrays: Sequence[Strings], delimiter: str, end: str, rows: int) -> bytes:
    if not rows:
        return b""
    whole = pc.binary_join_element_wise(*arrays, delimiter, null_handling="replace", null_replacement="")
    lines = pc.binary_join_element_wise(whole, end, "")
    _, offsets, letters = lines.buffers()
    return bytes(memoryview(letters)[: int(np.frombuffer(offsets, np.int32)[rows])])
