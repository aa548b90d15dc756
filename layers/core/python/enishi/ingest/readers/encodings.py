"""Bytes → text, strictly: a byte that the declared encoding does not have stops the file and says where it stands."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterator
from gzip import BadGzipFile, GzipFile
from typing import BinaryIO, cast

from enishi.errors import SourceFileError
from enishi.ingest.mapping import Format

BLOCK = 6 << 20
CANDIDATES = ("utf-8", "cp932", "euc_jp")
_GZIP = b"\x1f\x8b"
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SAME = {
    "utf-8": {"utf-8", "utf-8-sig", "utf_8", "utf_8_sig", "utf8"},
    "utf-16": {"utf-16", "utf_16", "utf-16-le", "utf-16-be"},
}


def unpacked(stream: BinaryIO, form: Format, where: str) -> BinaryIO:
    """The file's own bytes, decompressed as the mapping says (auto: by its first bytes).

    Raises:
        SourceFileError: declared gzip and is not.
    """
    start = stream.read(2)
    stream.seek(0)
    if form.compression == "gzip" and start != _GZIP:
        raise SourceFileError(
            "the file is not gzip", where=where, remedy="Send it compressed, or set compression: auto."
        )
    if form.compression == "none" or start != _GZIP:
        return stream
    return cast(BinaryIO, GzipFile(fileobj=stream, mode="rb"))


def chunks(stream: BinaryIO, where: str, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes in blocks of about `size`.

    Raises:
        SourceFileError: the compressed file ends too early or is damaged.
    """
    seen = 0
    while True:
        try:
            data = stream.read(size)
        except EOFError as error:
            raise SourceFileError(
                f"the compressed file ends too early, after {seen:,} unpacked bytes",
                where=where,
                remedy="Send the file again.",
            ) from error
        except (BadGzipFile, zlib.error) as error:
            raise SourceFileError(
                f"the compressed file is damaged after {seen:,} unpacked bytes",
                where=where,
                remedy="Send the file again.",
            ) from error
        if not data:
            return
        seen += len(data)
        yield data


def texts(stream: BinaryIO, form: Format, where: str) -> Iterator[str]:
    """The file as text in blocks; byte order marks are taken off and line ends become `\\n`.

    Raises:
        SourceFileError: the file is empty, or a byte is not of the declared encoding.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(form.encoding)("strict"), translate=True)
    offset, line, first, data = 0, 1, True, b""
    for data in chunks(stream, where):
        if first:
            _check_mark(data, form, where)
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            raise _wrong_byte(error, data, offset, line, form, where) from error
        offset += len(data)
        line += text.count("\n")
        yield text.lstrip("\ufeff") if first else text
        first = False
    if first:
        raise SourceFileError("the file is empty", where=where, remedy="Send the file again.")
    yield _last(decoder, data, offset, line, form, where)


def _last(decoder: io.IncrementalNewlineDecoder, data: bytes, offset: int, line: int, form: Format, where: str) -> str:
    try:
        return decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _wrong_byte(error, b"", offset, line, form, where, sample=data) from error


def _check_mark(data: bytes, form: Format, where: str) -> None:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark) and form.encoding.lower() not in _SAME[encoding]:
            raise SourceFileError(
                f"declared {form.encoding}, but the file starts with the byte order mark of {encoding}",
                where=where,
                remedy=f"Set encoding: {encoding} in the mapping.",
            )


def _wrong_byte(
    error: UnicodeDecodeError, data: bytes, offset: int, line: int, form: Format, where: str, sample: bytes = b""
) -> SourceFileError:
    whole = bytes(error.object)
    at = offset + len(data) - len(whole) + error.start
    line += whole[: error.start].count(b"\n")
    shown = whole[error.start] if error.start < len(whole) else 0
    likely = [name for name in sniff(sample or data or whole) if name != form.encoding]
    hint = (
        f"It looks like {likely[0]}: set encoding: {likely[0]} in the mapping."
        if likely
        else "Send it in one encoding."
    )
    return SourceFileError(
        f"declared {form.encoding}, but byte 0x{shown:02x} at offset {at:,} is not {form.encoding}",
        where=f"{where}, line {line:,}",
        remedy=hint,
    )


def sniff(data: bytes) -> list[str]:
    """Encodings that the bytes can be, the likeliest first."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return [encoding]
    scored = [(score, name) for name in CANDIDATES if (score := _score(data, name)) is not None]
    return [name for _, name in sorted(scored, key=lambda pair: -pair[0])]


def _score(data: bytes, encoding: str) -> float | None:
    """How much it reads like Japanese or plain text; None when the bytes are not of the encoding."""
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeDecodeError:
        return None
    if text.isascii():
        return 1.0 + (encoding == "utf-8")
    outside = [character for character in text[:200_000] if character > "\x7f"]
    usual = sum("\u3040" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff" for character in outside)
    half_width = sum("\uff61" <= character <= "\uff9f" for character in outside)
    return (usual - half_width) / max(len(outside), 1) + (encoding == "utf-8")
