"""CSV and TSV in constant memory: text blocks cut at record ends, each parsed by Arrow's CSV reader as text columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from enishi.errors import SourceFileError
from enishi.ingest import charsets
from enishi.ingest.block import Block, Positions, Reject
from enishi.ingest.cells import mask, pc
from enishi.ingest.mapping import Format
from enishi.ingest.readers.dialect import UNIT, Cut, Dialect
from enishi.ingest.readers.edges import LONGEST, Edges
from enishi.ingest.readers.encodings import texts
from enishi.ingest.readers.headers import checked_names
from enishi.ingest.readers.opening import Part

_EXTRA = "\0"
"""Name of the column after the last one, where every row ends with a delimiter."""


def read(part: Part, form: Format) -> Iterator[Block]:
    """Blocks of text columns; rows with a wrong number of fields, or with quotes that do not close, are rejects.

    Raises:
        SourceFileError: the file as a whole cannot be read as declared.
    """
    dialect, edges = Dialect(form), Edges(form, part.where)
    layout: Layout | None = None
    row = form.skip + 1
    for cut in _cuts(edges.inside(texts(part.stream, form, part.where)), dialect, part.where):
        if layout is None:
            layout, cut, row = _header(cut, dialect, row, part.where)
        if layout and (cut.text or cut.torn):
            block, count = _parse(cut, layout, row)
            row += count
            yield block
    if layout is None:
        raise SourceFileError("the file is empty", where=part.where, remedy="Send the file again.")
    yield layout.nothing(edges.trailer)


@dataclass(frozen=True)
class Layout:
    """What is known once the header is: names of the columns, and the dialect."""

    names: list[str]
    dialect: Dialect
    where: str
    extra: bool = False
    options: Options = field(init=False)

    def __post_init__(self) -> None:
        names = [*self.names, *([_EXTRA] if self.extra else [])]
        object.__setattr__(self, "options", Options.of(names, self.dialect.form))

    def nothing(self, trailer: dict[str, str]) -> Block:
        """A block without rows: it tells the columns of a file that has no rows, and what its trailer says."""
        empty = {name: pa.array([], pa.string()) for name in self.names}
        return Block(empty, np.empty(0, dtype=np.int64), lambda _asked: [], trailer=trailer)


@dataclass(frozen=True)
class Options:
    """What Arrow's parser is told."""

    names: list[str]
    parse: dict[str, Any]
    convert: pacsv.ConvertOptions

    @classmethod
    def of(cls, names: list[str], form: Format) -> Options:
        parse = {
            "delimiter": UNIT if form.blanks else form.separator,
            "quote_char": form.quote or False,
            "escape_char": form.escape or False,
            "newlines_in_values": True,
            "ignore_empty_lines": False,
        }
        kinds = {name: pa.string() for name in names}
        return cls(names, parse, pacsv.ConvertOptions(column_types=kinds, strings_can_be_null=False, check_utf8=False))


def _cuts(pieces: Iterator[str], dialect: Dialect, where: str) -> Iterator[Cut]:
    pending = ""
    for piece in pieces:
        cut, pending = dialect.cut(_uncommented(pending + piece, dialect))
        if cut.text or cut.torn:
            yield cut
        elif len(pending) > LONGEST:
            raise SourceFileError(
                f"no record ends within {LONGEST:,} characters",
                where=where,
                remedy="Look for a quote that is never closed, and check the encoding.",
            )
    cut, _ = dialect.cut(pending, last=True)
    if cut.open_lines:
        raise SourceFileError(
            f"a quote is opened and never closed, {cut.open_lines} lines before the end of the file",
            where=where,
            remedy="Send the file again whole, or set quote: null when quotes mean nothing in it.",
        )
    if cut.text or cut.torn:
        yield cut


def _uncommented(text: str, dialect: Dialect) -> str:
    """Comment lines become blank lines, so that rows keep their numbers."""
    mark = dialect.form.comment
    if not mark or mark not in text:
        return text
    return re.sub(rf"(?m)^{re.escape(mark)}.*$", "", text)


def _header(cut: Cut, dialect: Dialect, row: int, where: str) -> tuple[Layout | None, Cut, int]:
    """Names of the columns, the rest of the first cut, and the number of its first row."""
    form = dialect.form
    if not form.header:
        return Layout(form.names, dialect, where, form.trailing), cut, row
    if form.comment:
        blank = len(cut.text) - len(cut.text.lstrip("\n"))
        cut, row = cut.after(blank, blank), row + blank
    if cut.torn and not cut.torn[0][0]:
        raise SourceFileError("a quote in the header does not close", where=where, remedy="Check quote and delimiter.")
    first = cut.records[0] if cut.records else dialect.first(cut.text)
    names = _names(first, dialect)
    extra = form.trailing or (len(names) > 1 and not names[-1] and all(names[:-1]))
    names = names[:-1] if extra and names and not names[-1] else names
    checked_names(names, where)
    return Layout(names, dialect, where, extra), cut.after(1, len(first) + 1), row + 1


