"""How delimited text is cut into records: at once where quotes are in order, one by one where they are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from enishi.ingest.mapping import Format
from enishi.ingest.readers.edges import LONGEST

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
UNIT = "\x1f"
"""Stands between fields that blanks divide."""
_LINE_END = 10


@dataclass(frozen=True)
class Cut:
    """Whole records. In order: `text` as it came. Else `records` one by one, and the lines that are `torn`: a quote
    opens and does not close before a delimiter or a line end. `places` say which of all they are."""

    text: str
    records: tuple[str, ...] | None = None
    places: tuple[int, ...] = ()
    torn: tuple[tuple[int, str], ...] = ()
    open_lines: int = 0
    """Lines from a quote that is open when the file ends."""

    def after(self, records: int, length: int) -> Cut:
        """Without the first records, which are `length` characters long."""
        if self.records is None:
            return Cut(self.text[length:])
        places = tuple(place - records for place in self.places[records:])
        torn = tuple((place - records, text) for place, text in self.torn)
        return Cut(self.text[length:], self.records[records:], places, torn, self.open_lines)


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote and escape, and the patterns that find fields and records."""

    form: Format

    @cached_property
    def separators(self) -> str:
        return " \t" if self.form.blanks else self.form.separator

    @cached_property
    def _field(self) -> str:
        stops = re.escape(self.separators) + r"\n"
        plain = _run(stops, re.escape(self.form.escape or ""), "")
        if not self.form.quote:
            return plain
        quote = re.escape(self.form.quote)
        return rf"(?:{quote}{self._inner}{quote}|(?!{quote}){plain})"

    @cached_property
    def _inner(self) -> str:
        """What may stand between quotes."""
        quote, escape = re.escape(self.form.quote or ""), re.escape(self.form.escape or "")
        return _run(quote, "" if escape == quote else escape, quote * 2)

    @cached_property
    def _between(self) -> str:
        return r"[ \t]+" if self.form.blanks else re.escape(self.form.separator)

    @cached_property
    def record(self) -> re.Pattern[str]:
        blanks = "[ \t]*" if self.form.blanks else ""
        return re.compile(rf"{blanks}{self._field}(?:{self._between}{self._field})*{blanks}(?=\n|\Z)")

    @cached_property
    def unfinished(self) -> re.Pattern[str]:
        """Fields, and then a quote that is open to the end of the text."""
        quote = re.escape(self.form.quote or "")
        return re.compile(rf"(?:{self._field}{self._between})*?{quote}{self._inner}\Z")

    @cached_property
    def quoted(self) -> re.Pattern[str]:
        """A quoted field."""
        quote = re.escape(self.form.quote or "")
        return re.compile(rf"(?:\A|(?<=[{re.escape(self.separators)}\n])){quote}{self._inner}{quote}")

    def cut(self, text: str, *, last: bool = False) -> tuple[Cut, str]:
        """Whole records of `text`, and what is left for the next piece (nothing when it is the `last`)."""
        if not any(mark in text for mark in (self.form.quote, self.form.escape) if mark):
            end = len(text) if last else text.rfind("\n") + 1
            return Cut(text[:end]), text[end:]
        end = self._end_in_order(text, last)
        if end >= 0 and (end or len(text) <= LONGEST):
            return Cut(text[:end]), text[end:]
        return self._one_by_one(text, last)

    def _end_in_order(self, text: str, last: bool) -> int:
        """Just after the last whole record; -1 when a quote or an escape stands where it means trouble."""
        if not self.form.quote or (self.form.escape and self.form.escape in text):
            return -1
        raw = text.encode()
        data = np.frombuffer(raw, np.uint8)
        quotes = np.flatnonzero(data == ord(self.form.quote))
        if last and len(quotes) % 2:
            return -1
        end = len(data) if last else _last_line_end(raw, quotes)
        if not _in_order(data[:end], quotes[quotes < end], self.separators):
            return -1
        return end if len(raw) == len(text) else len(raw[:end].decode())

    def _one_by_one(self, text: str, last: bool) -> tuple[Cut, str]:
        records: list[tuple[int, str]] = []
        torn: list[tuple[int, str]] = []
        start = 0
        for whole, begin, end in self._walk(text, last):
            (records if whole else torn).append((len(records) + len(torn), text[begin:end]))
            start = end + 1
        rest = text[start:]
        cut = Cut(
            "".join(f"{record}\n" for _, record in records),
            tuple(record for _, record in records),
            tuple(place for place, _ in records),
            tuple(torn),
            rest.rstrip("\n").count("\n") + 1 if last and rest.strip() else 0,
        )
        return cut, "" if last else rest

    def _walk(self, text: str, last: bool) -> Iterator[tuple[bool, int, int]]:
        """Of each record: whether it is whole, its begin and its end. Stops before what the next piece may complete."""
        start = 0
        while start < len(text):
            found = self.record.match(text, start)
            if found and (found.end() < len(text) or last):
                yield True, start, found.end()
                start = found.end() + 1
                continue
            line = text.find("\n", start)
            if (line < 0 and not last) or self._waits(text, start):
                return
            end = line if line >= 0 else len(text)
            yield False, start, end
            start = end + 1

    def _waits(self, text: str, start: int) -> bool:
        """Whether more text can still make a record of what begins at `start`."""
        if len(text) - start > LONGEST:
            return False
        return bool(self.form.quote and self.unfinished.match(text, start))

    def first(self, text: str) -> str:
        """The first record of a cut in order."""
        found = self.record.match(text)
        return found[0] if found else text.partition("\n")[0]

    def split(self, text: str) -> list[str]:
        """The text of each record of a cut in order, as it came."""
        if not self.form.quote or self.form.quote not in text:
            return text.split("\n")
        flat = self.quoted.sub(lambda found: found[0].replace("\n", "\0"), text)
        lines, start = [], 0
        for line in flat.split("\n"):
            lines.append(text[start : start + len(line)])
            start += len(line) + 1
        return lines

    def arranged(self, text: str) -> str:
        """The text as Arrow's parser takes it: blanks that delimit become one character each."""
        if not self.form.blanks:
            return text
        trimmed = re.sub(r"(?m)^[ \t]+|[ \t]+$", "", text)
        if not self.form.quote or self.form.quote not in text:
            return re.sub(r"[ \t]+", UNIT, trimmed)
        either = re.compile(rf"({self.quoted.pattern})|[ \t]+")
        return either.sub(lambda found: found[1] or UNIT, trimmed)


