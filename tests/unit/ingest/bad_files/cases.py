"""What a case of a bad file is: its name, its bytes, the mapping that reads it, and what must come of it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from enishi.ingest.mapping import Mapping, parse

LINES = """
id: lines
files: "*"
system: test
tables:
  - table: order_lines
    columns:
      order_id: no
      line_no: line
      order_date: day
      product_id: {from: sku, required: true}
      quantity: {from: qty, required: true}
      line_amount: {from: amount, required: true}
      line_discount: {from: off, optional: true, min: 0}
"""
PEOPLE = """
id: people
files: "*"
system: test
tables:
  - table: customers
    columns:
      customer_id: {from: no, id: C}
      registered_at: {from: at, format: [iso, "%Y/%m/%d %H:%M:%S"], required: true}
      birth_date: {from: born, format: ["%Y%m%d", "%Y/%m/%d"]}
      latitude: {from: lat, min: -90, max: 90}
      is_employee: {from: staff, optional: true}
      gender: {from: sex, optional: true, map: {1: male, 2: female}}
"""
HEAD = "no,line,day,sku,qty,amount"
GOOD = "R1,1,2026-11-21,p1,2,1980"
Bad = tuple[int, str | None, str]


@dataclass(frozen=True)
class Case:
    """`refused`: words of the error's what, where and remedy. Otherwise `good` rows load and `bad` ones (row, column,
    reason) are quarantined."""

    name: str
    build: bytes | Callable[[], bytes]
    form: dict[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    good: int = 0
    bad: tuple[Bad, ...] = ()
    mapping: str = LINES
    zone: str = "Asia/Tokyo"
    raw: tuple[bytes, ...] = ()
    stopped: tuple[str, ...] = ()
    """Words of the error of a check of the whole file."""

    @property
    def data(self) -> bytes:
        return self.build if isinstance(self.build, bytes) else self.build()

    @property
    def source(self) -> Mapping:
        """The mapping with the case's own format and zone."""
        return parse(f"{self.mapping}\nformat: {_flow(self.form)}\nzone: {self.zone}\n", "case.yaml")


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def lines(*rows: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    """A CSV of order lines."""
    return "".join(f"{row}\n" for row in (head, *rows)).encode(encoding)


def one(**changed: str) -> str:
    """A good row with some fields changed."""
    fields = dict(zip(HEAD.split(","), GOOD.split(","), strict=True)) | changed
    return ",".join(fields.values())


def person(**changed: str) -> bytes:
    """A file of people: a good row, and one with some fields changed."""
    fields = {"no": "2", "at": "2026-11-21 10:00:00", "born": "19800101", "lat": "35.6", "staff": "0", "sex": "1"}
    rows = [fields | {"no": "1"}, fields | changed]
    return "".join(f"{','.join(row)}\n" for row in [list(fields), *(list(row.values()) for row in rows)]).encode()


def zipped(*members: tuple[str, bytes], **options: Any) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def encrypted(data: bytes) -> bytes:
    """The zip with the bit that says that its files have a password."""
    place = data.find(b"PK\x01\x02")
    return data[:6] + b"\x01" + data[7 : place + 8] + b"\x01" + data[place + 9 :]


def bomb(size: int) -> bytes:
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return sink.getvalue()


def packed_bomb(size: int) -> bytes:
    sink = io.BytesIO()
    with gzip.GzipFile(fileobj=sink, mode="wb", mtime=0, compresslevel=1) as packed:
        packed.write(f"{HEAD}\n".encode())
        for _ in range(size >> 20):
            packed.write(one(sku="x" * (1 << 20)).encode() + b"\n")
    return sink.getvalue()


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def bzip2(data: bytes) -> bytes:
    return bz2.compress(data)


def parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return sink.getvalue()


def workbook(*rows: list[Any], title: str = "Sheet", merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()
