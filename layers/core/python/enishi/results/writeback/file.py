"""The file itself, written once from front to end: heading, rows, trailer, with its counts and checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.ingest.cells import pc
from enishi.results.writeback import layout
from enishi.results.writeback.cells import Values, fixed_point
from enishi.results.writeback.declaration import WriteBack
from enishi.results.writeback.templates import fill


@dataclass
class Written:
    """What stands in a file: data rows, bytes, checksums, totals by column, characters replaced."""

    rows: int = 0
    bytes: int = 0
    replaced: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)
    sha256: str = ""
    md5: str = ""

    def fields(self) -> dict[str, object]:
        """The same as fields of a trailer or a control file."""
        totals = {f"total.{name}": _plain(value) for name, value in self.totals.items()}
        checks = {"bytes": self.bytes, "sha256": self.sha256, "md5": self.md5}
        return {"rows": self.rows, **checks, **totals}


def write(
    declared: WriteBack, tables: Iterable[pa.Table], stream: BinaryIO, names: Mapping[str, object], zone: ZoneInfo
) -> Written:
    """Write the whole file; `names` are the fields that are known before (day, at, sequence, file).

    Raises:
        LakeError: a value that the layout cannot hold; the caller leaves no file behind.
    """
    done, pen = Written(), _Pen(stream)
    form = declared.format
    pen.put(layout.start(form))
    if declared.head:
        pen.put(layout.line(fill(declared.head, names), form))
    pen.put(layout.heading(declared))
    for table in tables:
        lines = layout.records(declared, table, zone)
        pen.put(lines.content)
        done.rows += table.num_rows
        done.replaced += lines.replaced
        _add(done.totals, declared, table)
    if declared.trailer:
        pen.put(layout.line(fill(declared.trailer, {**names, **_zeroes(declared), **done.fields()}), form))
    done.bytes, done.sha256, done.md5 = pen.size, pen.sha256.hexdigest(), pen.md5.hexdigest()
    return done


def control(declared: WriteBack, done: Written, names: Mapping[str, object]) -> bytes:
    """The control file's content."""
    lines = declared.control.lines if declared.control else ()
    values = {**names, **_zeroes(declared), **done.fields()}
    return b"".join(layout.line(fill(line, values), declared.format) for line in lines)


class _Pen:
    """A stream that keeps size and checksums of what passes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)

    def put(self, data: bytes) -> None:
        self._stream.write(data)
        self.size += len(data)
        self.sha256.update(data)
        self.md5.update(data)


def _add(totals: dict[str, Decimal], declared: WriteBack, table: pa.Table) -> None:
    for name, column in declared.columns.items():
        values = table.column(column.from_) if column.from_ else None
        if values is None or not _is_number(values.type):
            continue
        totals[name] = totals.get(name, Decimal(0)) + _total(values, column.decimals)


def _total(values: Values, decimals: int | None) -> Decimal:
    """The sum of what stands in the file: of rounded values where the column is rounded."""
    if decimals is None:
        return Decimal(str(pc.sum(values).as_py() or 0))
    return sum((Decimal(value) for value in fixed_point(values, decimals).to_pylist() if value), Decimal(0))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind))


def _zeroes(declared: WriteBack) -> dict[str, object]:
    """Totals of a file without rows."""
    return {f"total.{name}": 0 for name, column in declared.columns.items() if column.from_}


def _plain(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value
