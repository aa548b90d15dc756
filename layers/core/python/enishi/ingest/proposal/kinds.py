"""What a column holds: code, day, instant, number, money, flag or text, told from a sample of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.ingest.casting import Form, cast
from enishi.ingest.cells import Array, Cells, pc, text_of
from enishi.ingest.proposal.words import Words, plain

DATE_FORMATS = ("iso", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y")
TIME_FORMATS = ("iso", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y年%m月%d日 %H:%M:%S")
CLOCK = r"^\d{1,2}:\d{2}(:\d{2})?$"
ERA = r"^\s*(?:明治|大正|昭和|平成|令和|[MTSHR])\s?(?:元|\d{1,2}\s?[年./-]|\d{6}$)"
SIGNS = "¥￥$€円,"
FEW = 12
HEAD = 100
"""Values that are tried first."""
TYPOS = 0.05
"""Share of values that may be no day before a column is not one of days."""
_FLAGS = ({"0", "1"}, {"true", "false"}, {"y", "n"}, {"yes", "no"})
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Kind:
    """A column's type: `code date time clock integer decimal money flag text list empty`, and how to read it."""

    name: str
    says: str
    formats: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    strip: str = ""
    doubt: str = ""
    absolute: bool = False
    """Times with an offset or of a typed column with a zone: no zone need be guessed."""


def kind_of(name: str, values: Array, words: Words) -> Kind:
    """The narrowest kind that fits every value of the sample; spellings of no value do not count."""
    if not pa.types.is_string(values.type):
        return _typed(values)
    text = pc.drop_null(text_of(values))
    meaningless = [word for word in pc.unique(text).to_pylist() if word in words.nulls]
    filled = text.filter(pc.invert(pc.is_in(text, value_set=pa.array(meaningless, pa.string()))))
    if not len(filled):
        return Kind("empty", "empty in the sample", nulls=tuple(meaningless))
    plainly = next(kind for told in TESTS if (kind := told(name, filled, words)))
    nulls = tuple(meaningless) if plainly.name != "text" or len(meaningless) else ()
    says = f"{plainly.says}; {' '.join(meaningless)} = no value" if nulls else plainly.says
    return Kind(plainly.name, says, plainly.formats, nulls, plainly.strip, plainly.doubt, plainly.absolute)


def _typed(values: Array) -> Kind:
    kind = values.type
    if pa.types.is_timestamp(kind) and _midnights(values):
        return Kind("date", "typed timestamps, all at midnight: days")
    for accepts, name in TYPES:
        if accepts(kind):
            zoned = bool(pa.types.is_timestamp(kind) and kind.tz)
            return Kind(name, f"typed {kind}", absolute=zoned)
    return Kind("list" if pa.types.is_nested(kind) else "text", f"typed {kind}")


def _midnights(values: Array) -> bool:
    filled = pc.drop_null(values)
    return len(filled) > 0 and bool(pc.all(pc.equal(pc.floor_temporal(filled, unit="day"), filled)).as_py())


TYPES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_timestamp, "time"),
    (pa.types.is_date, "date"),
    (pa.types.is_boolean, "flag"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "decimal"),
    (pa.types.is_decimal, "decimal"),
    (pa.types.is_list, "list"),
)


def _flag(_name: str, text: Array, _words: Words) -> Kind | None:
    found = {value.lower() for value in pc.unique(text).slice(0, 4).to_pylist()}
    fits = [flags for flags in _FLAGS if found == flags]
    return Kind("flag", f"flags {'/'.join(sorted(found))}") if fits else None


def _era(_name: str, text: Array, _words: Words) -> Kind | None:
    found = next(_fitting(text, pa.date32(), ("era",)), None) if _mostly(text, ERA) else None
    return Kind("date", "days of Japanese eras", found.formats, doubt=found.doubt) if found else None


def _clock(_name: str, text: Array, _words: Words) -> Kind | None:
    return Kind("clock", "times of day") if _all(text, CLOCK) else None