def _run(stops: str, escape: str, pair: str) -> str:
    """A pattern: characters other than `stops`, escaped ones, and pairs that stand for one."""
    special = "|".join([*([pair] if pair else []), *([rf"{escape}[\s\S]"] if escape else [])])
    plain = f"[^{stops}{escape}]*"
    return rf"{plain}(?:(?:{special}){plain})*" if special else plain


def _last_line_end(data: bytes, quotes: Places) -> int:
    """Just after the last line end that stands outside quotes."""
    end = data.rfind(b"\n")
    while end >= 0 and (before := int(np.searchsorted(quotes, end))) % 2:
        end = data.rfind(b"\n", 0, int(quotes[before - 1]))
    return end + 1


def _in_order(data: Bytes, quotes: Places, separators: str) -> bool:
    """Whether quotes open only after, and close only before, a delimiter, a line end or another quote."""
    if not len(quotes):
        return True
    stops = np.zeros(256, dtype=bool)
    stops[[_LINE_END, *separators.encode()]] = True
    opens, closes = quotes[::2], quotes[1::2]
    before = stops[data[opens - 1]] | (opens == 0)
    before[1:] |= opens[1:] == closes[: len(opens) - 1] + 1
    after = stops[data[np.minimum(closes + 1, len(data) - 1)]] | (closes + 1 == len(data))
    after[:-1] |= closes[:-1] + 1 == opens[1 : len(closes)]
    return bool(before.all() and after.all())
