"""From the file as it came to the files in it: gzip, zip, Zstandard and bzip2 are taken off, in constant memory.

What is packed too well to be data (a bomb), encrypted, or cut off, is refused with its name.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from gzip import BadGzipFile, GzipFile
from pathlib import PurePosixPath
from typing import BinaryIO, cast

import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ingest.mapping import Format

RATIO = 200
"""Unpacked bytes a packed one, beyond which a file of more than `FREE` bytes is taken for a bomb."""
FREE = 64 << 20
_AGAIN = "Send the file again."
_NOISE = ("__MACOSX/",)
_WORKBOOK = "[Content_Types].xml"
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
)


@dataclass(frozen=True)
class Part:
    """One file of rows: its bytes, and what to call it."""

    stream: BinaryIO
    where: str


def parts(stream: BinaryIO, form: Format, where: str) -> Iterator[Part]:
    """The files in `stream`: itself, or what is packed in it.

    Raises:
        SourceFileError: not packed as declared, damaged, encrypted, a bomb, or without any file.
    """
    kind = _packing(stream, form, where)
    if kind == "none":
        yield Part(stream, where)
    elif kind == "zip":
        yield from _members(stream, form, where)
    else:
        packed = Unpacked(cast(BinaryIO, UNPACKERS[kind](stream)), stream, where)
        yield Part(cast(BinaryIO, packed), where)


def packing(start: bytes) -> str:
    """How a file that starts so is packed: gzip, zip, zstd, bz2 or none."""
    return next((kind for magic, kind in MAGIC if start.startswith(magic)), "none")


def _packing(stream: BinaryIO, form: Format, where: str) -> str:
    found = packing(_head(stream, where))
    if found == "zip" and _is_workbook(stream, form):
        found = "none"
        if form.kind != "xlsx":
            raise SourceFileError(
                "the file is an Excel workbook", where=where, remedy="Set kind: xlsx, or save the sheet as CSV."
            )
    if form.compression in ("auto", "none"):
        return found if form.compression == "auto" else "none"
    if form.compression != found:
        what = f"the file is not {form.compression}" + (f" but {found}" if found != "none" else "")
        raise SourceFileError(what, where=where, remedy="Send it packed as declared, or set compression: auto.")
    return found


def _head(stream: BinaryIO, where: str) -> bytes:
    try:
        start = stream.read(4)
        stream.seek(0)
    except OSError as error:
        raise SourceFileError(
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            where=where,
            remedy="Check that it is a file and may be read.",
        ) from error
    return start


def _is_workbook(stream: BinaryIO, form: Format) -> bool:
    """Whether the zip is a workbook itself; a broken one is what the mapping says that it should be."""
    try:
        return _WORKBOOK in zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return form.kind == "xlsx"
    finally:
        stream.seek(0)


def _zstd(stream: BinaryIO) -> io.RawIOBase:
    return cast(io.RawIOBase, pa.CompressedInputStream(pa.PythonFile(cast(io.IOBase, stream), mode="r"), "zstd"))


UNPACKERS: dict[str, Callable[[BinaryIO], object]] = {
    "gzip": lambda stream: GzipFile(fileobj=stream, mode="rb"),
    "bz2": lambda stream: bz2.BZ2File(stream, "rb"),
    "zstd": _zstd,
}
"""Packing → a stream that unpacks; each reads files of several members (written one after the other) to the end."""


class Unpacked(io.RawIOBase):
    """Unpacked bytes, counted against the packed ones; damage becomes an error that says how far it went."""

    def __init__(self, inner: BinaryIO, packed: BinaryIO, where: str, size: int | None = None) -> None:
        self._inner, self._packed, self._where, self._size = inner, packed, where, size
        self.seen = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._guarded(size)
        self.seen += len(data)
        self._check_ratio()
        return data

    def _guarded(self, size: int) -> bytes:
        try:
            return bytes(self._inner.read(size if size >= 0 else None))  # type: ignore[arg-type]
        except EOFError as error:
            raise self._broken("ends too early, after") from error
        except (BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, pa.ArrowException) as error:
            early = "truncated" in str(error).lower()
            raise self._broken("ends too early, after" if early else "is damaged after") from error

    def _broken(self, how: str) -> SourceFileError:
        return SourceFileError(
            f"the compressed file {how} {self.seen:,} unpacked bytes", where=self._where, remedy=_AGAIN
        )

    def _check_ratio(self) -> None:
        if self.seen <= FREE:
            return
        packed = self._size if self._size is not None else self._packed.tell()
        if self.seen > RATIO * max(packed, 1):
            raise bomb(self._where)


def bomb(where: str) -> SourceFileError:
    """The error of a file that is packed too well."""
    return SourceFileError(
        f"the file unpacks to more than {RATIO} times its size",
        where=where,
        remedy="That is no data file. If it is one, send it unpacked.",
    )


def _members(stream: BinaryIO, form: Format, where: str) -> Iterator[Part]:
    archive = _archive(stream, where)
    found = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith(_NOISE)]
    taken = [entry for entry in found if _takes(form, entry.filename)]
    if not taken:
        what = "the zip holds no file" + (f" that meets {', '.join(form.members)}" if found else "")
        raise SourceFileError(what, where=where, remedy="Send the files in it, or correct `members`.")
    for entry in taken:
        _check_member(entry, where)
    for entry in taken:
        yield _member(archive, entry, f"{where}!{entry.filename}")


def _takes(form: Format, name: str) -> bool:
    return any(fnmatchcase(PurePosixPath(name).name, pattern) for pattern in form.members)


def _archive(stream: BinaryIO, where: str) -> zipfile.ZipFile:
    """The zip; names that are not marked as UTF-8 are those of a Japanese Windows."""
    for names in ("cp932", None):
        try:
            return zipfile.ZipFile(stream, metadata_encoding=names)
        except UnicodeDecodeError:
            continue
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise SourceFileError("the zip is damaged or cut off", where=where, remedy=_AGAIN) from error
    raise SourceFileError("the zip's names cannot be read", where=where, remedy=_AGAIN)


def _check_member(entry: zipfile.ZipInfo, where: str) -> None:
    place = f"{where}!{entry.filename}"
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        raise SourceFileError(
            "a file in the zip has a path that leads outside", where=where, remedy="Pack the files without folders."
        )
    if entry.flag_bits & 0x1:
        raise SourceFileError("the zip is encrypted", where=place, remedy="Send it without a password.")
    if entry.file_size > FREE and entry.file_size > RATIO * max(entry.compress_size, 1):
        raise bomb(place)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: str) -> Part:
    try:
        inner = cast(BinaryIO, archive.open(entry))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise SourceFileError(
            "a file in the zip is damaged, or packed in a way that is not known here",
            where=place,
            remedy="Send the zip again, packed by deflate.",
        ) from error
    return Part(cast(BinaryIO, Unpacked(inner, inner, place, size=entry.compress_size)), place)


def unpacked(stream: BinaryIO, form: Format, where: str) -> BinaryIO:
    """The bytes of the first file in `stream`: for looking at what begins there."""
    return next(parts(stream, form, where)).stream
