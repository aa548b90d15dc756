"""How text is cut into records and fields (JSON Lines, a delimiter, blanks, fixed columns), and where the header is."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from enishi.ingest.proposal.words import Words

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", "^": "caret", "\x01": "\\x01", "\x1f": "\\x1f"}
LINES = 2_000
_STEADY = 0.9
_TITLES = 10
_START = 1 << 16
_VALUE = re.compile(r"^[+-]?[\d,.]+%?$|^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|^[^@\s]+@[^@\s]+$|^\d{4}年")


@dataclass(frozen=True)
class Dialect:
    """The format as a mapping says it, the names of the columns, and the reasons."""

    form: dict[str, Any]
    names: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cut:
    """One way to cut lines into fields: how many fields most lines have, and what share of them."""

    form: dict[str, Any]
    says: str
    rows: Sequence[Sequence[str]]
    width: int = field(init=False)
    share: float = field(init=False)

    def __post_init__(self) -> None:
        widths = Counter(len(row) for row in self.rows if row)
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        object.__setattr__(self, "width", width)
        object.__setattr__(self, "share", count / max(sum(widths.values()), 1))


def dialect_of(text: str, words: Words) -> Dialect:
    """What the text's first lines say; the order of the tries is that of how unmistakable each is."""
    text = text.lstrip("\ufeff")
    lines = [line for line in text.splitlines()[:LINES] if line.strip()]
    if _json_lines(lines):
        return Dialect({"kind": "jsonl"}, reasons=("every line is a JSON object: JSON Lines",))
    if (array := _json_array(text)) is not None:
        return array
    best = max(_delimited(lines), key=lambda cut: (cut.width > 1, round(cut.share, 2), cut.width), default=None)
    if best is not None and best.width > 1 and best.share >= _STEADY / 2:
        return _with_header(best, words)
    if (blanks := _by_blanks(lines)) is not None:
        return _with_header(blanks, words)
    single = Cut({"kind": "csv"}, "no delimiter: one column", [[line] for line in lines])
    return _with_header(single, words)


def _json_lines(lines: Sequence[str]) -> bool:
    """Whether the lines are objects; a single one that holds a list of objects is a document."""
    if not lines or not lines[0].lstrip().startswith("{"):
        return False
    try:
        first = json.loads(lines[0])
    except ValueError:
        return False
    return isinstance(first, dict) and (len(lines) > 1 or not any(map(_is_rows, first.values())))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _json_array(text: str) -> Dialect | None:
    """A JSON file whose rows are one array: the file itself, or the first list of objects in it."""
    start = text.lstrip()[:_START]
    if re.match(r"\[\s*\{", start):
        return Dialect({"kind": "json"}, reasons=("it begins with [ and {: a JSON array",))
    found = re.search(r'"([^".]+)"\s*:\s*\[\s*\{', start) if start.startswith("{") else None
    if found is None:
        return None
    doubt = f"the rows are the list {found[1]!r}, the first list of objects in the file"
    return Dialect({"kind": "json", "root": found[1]}, reasons=("it begins with {: a JSON document",), doubts=(doubt,))


def _delimited(lines: Sequence[str]) -> Iterator[Cut]:
    text = "\n".join(lines)
    for delimiter, name in DELIMITERS.items():
        if not any(delimiter in line for line in lines):
            continue
        quoted = bool(re.search(rf'(?:^|{re.escape(delimiter)})\s*"', text, re.MULTILINE))
        rows = _rows(text, delimiter, '"' if quoted or '"' not in text else None)
        form: dict[str, Any] = {"kind": "tsv"} if delimiter == "\t" else {"kind": "csv"}
        form |= {} if delimiter in ",\t" else {"delimiter": delimiter}
        form |= {} if quoted or '"' not in text else {"quote": None}
        yield Cut(form, f"delimiter {name}", rows)


