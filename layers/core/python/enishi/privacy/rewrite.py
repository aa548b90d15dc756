"""Files without a person: lines dropped by number or by value, rows of Parquet dropped or made nameless. Pure."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from enishi.decide.recipient import Recipient
from enishi.privacy.person import Person
from enishi.privacy.scan import Needles

GZIP = b"\x1f\x8b"
_LINES = re.compile(rb"[^\n]*\n|[^\n]+\Z")
_OPAQUE = (b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
"""How files begin whose records are not to be told apart by their line ends: UTF-16, and what is packed otherwise."""
KEPT_OF_PART = frozenset({"customer_id", "holdout", "exited", "goal_reached", "part"})
KEPT_OF_RESULT = frozenset(
    {"chunk", "customer_id", "message_id", "outcome", "reason", "channel", "template_id", "variant", "propensity",
     "policy", "unit_cost", "decided_at", "decided_date", "run_id", "step_id", "lane"}
)  # fmt: skip
"""What says how a step went, and of whom no more than that it was somebody."""


def records(data: bytes, quote: str | None) -> Iterator[bytes]:
    """The records of delimited text with their line ends; a line end inside quotes ends nothing."""
    mark, held = (quote or "").encode(), b""
    for line in _LINES.findall(data):
        held += line
        if not mark or held.count(mark) % 2 == 0:
            yield held
            held = b""
    if held:
        yield held


def without_rows(data: bytes, rows: frozenset[int], quote: str | None) -> bytes | None:
    """A text file without the records of these numbers (from 1, the header included); packed again when it was.

    None when its records cannot be told apart (UTF-16, zip, Zstandard): such a file is taken away whole.
    """
    if data.startswith(GZIP):
        inner = without_rows(gzip.decompress(data), rows, quote)
        return None if inner is None else gzip.compress(inner, mtime=0)
    if data.startswith(_OPAQUE):
        return None
    return b"".join(record for number, record in enumerate(records(data, quote), 1) if number not in rows)


def without_lines(data: bytes, needles: Needles) -> bytes:
    """A text file without the lines that hold one of the values; packed again when it was."""
    if data.startswith(GZIP):
        return gzip.compress(without_lines(gzip.decompress(data), needles), mtime=0)
    return b"".join(line for line in _LINES.findall(data) if not needles.inside(line))


def without_places(data: bytes, rows: frozenset[int]) -> bytes:
    """A Parquet file without the rows of these numbers (from 1)."""
    table = pq.read_table(pa.BufferReader(data))
    return to_parquet(table.filter(pa.array([number not in rows for number in range(1, table.num_rows + 1)])))


def chunk_without(data: bytes, person: Person, pseudonym: str) -> bytes:
    """A chunk with a nameless recipient in the person's place: the step still counts one who arrived."""
    gone = person.of("customer")
    nobody = Recipient(customer_id=pseudonym, exited="erased").to_json_line()
    lines = data.decode().splitlines()
    kept = (nobody if Recipient.from_json_line(line).customer_id in gone else line for line in lines)
    return "".join(f"{line}\n" for line in kept).encode()


def rows_dropped(table: pa.Table, person: Person, _pseudonym: str) -> pa.Table:
    """Without the rows of which a text column names one of the person's records."""
    hit = _rows_of(table, person)
    return table.filter(pa.array([not found for found in hit], pa.bool_()))


def part_without(table: pa.Table, person: Person, pseudonym: str) -> pa.Table:
    """A part with a nameless row, marked as gone, in the person's place."""
    nameless = _nameless(table, person, pseudonym, KEPT_OF_PART)
    exited = [
        "erased" if hit else kept for hit, kept in zip(_rows_of(table, person), _texts(nameless, "exited"), strict=True)
    ]
    return _with(nameless, "exited", exited)


def result_without(table: pa.Table, person: Person, pseudonym: str) -> pa.Table:
    """Results that say how a send went, and not whose."""
    return _nameless(table, person, pseudonym, KEPT_OF_RESULT)


Table = Callable[[pa.Table, Person, str], pa.Table]
OF_WORK: tuple[tuple[str, Table], ...] = (("parts/", part_without), ("results/", result_without), ("", rows_dropped))
"""Prefix of the work store → what becomes of its Parquet; the first that fits."""


def parquet_without(key: str, data: bytes, person: Person, pseudonym: str) -> bytes:
    """A Parquet file of the work store without the person."""
    change = next(change for prefix, change in OF_WORK if key.startswith(prefix))
    return to_parquet(change(pq.ParquetFile(pa.BufferReader(data)).read(), person, pseudonym))


def _nameless(table: pa.Table, person: Person, pseudonym: str, kept: frozenset[str]) -> pa.Table:
    hit = pa.array(_rows_of(table, person), pa.bool_())
    for place, name in enumerate(table.column_names):
        column = table.column(name)
        if name == "customer_id":
            table = table.set_column(place, table.field(name), pc.if_else(hit, pa.scalar(pseudonym), column))
        elif name not in kept:
            table = table.set_column(place, table.field(name), _emptied(column, hit))
    return table


def _emptied(column: pa.ChunkedArray[Any], hit: pa.Array[Any]) -> pa.ChunkedArray[Any]:
    values = [None if gone else value for gone, value in zip(hit.to_pylist(), column.to_pylist(), strict=True)]
    return pa.chunked_array([pa.array(values, column.type)], column.type)


def _rows_of(table: pa.Table, person: Person) -> list[bool]:
    """Which rows name one of the person's records in any text column."""
    gone, hit = person.of("customer"), [False] * table.num_rows
    for name in table.column_names:
        if pa.types.is_string(table.schema.field(name).type) or pa.types.is_large_string(table.schema.field(name).type):
            hit = [found or value in gone for found, value in zip(hit, _texts(table, name), strict=True)]
    return hit


def _texts(table: pa.Table, name: str) -> list[str | None]:
    return table.column(name).to_pylist()


def _with(table: pa.Table, name: str, values: Iterable[str | None]) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, table.field(name), pa.array(list(values), table.field(name).type))


def to_parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
