"""Looking for a person's values in bytes, as deep as files go: packed, in columns, in pages, in mail parts.

A plain search of a disk proves nothing: Parquet packs its pages, SQLite keeps free ones, a mail is base64.
"""

from __future__ import annotations

import email
import email.policy
import gzip
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ENCODINGS = ("utf-8", "cp932", "euc_jp", "utf-16-le", "utf-16-be")
_DEPTH = 4
_SHORT = 8
_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}|\\/")


@dataclass(frozen=True)
class Needles:
    """Values to look for, in every encoding that files come in; without regard to the case of ASCII letters."""

    values: frozenset[str]
    _forms: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_forms", tuple(_forms(self.values)))

    def among(self, data: bytes) -> bool:
        """Whether plain bytes hold one of the values; numbers and short ones only where they stand alone."""
        lowered = data.lower()
        return any(form in lowered and (whole is None or whole.search(lowered)) for form, whole in self._forms)

    def inside(self, data: bytes) -> bool:
        """`among`, in the bytes themselves and in everything that can be unpacked out of them."""
        return any(self.among(layer) for layer in layers(data))


def _forms(values: frozenset[str]) -> Iterator[tuple[bytes, re.Pattern[bytes] | None]]:
    seen: set[bytes] = set()
    for value in sorted(values):
        for encoding in ENCODINGS:
            try:
                form = value.encode(encoding).lower()
            except UnicodeEncodeError:
                continue
            if form and form not in seen:
                seen.add(form)
                yield form, _whole(value, form) if not encoding.startswith("utf-16") else None


def _whole(value: str, form: bytes) -> re.Pattern[bytes] | None:
    """How a value must stand that chance could write: numbers not inside longer ones, short ids not inside words."""
    if value.isdigit():
        return re.compile(rb"(?<![0-9])" + form + rb"(?![0-9])")
    if len(form) < _SHORT:
        return re.compile(rb"(?<![0-9a-z])" + re.escape(form) + rb"(?![0-9a-z])")
    return None


def layers(data: bytes, depth: int = _DEPTH) -> Iterator[bytes]:
    """The bytes, and what each decoder that knows them unpacks, down to `depth`."""
    yield data
    if depth:
        for known, decode in DECODERS:
            if known(data):
                for inner in _safely(decode, data):
                    yield from layers(inner, depth - 1)


def _safely(decode: Callable[[bytes], Iterator[bytes]], data: bytes) -> Iterator[bytes]:
    """What comes out before a damaged file stops its decoder."""
    try:
        yield from decode(data)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, sqlite3.Error, ValueError):
        return


def _starts(mark: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(mark)


def _gunzip(data: bytes) -> Iterator[bytes]:
    yield gzip.decompress(data)


def _unzip(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for name in packed.namelist():
            yield name.encode()
            yield packed.read(name)


def _parquet(data: bytes) -> Iterator[bytes]:
    """Every text and binary value, a line each; other types hold no names."""
    for batch in pq.ParquetFile(pa.BufferReader(data)).iter_batches(batch_size=10_000):
        for column in batch.columns:
            yield _column(column)


def _column(column: pa.Array[Any]) -> bytes:
    if pa.types.is_binary(column.type):
        return b"\n".join(value for value in column.to_pylist() if value)
    if pa.types.is_string(column.type):
        return "\n".join(value for value in column.unique().to_pylist() if value).encode()
    if pa.types.is_nested(column.type):
        return "\n".join(str(value) for value in column.to_pylist() if value).encode()
    return b""


def _sqlite(data: bytes) -> Iterator[bytes]:
    """Every row. Free pages are not packed: the plain search of the file sees them."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(data)
        names = [str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for name in names:
            for row in db.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - a name out of the file's own schema
                yield "\n".join(str(value) for value in row).encode()


def _avro(data: bytes) -> Iterator[bytes]:
    """The blocks of an Avro container (Iceberg's manifests), inflated."""
    stream = io.BytesIO(data)
    stream.seek(4)
    packed = _is_deflated(stream)
    stream.read(16)
    while stream.tell() < len(data):
        _rows, size = _number(stream), _number(stream)
        block = stream.read(size)
        yield zlib.decompress(block, -15) if packed else block
        stream.read(16)


def _is_deflated(stream: io.BytesIO) -> bool:
    """The codec out of the header's map."""
    packed = False
    while count := _number(stream):
        if count < 0:
            count, _size = -count, _number(stream)
        for _ in range(count):
            key, value = stream.read(_number(stream)), stream.read(_number(stream))
            packed |= key == b"avro.codec" and value == b"deflate"
    return packed


def _number(stream: io.BytesIO) -> int:
    """A variable-length zigzag integer."""
    shift = value = 0
    while byte := stream.read(1):
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if not byte[0] & 0x80:
            return (value >> 1) ^ -(value & 1)
    raise EOFError


def _is_mail(data: bytes) -> bool:
    head = data[:4000].lower()
    return b"\nmime-version:" in head or head.startswith(b"mime-version:")


def _mail(data: bytes) -> Iterator[bytes]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    yield "\n".join(str(value) for value in message.values()).encode()
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload


def _is_escaped(data: bytes) -> bool:
    return not data.startswith(_BINARY) and bool(_ESCAPED.search(data))


def _unescaped(data: bytes) -> Iterator[bytes]:
    """JSON's escapes taken off, wherever they stand."""
    text = data.decode("utf-8", errors="replace")
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
    yield plain.encode("utf-8", errors="replace")


_BINARY = (b"PAR1", b"SQLite format 3", b"Obj\x01", b"\x1f\x8b", b"PK\x03\x04")
DECODERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Iterator[bytes]]], ...] = (
    (_starts(b"\x1f\x8b"), _gunzip),
    (_starts(b"PK\x03\x04"), _unzip),
    (_starts(b"PAR1"), _parquet),
    (_starts(b"SQLite format 3\0"), _sqlite),
    (_starts(b"Obj\x01"), _avro),
    (_is_mail, _mail),
    (_is_escaped, _unescaped),
)
"""(knows the bytes, unpacks them). A new kind of file is a line here."""
