"""Look at the files of one source: format, columns, zone, keys, table, and how the files differ."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ingest.format import Format
from enishi.ingest.proposal import canonical, dialect, encoding, keys, sampling, targets, zones
from enishi.ingest.proposal.canonical import Place
from enishi.ingest.proposal.keys import Key
from enishi.ingest.proposal.profile import Profile, profile
from enishi.ingest.proposal.sampling import Rows
from enishi.ingest.proposal.targets import Draft
from enishi.ingest.proposal.words import Words
from enishi.ingest.proposal.zones import Zone
from enishi.ingest.readers import READERS
from enishi.ingest.readers.opening import packing, parts

SAMPLE = 6_000
"""Values a column from which its kind is told."""
TITLES = 6
"""Rows of a sheet that may be its header."""


@dataclass(frozen=True)
class Sight:
    """One file: its format with reasons and doubts, its rows, and whether its text is Japanese."""

    file: str
    form: Format
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    rows: Rows
    japanese: bool
    named: bool


@dataclass(frozen=True)
class Findings:
    """What was made out of the files of one source."""

    files: tuple[str, ...]
    sight: Sight
    profiles: tuple[Profile, ...]
    keys: tuple[Key, ...]
    zone: Zone
    place: Place
    drafts: tuple[Draft, ...]
    doubts: tuple[str, ...]


def look(files: Sequence[tuple[str, BinaryIO]], zone: str, words: Words) -> Findings:
    """Everything a proposal says; the first file gives the format, all of them the columns.

    Raises:
        SourceFileError: nothing about a file can be made out.
    """
    sights = [_sight(name, stream, words) for name, stream in files]
    first, rows = sights[0], _together([sight.rows for sight in sights])
    counts, sample = keys.distinct(rows), sampling.slices(rows, SAMPLE)
    profiles = tuple(
        _standing(profile(name, values, counts.get(name, 0), rows.count, words), sights)
        for name, values in sample.items()
    )
    times = [(found.name, found.kind, found.values) for found in profiles if found.kind.name in ("time", "clock")]
    place = canonical.place(profiles, first.file, words, named=first.named)
    return Findings(
        files=tuple(sight.file for sight in sights),
        sight=first,
        profiles=profiles,
        keys=tuple(keys.candidates(rows, {found.name: found.kind for found in profiles}, counts)),
        zone=zones.zone_of(times, zone, japanese=first.japanese),
        place=place,
        drafts=tuple(targets.drafts(place, profiles, words)),
        doubts=(*first.doubts, *_differences(sights)),
    )


def _standing(found: Profile, sights: Sequence[Sight]) -> Profile:
    lacking = tuple(sight.file for sight in sights if found.name not in sight.rows.columns)
    return Profile(found.name, found.kind, found.values, found.distinct, found.rows, found.personal, lacking)


def _together(parts: Sequence[Rows]) -> Rows:
    """The rows of several files under the union of their columns."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {
        name: sampling.joined([part.columns.get(name, pa.nulls(part.count)) for part in parts]) for name in names
    }
    count, rejected = sum(part.count for part in parts), sum(part.rejected for part in parts)
    return Rows(columns, count, all(part.whole for part in parts), rejected)


def _differences(sights: Sequence[Sight]) -> list[str]:
    """Where the files of a source do not agree about their format."""
    first, *others = sights
    return [f"{_called(sight)}, but {_called(first)}" for sight in others if _read(sight) != _read(first)]


def _read(sight: Sight) -> tuple[str, str, str, bool]:
    return sight.form.kind, sight.form.encoding, sight.form.separator, sight.form.header


def _called(sight: Sight) -> str:
    kind, encoded, separator, header = _read(sight)
    return f"{sight.file} is {kind} in {encoded} by {separator!r} {'with' if header else 'without'} a header"


def _sight(file: str, stream: BinaryIO, words: Words) -> Sight:
    start = stream.read(4)
    stream.seek(0)
    if start == b"PK\x03\x04" and file.lower().endswith((".xlsx", ".xlsm")):
        return _workbook(file, stream)
    if start == b"PAR1":
        return _typed(file, stream, Format(kind="parquet"), "Parquet by its first bytes")
    return _text(file, stream, words)


def _workbook(file: str, stream: BinaryIO) -> Sight:
    """The first sheet; the header is the row, of the first few, that gives the most columns."""
    widths = [_width(stream, Format(kind="xlsx", skip=skip), file) for skip in range(TITLES)]
    skip = widths.index(max(widths))
    said = f"; {skip} rows stand above the table" if skip else ""
    form = Format(kind="xlsx", skip=skip)
    return _typed(file, stream, form, f"Excel by its name and first bytes: the first sheet{said}")


def _width(stream: BinaryIO, form: Format, file: str) -> int:
    """How many columns the first rows have when the header is there; 0 when it cannot be."""
    stream.seek(0)
    try:
        block = next(READERS[form.kind](stream, form, file))
    except (SourceFileError, StopIteration):
        return 0
    return len(block.columns) if block.rows > len(block.rejects) else 0


def _typed(file: str, stream: BinaryIO, form: Format, reason: str) -> Sight:
    stream.seek(0)
    rows = sampling.gather(READERS[form.kind](stream, form, file), file)
    return Sight(file, form, (reason,), (), rows, japanese=False, named=True)


def _text(file: str, stream: BinaryIO, words: Words) -> Sight:
    packed = packing(stream.read(4))
    stream.seek(0)
    found = sampling.look(next(parts(stream, Format(), file)).stream)
    if not found.size:
        raise SourceFileError("the file is empty", where=file, remedy="Give a file with rows.")
    found = sampling.as_lines(found, encoding.newline(found.windows[0]))
    told = encoding.guess(found.windows, file)
    text = "".join(encoding.text_of(window, told) for window in found.windows)
    cut = dialect.dialect_of(text, words)
    form = Format.model_validate({**cut.form, "encoding": told.name})
    if form.kind == "json" and not found.whole:
        rows = _document(stream, form, file)
    else:
        rows = _rows(text, form, file, whole=found.whole)
    looked = "the whole file" if found.whole else f"head, middle and tail, {found.seen:,} of {found.size:,} bytes"
    opened = "" if packed == "none" else f"; {packed} by its first bytes"
    reasons = (f"{told.reason} ({looked}{opened})", *cut.reasons)
    doubts = (*(() if told.sure else (told.reason,)), *cut.doubts)
    return Sight(file, form, reasons, doubts, rows, told.japanese, named=form.header and form.kind != "fixed")


def _document(stream: BinaryIO, form: Format, file: str) -> Rows:
    """The rows of a JSON document, which has no lines to look into the middle of."""
    stream.seek(0)
    return sampling.gather(READERS[form.kind](stream, form, file), file)


def _rows(text: str, form: Format, file: str, *, whole: bool) -> Rows:
    """The rows of the text that was looked at, read as a load would read them."""
    plain: Any = form.model_copy(update={"encoding": "utf-8", "compression": "none"})
    rows = sampling.gather(READERS[form.kind](io.BytesIO(text.encode()), plain, file), file)
    return Rows(rows.columns, rows.count, rows.whole and whole, rows.rejected)