def _names(first: str, dialect: Dialect) -> list[str]:
    form = dialect.form
    text, delimiter = dialect.arranged(first), UNIT if form.blanks else form.separator
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quotechar=form.quote, escapechar=form.escape)
    return [name.strip() for name in next(reader, [])]


def _parse(cut: Cut, layout: Layout, row: int) -> tuple[Block, int]:
    """One block, and how many records it holds."""
    dialect, form = layout.dialect, layout.dialect.form
    wrong: list[pacsv.InvalidRow] = []
    table = _arrow(dialect.arranged(cut.text).encode(), layout, wrong)
    total = table.num_rows + len(wrong)
    places = _places(cut, total)
    misfits = np.array([_place(found) for found in wrong], dtype=np.int64)
    kept = np.delete(np.arange(total), misfits)

    def raw(asked: Sequence[int]) -> list[bytes]:
        records = cut.records if cut.records is not None else dialect.split(cut.text)
        return [charsets.encode(records[int(kept[position])], form.encoding) for position in asked]

    rejects = [Reject(row + place, "", "torn_quote", charsets.encode(text, form.encoding)) for place, text in cut.torn]
    rejects += _ragged(wrong, cut, layout, places + row)
    columns = {name: table.column(name).combine_chunks() for name in layout.options.names}
    block = Block(columns, places[kept] + row, raw, tuple(rejects))
    return _sound(_narrowed(block, layout), "\0" in cut.text), total + len(cut.torn)


def _places(cut: Cut, total: int) -> Positions:
    return np.arange(total) if cut.records is None else np.array(cut.places[:total], dtype=np.int64)


def _arrow(data: bytes, layout: Layout, wrong: list[pacsv.InvalidRow]) -> pa.Table:
    def keep(found: pacsv.InvalidRow) -> Literal["skip"]:
        wrong.append(found)
        return "skip"

    options = layout.options
    if not data:
        return pa.table({name: pa.array([], pa.string()) for name in options.names})
    try:
        return pacsv.read_csv(
            cast(IO[Any], pa.BufferReader(data)),
            read_options=pacsv.ReadOptions(column_names=options.names, block_size=len(data) + 1, use_threads=False),
            parse_options=pacsv.ParseOptions(**options.parse, invalid_row_handler=keep),
            convert_options=options.convert,
        )
    except pa.ArrowInvalid as error:
        raise SourceFileError(
            "the file cannot be cut into fields", where=layout.where, remedy="Check delimiter and quote."
        ) from error


def _place(found: pacsv.InvalidRow) -> int:
    """Position of the record in its block; the parser counts from 1 (and knows it because it runs on one thread)."""
    return (found.number or 1) - 1


def _ragged(wrong: list[pacsv.InvalidRow], cut: Cut, layout: Layout, rows: Positions) -> Iterator[Reject]:
    if not wrong:
        return
    records = cut.records if cut.records is not None else layout.dialect.split(cut.text)
    for found in wrong:
        place = _place(found)
        if records[place].strip():
            reason = "too_few_fields" if found.actual_columns < found.expected_columns else "too_many_fields"
            raw = charsets.encode(records[place], layout.dialect.form.encoding)
            yield Reject(int(rows[place]), "", reason, raw)


def _narrowed(block: Block, layout: Layout) -> Block:
    """Without the column after the last one; a value in it is one field too many."""
    if not layout.extra:
        return block
    columns = dict(block.columns)
    filled = mask(pc.not_equal(columns.pop(_EXTRA), ""))
    return _refused(Block(columns, block.row_no, block.raw, block.rejects), filled, "too_many_fields", ~filled)


def _sound(block: Block, nul: bool) -> Block:
    """Without blank lines; rows that hold a NUL character are rejects."""
    blank = np.ones(block.rows, dtype=bool)
    zero = np.zeros(block.rows, dtype=bool)
    for column in block.columns.values():
        if blank.any():
            blank &= mask(pc.equal(column, ""))
        if nul:
            zero |= mask(pc.match_substring(column, "\0"))
    return _refused(block, zero, "nul", ~(blank | zero))


def _refused(block: Block, bad: Any, reason: str, good: Any) -> Block:
    """The good rows, with the bad ones as rejects."""
    if good.all():
        return block
    places = [int(place) for place in np.flatnonzero(bad)]
    raws = block.raw(places) if places else []
    refused = [Reject(int(block.row_no[place]), "", reason, raw) for place, raw in zip(places, raws, strict=True)]
    kept = block.keep(good)
    return Block(kept.columns, kept.row_no, kept.raw, (*block.rejects, *refused))
