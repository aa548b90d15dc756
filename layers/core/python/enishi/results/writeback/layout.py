"""Texts of columns as records: quoted or of fixed width in bytes, then lines in the file's encoding."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.errors import LakeError
from enishi.results.writeback import cells
from enishi.results.writeback.declaration import Column, Format, WriteBack
from enishi.results.writeback.encoding import writable


@dataclass(frozen=True)
class Records:
    """Lines of some rows as they stand in the file, and how many characters were replaced."""

    content: bytes
    replaced: int


def heading(declared: WriteBack) -> bytes:
    """The line of column names; nothing when there is none."""
    form = declared.format
    if not form.header or form.kind == "fixed":
        return b""
    return line(form.separator.join(_quoted([name], form)[0] for name in declared.columns), form)


def line(text: str, form: Format) -> bytes:
    """One record, in the file's encoding. A byte order mark is the file's, not a line's."""
    return f"{text}{form.newline}".encode(_codec(form))


def start(form: Format) -> bytes:
    """What stands before everything else."""
    return b"\xef\xbb\xbf" if form.encoding == "utf-8-sig" else b""


def records(declared: WriteBack, rows: pa.Table, zone: ZoneInfo) -> Records:
    """The rows as lines.

    Raises:
        LakeError: a value that does not fit its width, a word without a code, a character without a place.
    """
    form, replaced = declared.format, 0
    columns: list[list[str]] = []
    for name, column in declared.columns.items():
        values, count = writable(cells.text(rows, name, column, zone), form, name)
        columns.append(_shaped(_padded(values, name, column, form), form))
        replaced += count
    ended = "".join(f"{form.separator.join(record)}{form.newline}" for record in zip(*columns, strict=True))
    return Records(ended.encode(_codec(form)), replaced)


def _codec(form: Format) -> str:
    return "utf-8" if form.encoding == "utf-8-sig" else form.encoding


def _shaped(values: list[str], form: Format) -> list[str]:
    return values if form.kind == "fixed" else _quoted(values, form)


def _quoted(values: list[str], form: Format) -> list[str]:
    """In quotes as declared; without quotes a text may not hold the delimiter."""
    if form.quote == "none":
        if any(form.separator in value for value in values):
            raise LakeError(
                "a value holds the delimiter, and the file has no quotes",
                where="format.quote",
                remedy="Say quote: needed, or another delimiter; nothing was written.",
            )
        return values
    special = (form.separator, '"')
    return [
        '"' + value.replace('"', '""') + '"' if form.quote == "all" or any(sign in value for sign in special) else value
        for value in values
    ]


def _padded(values: list[str], name: str, column: Column, form: Format) -> list[str]:
    """Of the column's width in bytes; a layout with delimiters is only held to it, not padded, unless it says how."""
    if column.width is None:
        return values
    pads = form.kind == "fixed" or "pad" in column.model_fields_set
    return [_one(value, name, column, _codec(form), pads=pads) for value in values]


def _one(value: str, name: str, column: Column, codec: str, *, pads: bool) -> str:
    width = column.width or 0
    size = len(value) if value.isascii() else len(value.encode(codec))
    if size > width:
        value = _cut(value, name, column, codec)
        size = len(value.encode(codec))
    if not pads:
        return value
    fill = column.pad * ((width - size) // len(column.pad.encode(codec)))
    return fill + value if column.align == "right" else value + fill


def _cut(value: str, name: str, column: Column, codec: str) -> str:
    """The first characters that fit whole."""
    if column.overflow == "refuse":
        raise LakeError(
            f"a value is longer than {column.width} bytes",
            where=f"columns.{name}",
            remedy="Widen the column, or say overflow: cut; nothing was written.",
        )
    return value.encode(codec)[: column.width].decode(codec, "ignore")
