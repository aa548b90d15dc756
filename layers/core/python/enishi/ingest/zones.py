"""Local time ↔ UTC over whole columns, by the standard library's zones (no tz database of the engine is needed)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from enishi.ingest.cells import Mask

Instants = npt.NDArray[np.datetime64]
_MICRO = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)


def to_utc(local: Instants, zone: ZoneInfo) -> tuple[Instants, Mask]:
    """UTC of local wall times, and which of them the zone skipped (a spring gap). Of a doubled hour: the first."""
    offsets = _offsets(local, lambda wall: _offset_of_wall(wall, zone))
    utc = local - offsets
    back = _offsets(utc, lambda instant: _offset_of_utc(instant, zone))
    return utc, np.asarray((utc + back) != local) & ~np.isnat(local)


def to_local(utc: Instants, zone: ZoneInfo) -> Instants:
    """Wall time in `zone` of instants in UTC."""
    return utc + _offsets(utc, lambda instant: _offset_of_utc(instant, zone))


def _offset_of_wall(wall: datetime, zone: ZoneInfo) -> int:
    return (wall.replace(tzinfo=zone).utcoffset() or timedelta()) // _MICRO


def _offset_of_utc(instant: datetime, zone: ZoneInfo) -> int:
    return (instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()) // _MICRO


def _offsets(times: Instants, lookup: Callable[[datetime], int]) -> npt.NDArray[np.timedelta64]:
    """Offsets by day; only rows of days on which the offset changes are looked up one by one."""
    days = times.astype("datetime64[D]").astype(np.int64)
    unique, inverse = np.unique(np.where(np.isnat(times), 0, days), return_inverse=True)
    first = np.array([lookup(_day(day)) for day in unique.tolist()], dtype=np.int64)
    last = np.array([lookup(_day(day + 1) - _MICRO) for day in unique.tolist()], dtype=np.int64)
    found = first[inverse]
    for row in np.flatnonzero((first != last)[inverse] & ~np.isnat(times)):
        found[row] = lookup(_EPOCH + int(times[row].astype(np.int64)) * _MICRO)
    return found.astype("timedelta64[us]")


def _day(day: int) -> datetime:
    return max(datetime(1, 1, 2), _EPOCH + timedelta(days=min(max(day, -719_000), 2_932_000)))
