"""What a column looks like: number, day, instant, code or text, out of a sample of its values."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.ingest.casting import Form, cast
from enishi.ingest.cells import Array, Cells, pc, text_of

DATE_FORMATS = ("iso", "%Y%m%d", "%Y/%m/%d")
TIME_FORMATS = ("iso", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M")
_FEW = 12


@dataclass(frozen=True)
class Shape:
    """A source column: its name, what its values are in words, and the date pattern that fits ("" = none needed)."""

    name: str
    says: str
    format: str = ""


def shape_of(name: str, values: Array) -> Shape:
    """The first kind that fits every value of the sample."""
    if not pa.types.is_string(values.type):
        return Shape(name, f"typed {values.type}" if not pa.types.is_nested(values.type) else "nested")
    text = pc.drop_null(text_of(values))
    if not len(text):
        return Shape(name, "empty in the sample")
    for found in (_moment, _number):
        if shape := found(name, text):
            return shape
    return _words(name, text)


def _moment(name: str, text: Array) -> Shape | None:
    for kind, formats, says in ((pa.date32(), DATE_FORMATS, "days"), (pa.timestamp("us"), TIME_FORMATS, "times")):
        for pattern in formats:
            if _fits(text, kind, (pattern,)) and not (pattern == "%Y%m%d" and not _plausible(text)):
                return Shape(name, f"{says}, {pattern}", "" if pattern == "iso" else pattern)
    return None


def _plausible(text: Array) -> bool:
    """Eight digits that begin with a year of our time."""
    return bool(pc.all(pc.match_substring_regex(text, r"^(19|20)\d{6}$")).as_py())


def _number(name: str, text: Array) -> Shape | None:
    if pc.any(pc.match_substring_regex(text, r"^0\d")).as_py():
        return Shape(name, "codes with leading zeros")
    return Shape(name, "numbers") if _fits(text, pa.float64(), ()) else None


def _words(name: str, text: Array) -> Shape:
    distinct = pc.unique(text).to_pylist()
    return Shape(
        name, f"{len(distinct)} distinct texts" if len(distinct) > _FEW else f"codes, {len(distinct)} distinct"
    )


def _fits(text: Array, kind: pa.DataType, formats: tuple[str, ...]) -> bool:
    utc = ZoneInfo("UTC")
    return not cast(Cells(text), Form(kind, formats, utc, utc)).problems