def _date(_name: str, text: Array, _words: Words) -> Kind | None:
    if _any(text, r"\d:\d") and not _all(text, r"[ T]00:00(:00(\.0+)?)?$"):
        return None
    found = next(_fitting(text, pa.date32(), DATE_FORMATS), None)
    if found is None or ("%Y%m%d" in found.formats and not _mostly(text, r"^(18|19|20|99)\d{6}$|\D")):
        return None
    swapped = "%d/%m/%Y" in found.formats and _loss(text, pa.date32(), ("%m/%d/%Y",)) == 0
    doubt = "day and month may be the other way round" if swapped else found.doubt
    return Kind("date", f"days, {' or '.join(found.formats)}", found.formats, doubt=doubt)


def _time(_name: str, text: Array, _words: Words) -> Kind | None:
    if not _mostly(text, r"^(18|19|20)\d{2}"):
        return None
    found = next(_fitting(text, pa.timestamp("us"), TIME_FORMATS), None)
    if found is None:
        return None
    absolute = _any(text, r"([zZ]|[+-]\d{2}:?\d{2})$") and found.formats == ("iso",)
    says = "instants with an offset" if absolute else "local times"
    formats = found.formats
    return Kind("time", f"{says}, {' or '.join(formats)}", formats, doubt=found.doubt, absolute=absolute)


@dataclass(frozen=True)
class _Fit:
    formats: tuple[str, ...]
    doubt: str = ""


def _fitting(text: Array, kind: pa.DataType, patterns: Sequence[str]) -> Iterator[_Fit]:
    """One pattern that reads all; two of which one reads what the other does not; one that reads nearly all."""
    head = text.slice(0, HEAD)
    some = [pattern for pattern in patterns if _loss(head, kind, (pattern,)) < len(head)]
    ways = [*((pattern,) for pattern in some), *permutations(some, 2)]
    losses = {way: _loss(text, kind, way) for way in ways}
    yield from (_Fit(way) for way, loss in losses.items() if loss == 0)
    for way, loss in losses.items():
        if loss <= len(text) * TYPOS:
            yield _Fit(way, f"{loss:,} of {len(text):,} values are no such day, and their rows would be quarantined")


def _number(name: str, text: Array, words: Words) -> Kind | None:
    if _any(text, r"^[+-]?0\d"):
        return Kind("code", "codes with leading zeros: text") if _all(text, r"^\d+$") else None
    strip = "".join(sign for sign in SIGNS if pc.any(pc.match_substring(text, sign)).as_py())
    bare = text
    for sign in strip:
        bare = pc.replace_substring(bare, sign, "")
    if not _fits(bare, pa.float64()) or (strip == "," and not _all(text, r"^[+-]?\d{1,3}(,\d{3})*(\.\d+)?$")):
        return None
    money = bool(set(strip) & set("¥￥$€円")) or any(word in plain(name) for word in words.money)
    fraction = _any(bare, r"\.\d*[1-9]")
    kind = "money" if money else "decimal" if fraction else "integer"
    return Kind(kind, {"money": "money", "decimal": "decimal numbers", "integer": "whole numbers"}[kind], strip=strip)


def _words(_name: str, text: Array, _words: Words) -> Kind:
    distinct = len(pc.unique(text))
    if distinct <= FEW and distinct * 4 <= len(text):
        return Kind("code", "few codes or words")
    return Kind("text", "text")


TESTS = (_flag, _era, _clock, _date, _time, _number, _words)


def _all(text: Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())


def _any(text: Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(text, pattern)).as_py())


def _mostly(text: Array, pattern: str) -> bool:
    return bool(pc.mean(pc.match_substring_regex(text, pattern)).as_py() >= 1 - TYPOS)


def _fits(text: Array, kind: pa.DataType) -> bool:
    """Whether all values become numbers; most columns are told by their first values."""
    return not _loss(text.slice(0, HEAD), kind, ()) and not _loss(text, kind, ())


def _loss(text: Array, kind: pa.DataType, formats: tuple[str, ...]) -> int:
    """How many values do not become the type."""
    return int(cast(Cells(text), Form(kind, formats, _UTC, _UTC)).bad.sum())


def distinct_words(values: Array) -> list[str]:
    """The few texts of a code column, the most frequent first; [] when there are many."""
    text = pc.drop_null(text_of(values)) if not pa.types.is_nested(values.type) else pa.array([], pa.string())
    counted = pc.value_counts(text)
    if not 0 < len(counted) <= FEW:
        return []
    return [pair["values"] for pair in sorted(counted.to_pylist(), key=lambda pair: (-pair["counts"], pair["values"]))]
