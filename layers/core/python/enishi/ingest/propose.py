"""`enishi sources new`: look at a file, write a mapping to edit, say why for every guess."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from re import sub as replaced
from typing import Any, BinaryIO

import yaml

from enishi.errors import SourceFileError
from enishi.ingest.mapping import Format, Mapping, parse
from enishi.ingest.readers import READERS
from enishi.ingest.readers.encodings import BLOCK, sniff, unpacked
from enishi.ingest.shapes import Shape, shape_of
from enishi.lake import schema

SAMPLE_ROWS = 2_000
_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


@dataclass(frozen=True)
class Proposal:
    """A mapping as text, with its reasons as comments; it parses as it stands."""

    source: str
    text: str

    @property
    def mapping(self) -> Mapping:
        return parse(self.text, f"{self.source}.yaml")


@dataclass(frozen=True)
class Guess:
    """A target column for a source column, as the mapping says it, and why."""

    column: str
    spec: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class Reading:
    """What was made out of the file: its format with reasons, and what its columns look like."""

    form: Format
    reasons: Sequence[str]
    shapes: Sequence[Shape]


def propose(stream: BinaryIO, file: str, source: str | None = None) -> Proposal:
    """A mapping for a file of an unknown layout.

    Raises:
        SourceFileError: nothing about the file can be made out.
    """
    form, why = _format(stream, file)
    stream.seek(0)
    shapes = _shapes(stream, form, file)
    table, guesses = _table(shapes)
    name = source or _source_id(file)
    return Proposal(name, _text(name, file, Reading(form, why, shapes), table, guesses))


def _format(stream: BinaryIO, file: str) -> tuple[Format, list[str]]:
    packed = unpacked(stream, Format(), file)
    head = packed.read(BLOCK)
    compressed = "; gzip by its first bytes" if packed is not stream else ""
    if not head:
        raise SourceFileError("the file is empty", where=file, remedy="Give a file with rows.")
    if head[:4] == b"PAR1":
        return Format(kind="parquet"), ["Parquet by its first bytes"]
    encodings = sniff(head)
    if not encodings:
        raise SourceFileError(
            "the file is text in no encoding that is known here", where=file, remedy="Send it in UTF-8 or CP932."
        )
    reason = f"{encodings[0]}: the first {len(head):,} bytes decode, and read like text{compressed}"
    text = head.decode(encodings[0], errors="ignore").lstrip("\ufeff")
    if text.lstrip()[:1] == "{":
        return Format(kind="jsonl", encoding=encodings[0]), [reason, "a line starts with {: JSON Lines"]
    delimiter, share = _delimiter(text)
    why = [reason, f"delimiter {_DELIMITERS[delimiter]}: the same number of them in {share:.0%} of the lines"]
    return _delimited(encodings[0], delimiter), why


def _delimited(encoding: str, delimiter: str) -> Format:
    if delimiter == "\t":
        return Format(kind="tsv", encoding=encoding)
    return Format(kind="csv", encoding=encoding, delimiter=None if delimiter == "," else delimiter)


def _delimiter(text: str) -> tuple[str, float]:
    """The delimiter whose number of fields is the steadiest, and how steady."""
    lines = text.splitlines()[:SAMPLE_ROWS]
    best = (",", 0.0)
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter) if row)
        width, count = widths.most_common(1)[0]
        share = count / sum(widths.values())
        if width > 1 and share > best[1]:
            best = (delimiter, share)
    return best


def _shapes(stream: BinaryIO, form: Format, file: str) -> list[Shape]:
    blocks = READERS[form.kind](stream, form, file)
    first = next(iter(blocks), None)
    if first is None:
        raise SourceFileError("the file has no rows", where=file, remedy="Give a file with rows.")
    return [shape_of(name, column.slice(0, SAMPLE_ROWS)) for name, column in first.columns.items()]


def _table(shapes: Sequence[Shape]) -> tuple[str, list[Guess]]:
    """The table that most columns have a place in, and those places."""
    found = {table: list(_guesses(table, shapes)) for table in vocabulary()}
    table = max(found, key=lambda name: (_score(name, found[name]), name))
    return table, found[table]


def _score(table: str, guesses: Sequence[Guess]) -> float:
    """Columns with a place, and twice the share of the key that they cover."""
    key = schema.table(table).key
    return len(guesses) + 2 * len({guess.column for guess in guesses} & set(key)) / len(key)


def _guesses(table: str, shapes: Sequence[Shape]) -> Iterator[Guess]:
    taken: set[str] = set()
    for shape in shapes:
        for column, words in vocabulary()[table].items():
            if column not in taken and _plain(shape.name) in words:
                taken.add(column)
                yield Guess(
                    column, _spec(table, column, shape), f"{shape.name}: the name says {table}.{column}; {shape.says}"
                )
                break


def _spec(table: str, column: str, shape: Shape) -> dict[str, Any]:
    kind = schema.table(table).column(column).type
    spec: dict[str, Any] = {"from": shape.name}
    if column == "customer_id":
        spec["id"] = "C"
    if kind in ("date", "timestamp") and shape.format:
        spec["format"] = shape.format
    return spec


def _source_id(file: str) -> str:
    stem = PurePosixPath(file).name.split(".")[0].lower()
    name = replaced(r"[^a-z0-9]+", "_", replaced(r"[0-9]+", "", stem)).strip("_")
    return name if name[:1].isalpha() else f"source_{name}".rstrip("_")


def _pattern(file: str) -> str:
    return replaced(r"[0-9]{4,}", "*", PurePosixPath(file).name)


def _plain(name: str) -> str:
    return replaced(r"[\s_\-・（）()]", "", name).lower()


@cache
def vocabulary() -> dict[str, dict[str, frozenset[str]]]:
    """Table → column → plain words by which retailers call it."""
    return {
        table: {column: frozenset(map(_plain, (column, *words))) for column, words in columns.items()}
        for table, columns in _words()["tables"].items()
    }


@cache
def private_words() -> tuple[str, ...]:
    """Parts of column names that speak of a person."""
    return tuple(map(_plain, _words()["private"]))


def _words() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((files("enishi.ingest") / "vocabulary.yaml").read_text("utf-8"))
    return data


def _text(name: str, file: str, read: Reading, table: str, guesses: Sequence[Guess]) -> str:
    """The YAML, a comment a reason."""
    named = {guess.spec["from"] for guess in guesses}
    form = read.form.model_dump(exclude_defaults=True) | {"kind": read.form.kind}
    lines = [
        f"# Proposed from {file}. Edit it, then: enishi sources check {name} {file}",
        *(f"# {reason}" for reason in read.reasons),
        f"# {len(guesses)} of {len(read.shapes)} columns have a place in {table}",
        *_yaml({"id": name, "title": "", "files": _pattern(file)}),
        *_yaml({"format": form}),
        "zone: Asia/Tokyo # the zone of local times in the file",
        *_private(name for name in (shape.name for shape in read.shapes) if name not in named),
        "tables:",
        f"  - table: {table}",
        *(["    attributes: true"] if "attributes" in schema.table(table).names else []),
        "    columns:",
        *(f"      {guess.column}: {_flow(guess.spec)} # {guess.reason}" for guess in guesses),
        *(f"      # {key}: the key needs it, and no column looks like it" for key in _missing(table, guesses)),
        *(f"# own column {shape.name}: {shape.says}" for shape in read.shapes if shape.name not in named),
    ]
    return "\n".join(lines) + "\n"


def _private(names: Iterable[str]) -> list[str]:
    """Columns whose names speak of a person: kept out of `attributes` until somebody decides."""
    found = [name for name in names if any(word in _plain(name) for word in private_words())]
    return (
        [f"private: {_flow(found)} # names, addresses and numbers of people: map them or leave them out"]
        if found
        else []
    )


def _missing(table: str, guesses: Sequence[Guess]) -> list[str]:
    return [key for key in schema.table(table).key if key not in {guess.column for guess in guesses}]


def _yaml(data: dict[str, Any]) -> list[str]:
    return [f"{key}: {_flow(value)}" for key, value in data.items()]


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
