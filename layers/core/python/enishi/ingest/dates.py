"""Text → instants and days, strictly: an impossible day is never moved to the next month."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from enishi.errors import MappingError
from enishi.ingest import eras
from enishi.ingest.cells import Array, Cells, lost, mask, pc
from enishi.ingest.zones import Instants, to_local, to_utc

_NAIVE = pa.timestamp("us")
_AWARE = pa.timestamp("us", "UTC")
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_DIRECTIVE = re.compile(r"%(.)")
_SEPARATED = re.compile(r"%[mdHMS][^%]")
_OFFSET = r"([zZ]|[+-]\d{2}:?\d{2})$"
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
ISO = "iso"
ERA = "era"
_SAMPLE = 1_024


@dataclass(frozen=True)
class Wall:
    """Parsed times: UTC instants where the text had an offset, wall times of the source's zone elsewhere."""

    values: Array
    absolute: bool


def check_format(text: str, where: str) -> None:
    """Refuse a pattern that the parser does not know.

    Raises:
        MappingError: an unknown directive.
    """
    if text in (ISO, ERA) or text in EPOCHS:
        return
    unknown = [found for found in _DIRECTIVE.findall(text) if found not in _WIDTHS]
    if unknown or "%" not in text:
        raise MappingError(
            f"{text!r} is not a date pattern",
            where=where,
            remedy="Use iso, era, epoch_s, epoch_ms or %Y %m %d %H %M %S with their separators.",
        )


def instants(cells: Cells, formats: Sequence[str], zone: ZoneInfo) -> Cells:
    """Text or typed times → UTC microseconds; local wall times are of `zone`.

    Reasons: impossible_date, impossible_time (an hour that the zone skipped).
    """
    if pa.types.is_temporal(cells.values.type):
        return _from_wall(cells, _typed(cells.values), zone)
    found = pa.nulls(len(cells.values), _NAIVE)
    skipped = np.zeros(len(cells.values), dtype=bool)
    for wall in _walls(cells.values, formats or (ISO,)):
        utc, gap = _utc(wall, zone)
        skipped |= gap
        found = pc.coalesce(found, utc)
    bad = lost(cells.values, found) & ~skipped
    return cells.become(found).flag(bad, "impossible_date").flag(skipped, "impossible_time")


def day_of_instants(cells: Cells, formats: Sequence[str], zone: ZoneInfo, day_zone: ZoneInfo) -> Cells:
    """Times → their business day in `day_zone`."""
    moments = instants(cells, formats, zone)
    return moments.become(business_days(moments.values, day_zone))


def business_days(utc: Array, zone: ZoneInfo) -> Array:
    """The calendar day of instants (UTC without zone) in `zone`."""
    local = to_local(_numpy(utc), zone).astype("datetime64[D]")
    return pa.array(local, pa.date32(), mask=mask(pc.is_null(utc)))


def days(cells: Cells, formats: Sequence[str], day_zone: ZoneInfo) -> Cells:
    """Text or typed values → the day as written; an instant with an offset gives its business day in `day_zone`."""
    if pa.types.is_temporal(cells.values.type):
        wall = _typed(cells.values)
        return cells.become(business_days(wall.values, day_zone) if wall.absolute else _date_part(wall.values))
    found = pa.nulls(len(cells.values), pa.date32())
    for wall in _walls(cells.values, formats or (ISO,)):
        parsed = (
            business_days(wall.values, day_zone) if wall.absolute else pc.cast(wall.values, pa.date32(), safe=False)
        )
        found = pc.coalesce(found, parsed)
    return cells.become(found).flag(lost(cells.values, found), "impossible_date")


def _date_part(values: Array) -> Array:
    return pc.cast(values, pa.date32(), safe=False)


def _typed(values: Array) -> Wall:
    if pa.types.is_timestamp(values.type) and values.type.tz:
        return Wall(pc.cast(pc.cast(values, _AWARE, safe=False), _NAIVE), True)
    return Wall(pc.cast(values, _NAIVE, safe=False), False)


def _from_wall(cells: Cells, wall: Wall, zone: ZoneInfo) -> Cells:
    utc, skipped = _utc(wall, zone)
    return cells.become(utc).flag(skipped, "impossible_time")


def _utc(wall: Wall, zone: ZoneInfo) -> tuple[Array, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    if wall.absolute or zone.key == "UTC":
        return wall.values, np.zeros(len(wall.values), dtype=bool)
    empty = mask(pc.is_null(wall.values))
    utc, skipped = to_utc(_numpy(wall.values), zone)
    return pa.array(utc, _NAIVE, mask=empty | skipped), skipped & ~empty


def _numpy(values: Array) -> Instants:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype="datetime64[us]")


