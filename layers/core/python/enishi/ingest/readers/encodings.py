"""Bytes → text, strictly: a byte that the declared encoding does not have stops the file and says where it stands."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from enishi.errors import SourceFileError
from enishi.ingest import charsets
from enishi.ingest.mapping import Format
from enishi.ingest.readers.opening import unpacked as unpacked
from enishi.ingest.readers.sniffing import doubt
from enishi.ingest.readers.sniffing import sniff as sniff

BLOCK = 6 << 20
END_OF_FILE = "\x1a"
"""What DOS and its heirs write after the last line."""
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_ALSO = {"utf-8": {"utf-8-sig"}, "utf-16-le": {"utf-16"}, "utf-16-be": {"utf-16"}, "utf-32-le": {"utf-32"}}
_NEEDS_A_MARK = {"utf-16", "utf-32"}


def chunks(stream: BinaryIO, where: str, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes in blocks of about `size`.

    Raises:
        SourceFileError: the file cannot be read to its end.
    """
    while True:
        try:
            data = stream.read(size)
        except OSError as error:
            raise SourceFileError(
                f"the file cannot be read ({error.strerror or type(error).__name__})",
                where=where,
                remedy="Check that it is a file and may be read.",
            ) from error
        if not data:
            return
        yield data


def texts(stream: BinaryIO, form: Format, where: str, *, encoding: str | None = None) -> Iterator[str]:
    """The file as text in blocks; byte order marks are taken off and line ends become `\\n`.

    `encoding` stands in for the declared one where bytes are wanted one by one ("latin-1").

    Raises:
        SourceFileError: the file is empty, or a byte is not of the declared encoding.
    """
    inner = charsets.decoder(encoding or form.encoding)
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    offset, line, first, data, held = 0, 1, True, b"", ""
    for data in chunks(stream, where):
        if first:
            _check_start(data, form, where)
            data = _unmarked(data) if encoding else data
        try:
            text = held + decoder.decode(data)
        except UnicodeDecodeError as error:
            raise _wrong_byte(error, data, offset, line, form, where) from error
        offset += len(data)
        line += text.count("\n")
        text = text.lstrip("\ufeff") if first else text
        body = text.rstrip(END_OF_FILE) if text.endswith(END_OF_FILE) else text
        held, first = text[len(body) :], False
        yield body
    if first:
        raise SourceFileError("the file is empty", where=where, remedy="Send the file again.")
    yield _last(decoder, data, offset, line, form, where)


def _last(decoder: io.IncrementalNewlineDecoder, data: bytes, offset: int, line: int, form: Format, where: str) -> str:
    try:
        return decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _wrong_byte(error, b"", offset, line, form, where, sample=data) from error


def _unmarked(data: bytes) -> bytes:
    while data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    return data


def _check_start(data: bytes, form: Format, where: str) -> None:
    """Byte order mark and look of the first block against the declared encoding."""
    declared = form.encoding.lower().replace("_", "-").replace("utf8", "utf-8")
    mark = next((name for bytes_, name in _MARKS.items() if data.startswith(bytes_)), None)
    if mark and declared != mark and declared not in _ALSO[mark]:
        raise SourceFileError(
            f"declared {form.encoding}, but the file starts with the byte order mark of {mark}",
            where=where,
            remedy=f"Set encoding: {mark} in the mapping.",
        )
    if not mark and declared in _NEEDS_A_MARK:
        raise SourceFileError(
            f"declared {form.encoding}, but the file has no byte order mark",
            where=where,
            remedy=f"Set encoding: {(sniff(data) or [f'{declared}-le'])[0]} in the mapping.",
        )
    if not mark and (likely := doubt(data, declared)):
        raise SourceFileError(
            f"declared {form.encoding}, but the file reads like {likely}",
            where=where,
            remedy=f"Set encoding: {likely} in the mapping.",
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
