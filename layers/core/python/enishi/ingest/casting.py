"""Text → typed columns of the lake: a registry by type, each strict, each naming its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.errors import NotSupportedError
from enishi.ingest import dates
from enishi.ingest.cells import Cells, characters, lost, mask, pc, text_of

_TRUE = pa.array(["true", "1", "t", "yes", "y"])
_FALSE = pa.array(["false", "0", "f", "no", "n"])
_OF_NUMBERS = b"0123456789.-"
"""With other characters the engine takes what we do not: 0x1F, 1e5, nan."""
_PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)$"


@dataclass(frozen=True)
class Form:
    """What a cast needs beside the values: the Arrow type, date patterns, the source's zone, the business zone."""

    kind: pa.DataType
    formats: tuple[str, ...]
    zone: ZoneInfo
    day_zone: ZoneInfo
    business_day: bool = False


Cast = Callable[[Cells, Form], Cells]


def cast(cells: Cells, form: Form) -> Cells:
    """Cells of the type `form.kind`; what cannot be is flagged.

    Raises:
        NotSupportedError: no source value can become such a type (maps, lists).
    """
    for accepts, make in CASTS:
        if accepts(form.kind):
            return make(cells, form)
    raise NotSupportedError(f"a source column cannot become {form.kind}", remedy="Leave it to `attributes`.")


def _string(cells: Cells, _form: Form) -> Cells:
    return cells.become(text_of(cells.values))


def _number(cells: Cells, form: Form) -> Cells:
    if not pa.types.is_string(cells.values.type):
        return _narrow(cells, form)
    if characters(cells.values).translate(None, _OF_NUMBERS):
        return _careful(cells, form)
    try:
        return cells.become(pc.cast(cells.values, form.kind))
    except pa.ArrowInvalid:
        return _careful(cells, form)


def _careful(cells: Cells, form: Form) -> Cells:
    """One by one over the distinct values: only files with bad numbers come here."""
    plain = pc.match_substring_regex(cells.values, _PLAIN_NUMBER)
    candidates = pc.if_else(plain, pc.utf8_ltrim(cells.values, "+"), pa.scalar(None, pa.string()))
    encoded = candidates.dictionary_encode()
    words = [_one(word, form.kind) for word in encoded.dictionary]
    values = pa.array(words, form.kind).take(encoded.indices)
    wrong = mask(pc.and_(pc.is_valid(cells.values), pc.invert(plain)))
    fitless = lost(candidates, values)
    return cells.become(values).flag(wrong, "not_a_number").flag(fitless, "does_not_fit")


def _one(word: pa.StringScalar, kind: pa.DataType) -> object:
    try:
        return pc.cast(word, kind).as_py()
    except pa.ArrowInvalid:
        return None


def _narrow(cells: Cells, form: Form) -> Cells:
    """Numbers of a typed file; a fraction in a whole-number column does not fit."""
    try:
        return cells.become(pc.cast(cells.values, form.kind))
    except pa.ArrowInvalid:
        return _number(cells.become(text_of(cells.values)), form)


def _boolean(cells: Cells, _form: Form) -> Cells:
    if pa.types.is_boolean(cells.values.type):
        return cells
    text = pc.utf8_lower(text_of(cells.values))
    yes, no = pc.is_in(text, value_set=_TRUE), pc.is_in(text, value_set=_FALSE)
    wrong = mask(pc.and_(pc.is_valid(text), pc.invert(pc.or_(yes, no))))
    values = pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_()))
    return cells.become(values).flag(wrong, "not_a_yes_or_no")


def _date(cells: Cells, form: Form) -> Cells:
    if form.business_day:
        return dates.day_of_instants(cells, form.formats, form.zone, form.day_zone)
    return dates.days(cells, form.formats, form.day_zone)


def _timestamp(cells: Cells, form: Form) -> Cells:
    return dates.instants(cells, form.formats, form.zone)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


CASTS: tuple[tuple[Callable[[pa.DataType], bool], Cast], ...] = (
    (pa.types.is_string, _string),
    (_is_number, _number),
    (pa.types.is_boolean, _boolean),
    (pa.types.is_date, _date),
    (pa.types.is_timestamp, _timestamp),
)