def _rows(text: str, delimiter: str, quote: str | None) -> list[list[str]]:
    if quote is None:
        return [line.split(delimiter) for line in text.split("\n")]
    return list(csv.reader(io.StringIO(text), delimiter=delimiter, quotechar=quote))


def _by_blanks(lines: Sequence[str]) -> Cut | None:
    """Columns divided by blanks: as words where no field is empty, else by the places where every line is blank."""
    words = Cut(
        {"kind": "csv", "delimiter": "whitespace"}, "fields divided by blanks", [line.split() for line in lines]
    )
    if words.width > 1 and words.share == 1:
        return words
    return _fixed(lines)


def _fixed(lines: Sequence[str]) -> Cut | None:
    """Cuts at the columns that are blank in all lines; only where all lines are equally long."""
    if len({len(line) for line in lines}) != 1 or len(lines) < 2:
        return None
    blank = [all(line[place] in " \u3000" for line in lines) for place in range(len(lines[0]))]
    fields = list(_runs(blank))
    if len(fields) < 2:
        return None
    rows = [[line[start : start + width].strip() for start, width in fields] for line in lines]
    cuts = [
        {"name": name, "start": start + 1, "width": width}
        for name, (start, width) in zip(_numbered(fields), fields, strict=True)
    ]
    return Cut(
        {"kind": "fixed", "fields": cuts},
        f"all lines have {len(lines[0])} characters: cut where every line is blank",
        rows,
    )


def _runs(blank: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Start and width of each field; the blanks before it belong to it."""
    start = 0
    for place in range(1, len(blank) + 1):
        if place == len(blank) or (blank[place] and not blank[place - 1]):
            yield start, place - start
            start = place


def _with_header(cut: Cut, words: Words) -> Dialect:
    skip = _titles(cut)
    rows = [row for row in cut.rows[skip:] if row]
    reasons = [f"{cut.says}: {cut.share:.0%} of {len(cut.rows):,} lines have {cut.width} fields"]
    reasons += [f"{skip} lines stand above the table"] if skip else []
    form = cut.form | ({"skip": skip} if skip else {})
    if cut.form["kind"] == "fixed":
        return Dialect(
            form, tuple(_numbered(rows[0])), tuple(reasons), ("a column that is never blank before it is cut too late",)
        )
    first = [name.strip() for name in rows[0]] if rows else []
    header, why, sure = _header(first, rows[1:], words)
    doubts = () if sure else (why,)
    if header:
        return Dialect(form, tuple(first), (*reasons, f"header: {why}"), doubts)
    names = tuple(_numbered(range(cut.width)))
    return Dialect(form | {"header": False, "names": list(names)}, names, (*reasons, f"no header: {why}"), doubts)


def _numbered(fields: Iterable[object]) -> list[str]:
    """Names for columns that have none, by their place."""
    return [f"column_{place:02d}" for place, _ in enumerate(fields, 1)]


def _titles(cut: Cut) -> int:
    """Lines above the table: they have another number of fields than nearly all others."""
    for place, row in enumerate(cut.rows[:_TITLES]):
        if len(row) == cut.width:
            return place
    return 0


def _header(first: Sequence[str], rows: Sequence[Sequence[str]], words: Words) -> tuple[bool, str, bool]:
    """Whether the first record names the columns; why; and whether that is sure."""
    if known := [name for name in first if words.knows(name)]:
        return True, f"{len(known)} of {len(first)} names are known words", True
    if any(_VALUE.match(name) for name in first):
        return False, "the first line holds values", True
    if not all(first) or len(set(first)) < len(first):
        return False, "the first line repeats a value or has an empty one", False
    for place in range(len(first)):
        below = [row[place].strip() for row in rows if len(row) > place and row[place].strip()]
        if below and all(_VALUE.match(value) for value in below):
            return True, "its fields are words above numbers or days", True
        if first[place] in below:
            return False, "a value of the first line comes again below", False
    return True, "the first line could be one", False
