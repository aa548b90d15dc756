"""Fixed-width records, counted in characters or in bytes, of one type or of several.

Bytes are read as Latin-1, one character a byte, so that both are cut alike; each field is then decoded by itself, which
shows a character that a border cuts in two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ingest import charsets
from enishi.ingest.block import Block, Positions, Reject
from enishi.ingest.cells import Array, Mask, mask, pc
from enishi.ingest.format import FixedField, Span
from enishi.ingest.mapping import Format
from enishi.ingest.readers.edges import LONGEST, Edges
from enishi.ingest.readers.encodings import texts
from enishi.ingest.readers.opening import Part

TYPE = "record_type"
_BYTES = "latin-1"
_NONE = np.empty(0, dtype=np.int64)


def read(part: Part, form: Format) -> Iterator[Block]:
    """Blocks of text columns; records of a wrong length or an unknown type are rejects.

    Raises:
        SourceFileError: the file as a whole cannot be read as declared.
    """
    edges, layout = Edges(form, part.where), Layout(form)
    row = form.skip + 1
    for lines in _records(edges.inside(texts(part.stream, form, part.where, encoding=layout.encoding)), form, part):
        yield layout.block(lines, row)
        row += len(lines)
    yield layout.nothing(edges.trailer)


def _records(pieces: Iterator[str], form: Format, part: Part) -> Iterator[list[str]]:
    pending = ""
    for piece in pieces:
        whole, pending = _whole(pending + piece, form)
        if whole:
            yield whole
        if len(pending) > LONGEST:
            raise SourceFileError(
                f"no record ends within {LONGEST:,} characters",
                where=part.where,
                remedy="Set line_ends: false and length when records follow one another.",
            )
    if pending:
        yield [pending]


def _whole(text: str, form: Format) -> tuple[list[str], str]:
    if form.line_ends:
        body, end, rest = text.rpartition("\n")
        return body.split("\n") if end else [], rest
    length = form.record_length
    end_of_last = len(text) // length * length
    return [text[at : at + length] for at in range(0, end_of_last, length)], text[end_of_last:]


@dataclass(frozen=True)
class Layout:
    """How records become columns."""

    form: Format

    @property
    def encoding(self) -> str | None:
        return _BYTES if self.form.unit == "bytes" else None

    @cached_property
    def names(self) -> list[str]:
        """Every column of every type, in the order of the mapping."""
        found = [field.name for fields in self.form.layouts.values() for field in fields]
        return list(dict.fromkeys([*([TYPE] if self.form.type_at else []), *found]))

    def nothing(self, trailer: dict[str, str]) -> Block:
        empty = {name: pa.array([], pa.string()) for name in self.names}
        return Block(empty, _NONE, lambda _asked: [], trailer=trailer)

    def block(self, lines: list[str], row: int) -> Block:
        """One block: records of the right length by their fields."""
        texts_ = pa.array(lines, pa.string())
        lengths = pc.utf8_length(texts_).to_numpy(zero_copy_only=False)
        blank = mask(pc.equal(pc.utf8_trim_whitespace(texts_), ""))
        if self.form.comment:
            blank |= mask(pc.starts_with(texts_, self.form.comment))
        misfit = (lengths != self.form.record_length) & ~blank
        kinds = self._types(texts_)
        known = mask(pc.is_in(kinds, value_set=pa.array(list(self.form.layouts), pa.string())))
        left_out = mask(pc.is_in(kinds, value_set=pa.array(self._left_out, pa.string()))) & ~misfit & ~blank
        good = ~blank & ~misfit & known & ~left_out
        rejects = [
            *self._wrong_length(lines, np.flatnonzero(misfit), row),
            *(
                self._reject(lines, place, row, "unknown_record_type")
                for place in np.flatnonzero(~known & ~misfit & ~blank)
            ),
        ]
        return self._columns(lines, texts_, kinds, good, row, rejects, int(left_out.sum()))

    @property
    def _left_out(self) -> list[str]:
        return [name for name, fields in self.form.layouts.items() if not fields]

    def _types(self, records: Array) -> Array:
        if self.form.type_at is None:
            return pa.repeat(pa.scalar(""), len(records))
        return pc.utf8_trim_whitespace(_slice(records, self.form.type_at))

    def _wrong_length(self, lines: list[str], places: Positions, row: int) -> Iterator[Reject]:
        for place in places:
            short = len(lines[place]) < self.form.record_length
            yield self._reject(lines, place, row, "record_too_short" if short else "record_too_long")

    def _reject(
        self, lines: list[str], place: np.integer[Any] | int, row: int, reason: str, column: str = ""
    ) -> Reject:
        return Reject(row + int(place), column, reason, self._raw(lines[int(place)]))

    def _raw(self, line: str) -> bytes:
        return charsets.encode(line, self.encoding or self.form.encoding)

    def _columns(
        self, lines: list[str], records: Array, kinds: Array, good: Mask, row: int, rejects: list[Reject], skipped: int
    ) -> Block:
        places = np.flatnonzero(good)
        kept, types = records.filter(pa.array(good)), kinds.filter(pa.array(good))
        columns: dict[str, Array] = {TYPE: types} if self.form.type_at else {}
        broken = np.zeros(len(places), dtype=bool)
        for kind, fields in self.form.layouts.items():
            among = mask(pc.equal(types, kind))
            for field in fields:
                values, bad = self._field(kept, field, among)
                columns[field.name] = pc.coalesce(columns[field.name], values) if field.name in columns else values
                rejects += [self._reject(lines, at, row, "cut_character", field.name) for at in places[bad & ~broken]]
                broken |= bad

        def raw(asked: Sequence[int]) -> list[bytes]:
            return [self._raw(lines[int(places[position])]) for position in asked]

        block = Block(columns, places + row, raw, tuple(rejects), skipped=skipped)
        return block.keep(~broken) if broken.any() else block

    def _field(self, records: Array, field: FixedField, among: Mask) -> tuple[Array, Mask]:
        """A field's text where the record is of its type, and where a character is cut in two."""
        text = _slice(records, field)
        if not among.all():
            text = pc.if_else(pa.array(among), text, pa.scalar(None, pa.string()))
        if self.form.unit == "chars" or pc.all(pc.string_is_ascii(text)).as_py() is not False:
            return text, np.zeros(len(text), dtype=bool)
        return _decoded(text, self.form.encoding)


def _slice(records: Array, span: Span) -> Array:
    return pc.utf8_slice_codeunits(records, span.start - 1, span.end)


def _decoded(text: Array, encoding: str) -> tuple[Array, Mask]:
    """The distinct values, bytes shown as Latin-1, in their real encoding."""
    encoded = text.dictionary_encode()
    words = [_word(value, encoding) for value in encoded.dictionary.to_pylist()]
    values = pa.array(words, pa.string()).take(encoded.indices)
    return values, mask(pc.and_(pc.is_valid(text), pc.is_null(values)))


def _word(value: str, encoding: str) -> str | None:
    try:
        return charsets.decoder(encoding).decode(value.encode(_BYTES), final=True)
    except UnicodeDecodeError:
        return None
