"""In which zone local times are: what the file says, what its hours look like, and when that cannot be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from enishi.ingest.cells import Array, Cells, pc
from enishi.ingest.dates import instants
from enishi.ingest.proposal.kinds import Kind

ENOUGH = 200
"""Times below which their hours say nothing."""
_NIGHT = 6
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Zone:
    """The zone for the mapping, why, and whether somebody has to look."""

    name: str
    reason: str
    sure: bool


def zone_of(times: Sequence[tuple[str, Kind, Array]], default: str, *, japanese: bool) -> Zone:
    """The zone of the columns that hold times (name, kind, values); `default` is the environment's."""
    local = [(name, kind, values) for name, kind, values in times if not kind.absolute]
    if not times:
        return Zone(default, "the file has no times", True)
    if not local:
        return Zone(default, "all times carry their offset, so nothing depends on it", True)
    name, kind, values = local[0]
    night = _quiet(values, kind)
    likely = "; the file is Japanese" if japanese else ""
    if night is None:
        return Zone(default, f"{name} says no zone, and its hours do not show one{likely}", False)
    hours = f"{name} is quietest from {night:02d}:00 to {(night + _NIGHT) % 24:02d}:00"
    if night in (22, 23, 0, 1, 2, 3):
        return Zone(default, f"{hours}, as local time is{likely}", japanese)
    return Zone("UTC", f"{hours}, which is no night: it may be UTC, or another zone's time", False)


def _quiet(values: Array, kind: Kind) -> int | None:
    """First hour of the six with the fewest times; None when there are too few times or no quiet hours."""
    hours = np.asarray(pc.drop_null(_hours(pc.drop_null(values), kind)))
    if len(hours) < ENOUGH:
        return None
    counts = np.bincount(hours, minlength=24)
    around = [int(counts[np.arange(start, start + _NIGHT) % 24].sum()) for start in range(24)]
    least = int(np.argmin(around))
    return least if around[least] < len(hours) * _NIGHT / 24 / 4 else None


def _hours(values: Array, kind: Kind) -> Array:
    if kind.name == "clock":
        return pc.cast(pc.struct_field(pc.extract_regex(values, r"^\s*(?P<hour>\d+):"), "hour"), "int64")
    return pc.hour(instants(Cells(values), kind.formats, _UTC).values)
