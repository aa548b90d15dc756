"""CSV and TSV in constant memory: text blocks cut at record ends, each parsed by Arrow's CSV reader as text columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, Any, BinaryIO, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from enishi.errors import SourceFileError
from enishi.ingest.block import Block, Reject, row_numbers
from enishi.ingest.cells import mask, pc
from enishi.ingest.mapping import Format
from enishi.ingest.readers.encodings import texts, unpacked

LONGEST = 16 << 20
"""Characters of one record: beyond, a quote is open or the line ends are missing."""


@dataclass(frozen=True)
class Dialect:
    """Delimiter and quote, and the patterns that find quoted fields."""

    form: Format
    quoted: re.Pattern[str] | None = field(init=False)
    stray: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        quote, separator = self.form.quote, re.escape(self.form.separator)
        mark = re.escape(quote) if quote else ""
        whole = rf"(?:\A|(?<=[{separator}\n])){mark}(?:[^{mark}]|{mark}{mark})*(?:{mark}|\Z)"
        inner = rf"[^{separator}\n{mark}]{mark}[^{separator}\n{mark}]"
        object.__setattr__(self, "quoted", re.compile(whole) if quote else None)
        object.__setattr__(self, "stray", re.compile(inner) if quote else None)

    def end_of_records(self, text: str) -> int:
        """Just after the last line end of `text` that ends a record; 0 when there is none."""
        last = text.rfind("\n") + 1
        quote = self.form.quote
        if not quote or quote not in text:
            return last
        if text.count(quote, 0, last) % 2 == 0 and not (self.stray and self.stray.search(text)):
            return last
        return self._end_by_fields(text)

    def _end_by_fields(self, text: str) -> int:
        """The same, told by the quoted fields themselves: a line end inside one ends nothing."""
        end = outside = 0
        for found in self.quoted.finditer(text) if self.quoted else ():
            end = max(end, text.rfind("\n", outside, found.start()) + 1)
            outside = found.end()
        return max(end, text.rfind("\n", outside) + 1)

    def open_quote(self, text: str) -> int | None:
        """Where a quote opens that is never closed."""
        quote = self.form.quote
        if not quote or not self.quoted or quote not in text:
            return None
        for found in self.quoted.finditer(text):
            if found.end() == len(text) and (len(found[0]) == 1 or (found[0].count(quote) % 2)):
                return found.start()
        return None

    def records(self, text: str) -> list[str]:
        """The text of each record, as it came."""
        if not self.quoted or not self.form.quote or self.form.quote not in text:
            return text.split("\n")
        flat = self.quoted.sub(lambda found: found[0].replace("\n", "\0"), text)
        starts = [0, *(found.end() for found in re.finditer("\n", flat)), len(flat) + 1]
        return [text[start : end - 1] for start, end in pairwise(starts)]


def read(stream: BinaryIO, form: Format, where: str) -> Iterator[Block]:
    """Blocks of text columns; rows with a wrong number of fields are rejects.

    Raises:
        SourceFileError: the file as a whole cannot be read as declared.
    """
    dialect = Dialect(form)
    names: list[str] = []
    row = 1
    for text in _whole_records(texts(unpacked(stream, form, where), form, where), dialect, where):
        if not names:
            names, text, row = _header(text, dialect, where)
        if text:
            block, count = _parse(text, names, row, dialect, where)
            row += count
            yield block
    if not names:
        raise SourceFileError("the file is empty", where=where, remedy="Send the file again.")


def _whole_records(parts: Iterator[str], dialect: Dialect, where: str) -> Iterator[str]:
    pending = ""
    for part in parts:
        pending += part
        end = dialect.end_of_records(pending)
        if end:
            yield pending[:end]
        elif len(pending) > LONGEST:
            raise SourceFileError(
                f"no record ends within {LONGEST:,} characters",
                where=where,
                remedy="Look for a quote that is never closed.",
            )
        pending = pending[end:]
    if pending:
        opened = dialect.open_quote(pending)
        if opened is not None:
            raise _never_closed(pending, opened, where)
        yield pending


def _never_closed(text: str, at: int, where: str) -> SourceFileError:
    start = text.rfind("\n", 0, at) + 1
    lines = text.count("\n", start)
    return SourceFileError(
        f"a quote is opened and never closed, {lines + 1} lines before the end of the file",
        where=where,
        remedy="Send the file again whole, or set quote: null when quotes mean nothing in it.",
    )


def _header(text: str, dialect: Dialect, where: str) -> tuple[list[str], str, int]:
    """Names of the columns, the rest of the first block, and the number of its first row."""
    form = dialect.form
    for _ in range(form.skip):
        text = text.partition("\n")[2]
    if not form.header:
        return form.names, text, form.skip + 1
    first = dialect.records(text)[0]
    reader = csv.reader(io.StringIO(first), delimiter=form.separator, quotechar=form.quote)
    names = [name.strip() for name in next(reader, [])]
    _check_header(names, where)
    return names, text[len(first) + 1 :], form.skip + 2


def _check_header(names: list[str], where: str) -> None:
    if not any(names):
        raise SourceFileError(
            "the header is empty", where=where, remedy="Send the file with its header, or set header: false."
        )
    if twice := [name for name in names if names.count(name) > 1]:
        what = f"the header has the column {twice[0]!r} twice" if twice[0] else "the header has columns without a name"
        raise SourceFileError(what, where=where, remedy="Give each column its own name.")


def _parse(text: str, names: Sequence[str], row: int, dialect: Dialect, where: str) -> tuple[Block, int]:
    """One block, and how many records it holds."""
    wrong: list[pacsv.InvalidRow] = []
    table = _arrow(text.encode(), names, dialect.form, wrong, where)
    total = table.num_rows + len(wrong)
    places = np.array([_place(found) for found in wrong], dtype=np.int64)
    numbers = np.delete(row_numbers(row, total), places)

    def raw(asked: Sequence[int]) -> list[bytes]:
        records = dialect.records(text)
        return [records[int(numbers[position]) - row].encode(dialect.form.encoding) for position in asked]

    rejects = tuple(_ragged(found, row, dialect.form) for found in wrong)
    columns = {name: table.column(name).combine_chunks() for name in names}
    return _sound(Block(columns, numbers, raw, rejects), "\0" in text), total


def _arrow(data: bytes, names: Sequence[str], form: Format, wrong: list[pacsv.InvalidRow], where: str) -> pa.Table:
    def keep(found: pacsv.InvalidRow) -> Literal["skip"]:
        wrong.append(found)
        return "skip"

    try:
        return pacsv.read_csv(
            cast(IO[Any], pa.BufferReader(data)),
            read_options=pacsv.ReadOptions(column_names=list(names), block_size=len(data) + 1, use_threads=False),
            parse_options=pacsv.ParseOptions(
                delimiter=form.separator,
                quote_char=form.quote or False,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise SourceFileError(
            "the file cannot be cut into fields", where=where, remedy="Check delimiter and quote."
        ) from error


def _place(found: pacsv.InvalidRow) -> int:
    """Position of the record in its block; the parser counts from 1 (and knows it because it runs on one thread)."""
    return (found.number or 1) - 1


def _ragged(found: pacsv.InvalidRow, row: int, form: Format) -> Reject:
    reason = "too_few_fields" if found.actual_columns < found.expected_columns else "too_many_fields"
    return Reject(row + _place(found), "", reason, found.text.encode(form.encoding))


def _sound(block: Block, nul: bool) -> Block:
    """Without blank lines; rows that hold a NUL character are rejects."""
    blank = np.ones(block.rows, dtype=bool)
    zero = np.zeros(block.rows, dtype=bool)
    for column in block.columns.values():
        if blank.any():
            blank &= mask(pc.equal(column, ""))
        if nul:
            zero |= mask(pc.match_substring(column, "\0"))
    if not (blank.any() or zero.any()):
        return block
    places = [int(place) for place in np.flatnonzero(zero)]
    refused = [
        Reject(int(block.row_no[place]), "", "nul", raw) for place, raw in zip(places, block.raw(places), strict=True)
    ]
    kept = block.keep(~(blank | zero))
    return Block(kept.columns, kept.row_no, kept.raw, (*block.rejects, *refused))
