"""Bad rows as a file that people can edit, and edited or waiting rows as a file that the same mapping reads.

Delimited rows are exported in the source's own layout and encoding behind four columns that say where each came from
and why it was refused; other formats, whose rows are no lines of fields, as JSON Lines with the row's text.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from enishi.errors import SourceFileError
from enishi.ingest.block import Positions
from enishi.ingest.format import Format
from enishi.ingest.mapping import Mapping

OURS = ("_load", "_row", "_column", "_reason")
RAW = "raw"
_DELIMITED = ("csv", "tsv")
_BY_LINE = (*_DELIMITED, "jsonl", "fixed")


@dataclass(frozen=True)
class Entry:
    """A row of the quarantine. `raw` may hold personal data."""

    load_id: str
    source_id: str
    file: str
    row_no: int
    column: str
    reason: str
    columns: tuple[str, ...]
    source_order: str
    scope: str
    raw: bytes = field(repr=False)

    @property
    def origin(self) -> tuple[str, str, str, tuple[str, ...]]:
        """Rows that agree in it are read as one file."""
        return self.source_id, self.load_id, self.file, self.columns


@dataclass(frozen=True)
class Small:
    """Rows of one file, to be read again by its mapping: bytes, the row numbers that they had, and a content hash."""

    mapping: Mapping
    data: bytes
    numbers: Positions
    content: str


def export(mapping: Mapping, entries: Sequence[Entry]) -> bytes:
    """A file to edit; `edited` reads it back."""
    text = "".join(_delimited(mapping.format, entries) if _is_delimited(mapping) else _json_lines(mapping, entries))
    return text.encode(mapping.format.encoding if _is_delimited(mapping) else "utf-8")


def _is_delimited(mapping: Mapping) -> bool:
    return mapping.format.kind in _DELIMITED and not mapping.format.blanks


def _delimited(form: Format, entries: Sequence[Entry]) -> Iterator[str]:
    yield _line(form, [*OURS, *max((entry.columns for entry in entries), key=len, default=())])
    for entry in entries:
        ours = _line(form, [entry.load_id, str(entry.row_no), entry.column, entry.reason]).rstrip("\r\n")
        yield f"{ours}{form.separator}{entry.raw.decode(form.encoding, errors='replace')}\r\n"


def _line(form: Format, fields: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, **_dialect(form)).writerow(fields)
    return line.getvalue()


def _dialect(form: Format) -> dict[str, Any]:
    quoting = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
    escape = form.escape or (None if form.quote else "\\")
    return {"delimiter": form.separator, "quotechar": form.quote, "quoting": quoting, "escapechar": escape}


def _json_lines(mapping: Mapping, entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        text = entry.raw.decode(_encoding(mapping), errors="replace")
        ours = dict(zip(OURS, (entry.load_id, entry.row_no, entry.column, entry.reason), strict=True))
        yield json.dumps({**ours, RAW: text}, ensure_ascii=False) + "\n"


def _encoding(mapping: Mapping) -> str:
    return mapping.format.encoding if mapping.format.kind in _BY_LINE else "utf-8"


def edited(mapping: Mapping, data: bytes, where: str) -> dict[tuple[str, int], bytes]:
    """The rows of an edited export: load and row number → the row as it shall be.

    Raises:
        SourceFileError: the columns that say where a row came from are missing or damaged.
    """
    rows = _from_delimited if _is_delimited(mapping) else _from_json_lines
    try:
        return dict(rows(mapping, data))
    except (ValueError, KeyError, csv.Error) as error:
        remedy = f"Leave the columns {', '.join(OURS)} and the file's encoding as they were exported."
        raise SourceFileError("the file is no export of the quarantine", where=where, remedy=remedy) from error


def _from_delimited(mapping: Mapping, data: bytes) -> Iterator[tuple[tuple[str, int], bytes]]:
    form = mapping.format
    lines = csv.reader(io.StringIO(data.decode(form.encoding), newline=""), **_dialect(form))
    if tuple(next(lines, []))[: len(OURS)] != OURS:
        raise ValueError("no header of an export")
    for row in filter(None, lines):
        text = _line(form, row[len(OURS) :]).rstrip("\r\n")
        yield (row[0], int(row[1])), text.encode(form.encoding)


def _from_json_lines(mapping: Mapping, data: bytes) -> Iterator[tuple[tuple[str, int], bytes]]:
    for line in filter(str.strip, data.decode("utf-8-sig").splitlines()):
        row = json.loads(line)
        yield (row["_load"], int(row["_row"])), str(row[RAW]).encode(_encoding(mapping))


def small_file(mapping: Mapping, entries: Sequence[Entry]) -> Small:
    """Rows of one origin as a file that the mapping's readers read, with the numbers that the rows had."""
    form = _form(mapping, entries[0])
    ends = "" if form.kind == "fixed" and not form.line_ends else "\n"
    data = b"".join(entry.raw.rstrip(b"\r\n") + ends.encode(form.encoding) for entry in entries)
    told = "\n".join(f"{entry.load_id} {entry.row_no}" for entry in entries).encode()
    content = hashlib.sha256(told + b"\n" + data).hexdigest()
    numbers = np.array([entry.row_no for entry in entries], dtype=np.int64)
    return Small(mapping.model_copy(update={"format": form}), data, numbers, content)


def _form(mapping: Mapping, entry: Entry) -> Format:
    """The file's format without what stands around the rows; rows of typed files are JSON."""
    form = mapping.format
    if form.kind not in _BY_LINE:
        return Format(kind="jsonl")
    bare = {"compression": "none", "skip": 0, "comment": "", "footer": 0, "trailer": "", "header": False}
    return form.model_copy(update={**bare, "names": list(entry.columns)})
