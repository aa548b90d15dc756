"""Chain ladder: what young vintages will have used in the end, from how older ones went on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

import pyarrow as pa

_TYPES: Mapping[str, pa.DataType] = {
    "by_value": pa.string(),
    "vintage": pa.date32(),
    "granted": pa.int64(),
    "used": pa.int64(),
    "expired": pa.int64(),
    "open": pa.int64(),
    "use_rate": pa.float64(),
    "ultimate_use": pa.float64(),
    "breakage": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


@dataclass(frozen=True)
class Vintage:
    """The points of one month of grant: `uses` by elapsed month, of which those up to `seen_to` are over."""

    by_value: str
    month: date
    granted: int
    used: int
    expired: int
    open: int
    seen_to: int
    uses: dict[int, int] = field(default_factory=dict)

    @property
    def run(self) -> list[int]:
        """Used by the end of each elapsed month that is over."""
        return list(accumulate(self.uses.get(elapsed, 0) for elapsed in range(self.seen_to + 1)))


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:  # noqa: ARG001 - the shape of a step
    """A row a vintage; the vintages of one value of `by` make one ladder."""
    ladders: dict[str, dict[date, Vintage]] = defaultdict(dict)
    for row in rows.to_pylist():
        vintage = ladders[row["by_value"]].setdefault(row["vintage"], _vintage(row))
        if row["elapsed"] is not None:
            vintage.uses[row["elapsed"]] = int(row["points"])
    lines = [line for ladder in ladders.values() for line in _lines(list(ladder.values()))]
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _vintage(row: Mapping[str, Any]) -> Vintage:
    granted, used, expired, left, seen_to = (
        int(row[name]) for name in ("granted", "used", "expired", "open", "seen_to")
    )
    return Vintage(row["by_value"], row["vintage"], granted, used, expired, left, seen_to)


def _lines(vintages: Sequence[Vintage]) -> list[dict[str, Any]]:
    factors = link_ratios([vintage.run for vintage in vintages])
    return [_line(vintage, ultimate(vintage, factors)) for vintage in vintages]


def link_ratios(runs: Sequence[Sequence[int]]) -> list[float | None]:
    """From each elapsed month to the next, over the runs that have both; None where nothing was used by the first."""
    longest = max((len(run) for run in runs), default=0)
    ratios: list[float | None] = []
    for elapsed in range(longest - 1):
        seen = [run for run in runs if len(run) > elapsed + 1]
        before, after = sum(run[elapsed] for run in seen), sum(run[elapsed + 1] for run in seen)
        ratios.append(after / before if before > 0 else None)
    return ratios


def ultimate(vintage: Vintage, ratios: Sequence[float | None]) -> float | None:
    """Points used in the end: never less than are used, never more than are used and open."""
    if vintage.open <= 0:
        return float(vintage.used)
    if not vintage.run or vintage.run[-1] <= 0:
        return None
    expected = float(vintage.run[-1])
    for ratio in ratios[len(vintage.run) - 1 :]:
        if ratio is None:
            return None
        expected *= ratio
    return min(max(expected, vintage.used), vintage.used + vintage.open)


def _line(vintage: Vintage, expected: float | None) -> dict[str, Any]:
    share = None if expected is None else expected / vintage.granted
    return {
        "by_value": vintage.by_value,
        "vintage": vintage.month,
        "granted": vintage.granted,
        "used": vintage.used,
        "expired": vintage.expired,
        "open": vintage.open,
        "use_rate": vintage.used / vintage.granted,
        "ultimate_use": share,
        "breakage": None if share is None else 1 - share,
    }