def _walls(values: Array, formats: Sequence[str]) -> Iterator[Wall]:
    """What each pattern makes of the values that no pattern before it took."""
    for text in formats:
        for wall in _iso(values) if text == ISO else (_parse(values, text),):
            found = _from_year_one(wall.values)
            yield Wall(found, wall.absolute)
            values = pc.if_else(pc.is_valid(found), pa.scalar(None, values.type), values)


def _from_year_one(values: Array) -> Array:
    """The engine has a year 0; the calendar has none."""
    first = pa.scalar(datetime(1, 1, 1), _NAIVE)
    if not pc.less(pc.min(values), first).as_py():
        return values
    return pc.if_else(pc.less(values, first), pa.scalar(None, _NAIVE), values)


def _parse(values: Array, text: str) -> Wall:
    if text == ERA:
        return Wall(_one_by_one(values, eras.parse), False)
    if text in EPOCHS:
        return Wall(_epoch(values, EPOCHS[text]), True)
    if _repetitive(values):
        encoded = values.dictionary_encode()
        return Wall(_pattern(encoded.dictionary, text).take(encoded.indices), False)
    return Wall(_pattern(values, text), False)


def _repetitive(values: Array) -> bool:
    """Whether the same texts come again and again, as days do: then each is parsed once."""
    return len(values) > _SAMPLE and len(pc.unique(values.slice(0, _SAMPLE))) < _SAMPLE // 8


def _cast(values: Array, kind: pa.DataType) -> Array | None:
    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        return None


def _iso(values: Array) -> tuple[Wall, ...]:
    """ISO 8601: values with an offset are instants, the others wall times."""
    if (naive := _cast(values, _NAIVE)) is not None:
        return (Wall(naive, False),)
    if (aware := _cast(values, _AWARE)) is not None:
        return (Wall(pc.cast(aware, _NAIVE), True),)
    offset = pc.match_substring_regex(values, _OFFSET)
    nothing = pa.scalar(None, values.type)
    parts = ((pc.if_else(offset, values, nothing), _AWARE), (pc.if_else(offset, nothing, values), _NAIVE))
    return tuple(Wall(_each_iso(part, kind), kind is _AWARE) for part, kind in parts)


def _each_iso(values: Array, kind: pa.DataType) -> Array:
    return pc.cast(_one_by_one(values, lambda one: _iso_value(one, kind)), _NAIVE)


def _iso_value(text: str, kind: pa.DataType) -> datetime | None:
    cast = _cast(pa.array([text]), kind)
    value = None if cast is None else pc.cast(cast, _NAIVE)[0].as_py()
    return value if isinstance(value, datetime) else None


def _epoch(values: Array, unit: int) -> Array:
    whole = _cast(values, pa.int64())
    if whole is None:
        digits = pc.match_substring_regex(values, r"^-?\d{1,16}$")
        whole = pc.cast(pc.if_else(digits, values, pa.scalar(None, values.type)), pa.int64())
    return pc.cast(pc.multiply(whole, unit), _NAIVE)


def _pattern(values: Array, text: str) -> Array:
    """Fast: the engine's strptime, believed only where width and day of the month agree; the rest one by one."""
    fast = pc.strptime(values, text, "us", error_is_null=True)
    sure = pc.equal(pc.utf8_length(values), _width(text))
    position = _position(text, "d")
    if position is not None:
        day = pc.cast(pc.day(fast), pa.string())
        sure = pc.and_(
            sure, pc.equal(pc.utf8_lpad(day, 2, "0"), pc.utf8_slice_codeunits(values, position, position + 2))
        )
    fast = pc.if_else(sure, fast, pa.scalar(None, _NAIVE))
    unsure = lost(values, fast)
    if not unsure.any():
        return fast
    rest = pc.if_else(pa.array(unsure), values, pa.scalar(None, values.type))
    return pc.coalesce(fast, _one_by_one(rest, lambda one: _strict(one, text)))


def _one_by_one(values: Array, parse: Callable[[str], datetime | None]) -> Array:
    encoded = values.dictionary_encode()
    words = [parse(word) for word in encoded.dictionary.to_pylist()]
    return pa.array(words, _NAIVE).take(encoded.indices)


def _strict(text: str, pattern: str) -> datetime | None:
    if not _SEPARATED.search(pattern) and len(text) != _width(pattern):
        return None
    try:
        return datetime.strptime(text, pattern)
    except ValueError:
        return None


def _width(pattern: str) -> int:
    return len(_DIRECTIVE.sub(lambda found: "x" * _WIDTHS[found[1]], pattern))


def _position(pattern: str, directive: str) -> int | None:
    before, found, _ = pattern.partition(f"%{directive}")
    return _width(before) if found else None
