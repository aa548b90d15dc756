"""Excel workbooks (.xlsx): one sheet, row by row, as text columns.

openpyxl's read-only mode streams the sheet; only the workbook's distinct texts are held in memory, which is why a
workbook is refused when they are too many. Numbers become text as Excel shows them (15 digits), days ISO 8601.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from enishi.errors import SourceFileError
from enishi.ingest.block import Block, Reject
from enishi.ingest.mapping import Format
from enishi.ingest.readers.headers import checked_names
from enishi.ingest.readers.opening import FREE, RATIO, Part, bomb
from enishi.ingest.readers.seeking import seekable

ROWS = 10_000
TEXTS = 512 << 20
"""Bytes that a workbook's list of distinct texts may have."""
_OLE = b"\xd0\xcf\x11\xe0"
_ERROR = "e"
Cell = tuple[str | None, bool]
"""A cell as text, and whether it is an error such as #N/A."""


def read(part: Part, form: Format) -> Iterator[Block]:
    """Blocks of text columns; a row with an error cell in it is a reject.

    Raises:
        SourceFileError: no workbook, an encrypted or damaged one, no such sheet, no sound header.
    """
    with seekable(part) as stream, _workbook(stream, part.where) as workbook:
        rows = _quiet(_cells(_sheet(workbook, form, part.where)))
        try:
            yield from _blocks(rows, form, part.where)
        except (KeyError, ValueError, ParseError, OSError, zipfile.BadZipFile, EOFError) as error:
            raise _damaged(part.where) from error


def _blocks(rows: Iterator[list[Cell]], form: Format, where: str) -> Iterator[Block]:
    numbered = enumerate(rows, 1)
    for _ in islice(numbered, form.skip):
        pass
    names = form.names if not form.header else _header(next(numbered, (0, []))[1], where)
    body = _without_last(((number, cells) for number, cells in numbered if any(text for text, _ in cells)), form.footer)
    while held := list(islice(body, ROWS)):
        yield _block(held, names)
    yield _block([], names)


def _header(cells: list[Cell], where: str) -> list[str]:
    names = [(text or "").strip() for text, _ in cells]
    while names and not names[-1]:
        names.pop()
    if "" in names and any(names):
        raise SourceFileError(
            "the header has columns without a name",
            where=where,
            remedy="Give each column its own name, in one row; take merged cells apart, or set `skip`.",
        )
    checked_names(names, where)
    return names


def _without_last(rows: Iterator[tuple[int, list[Cell]]], count: int) -> Iterator[tuple[int, list[Cell]]]:
    held: list[tuple[int, list[Cell]]] = []
    for row in rows:
        held.append(row)
        if len(held) > count:
            yield held.pop(0)


def _block(rows: Sequence[tuple[int, list[Cell]]], names: Sequence[str]) -> Block:
    rejects: list[Reject] = []
    good: list[tuple[int, list[str | None]]] = []
    for number, cells in rows:
        texts = [text for text, _ in cells]
        reason = _reason(cells, len(names))
        if reason:
            rejects.append(Reject(number, _column(cells, names) if reason == "error_cell" else "", reason, _raw(texts)))
        else:
            good.append((number, [*texts[: len(names)], *[None] * (len(names) - len(texts))]))

    def raw(asked: Sequence[int]) -> list[bytes]:
        return [_raw(good[position][1]) for position in asked]

    columns = {name: pa.array([row[place] for _, row in good], pa.string()) for place, name in enumerate(names)}
    return Block(columns, np.array([number for number, _ in good], dtype=np.int64), raw, tuple(rejects))


def _reason(cells: list[Cell], width: int) -> str:
    if any(error for _, error in cells[:width]):
        return "error_cell"
    return "too_many_fields" if any(text for text, _ in cells[width:]) else ""


def _column(cells: list[Cell], names: Sequence[str]) -> str:
    return next(name for name, (_, error) in zip(names, cells, strict=False) if error)


def _raw(texts: Sequence[str | None]) -> bytes:
    """The row as tab-separated text, as Excel puts it on the clipboard."""
    return "\t".join(text or "" for text in texts).encode()


def _cells(sheet: Any) -> Iterator[list[Cell]]:
    for row in sheet.rows:
        yield [(as_text(cell.value), cell.data_type == _ERROR) for cell in row]


def as_text(value: Any) -> str | None:
    """A cell's value as text: 12.0 is 12, a day without a time is a day."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "auto")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case float() if not value.is_integer():
            return f"{value:.15g}"
        case _:
            return str(int(value))


def _quiet(rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    """The rows; what openpyxl warns of (styles, extensions) says nothing about values."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            held = list(islice(rows, ROWS))
        if not held:
            return
        yield from held


@contextmanager
def _workbook(stream: BinaryIO, where: str) -> Iterator[Any]:
    _check(stream, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, ParseError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(where) from error
    with closing(workbook):
        yield workbook


def _check(stream: BinaryIO, where: str) -> None:
    """Refuse what is no workbook, and what would unpack without end."""
    start = stream.read(4)
    stream.seek(0)
    if start == _OLE:
        raise SourceFileError(
            "the workbook is encrypted, or is an old .xls", where=where, remedy="Save it as .xlsx without a password."
        )
    try:
        entries = zipfile.ZipFile(stream).infolist()
    except zipfile.BadZipFile as error:
        raise _damaged(where) from error
    stream.seek(0)
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if unpacked > FREE and unpacked > RATIO * max(packed, 1):
        raise bomb(where)
    if any(entry.file_size > TEXTS for entry in entries if entry.filename.endswith("sharedStrings.xml")):
        raise SourceFileError("the workbook has too many distinct texts", where=where, remedy="Send it as CSV.")


def _sheet(workbook: Any, form: Format, where: str) -> Any:
    names = workbook.sheetnames
    name = form.sheet if isinstance(form.sheet, str) else next(iter(names[form.sheet - 1 : form.sheet]), None)
    if name not in names or not hasattr(workbook[name], "reset_dimensions"):
        raise SourceFileError(
            f"the workbook has no sheet {form.sheet!r}; it has {', '.join(names)}",
            where=where,
            remedy="Correct `sheet` in the mapping.",
        )
    sheet = workbook[name]
    sheet.reset_dimensions()
    return sheet


def _damaged(where: str) -> SourceFileError:
    return SourceFileError(
        "the file is not an Excel workbook, or is damaged", where=where, remedy="Save it as .xlsx and send it again."
    )
