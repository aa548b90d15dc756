"""Kaplan and Meier's curve a group, with Greenwood's interval, and the log-rank test between the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

Array = npt.NDArray[np.float64]

_TYPES: Mapping[str, pa.DataType] = {
    "group": pa.string(),
    "day": pa.int64(),
    "at_risk": pa.int64(),
    "events": pa.int64(),
    "survival": pa.float64(),
    "ci_low": pa.float64(),
    "ci_high": pa.float64(),
    "median_days": pa.float64(),
    "logrank_p": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


@dataclass(frozen=True)
class Followed:
    """A group by day: how many came back, and how many had not when they were last seen."""

    name: str
    days: Array
    events: Array
    censored: Array

    @property
    def at_risk(self) -> Array:
        """Those still waited for on each day; who comes back and who is last seen on it are among them."""
        leaving = self.events + self.censored
        return np.asarray(leaving[::-1].cumsum()[::-1], dtype=np.float64)

    def on(self, days: Array) -> tuple[Array, Array]:
        """At risk and events on each of `days`."""
        at_risk = np.append(self.at_risk, 0.0)[np.searchsorted(self.days, days)]
        events = np.zeros(days.size)
        events[np.searchsorted(days, self.days)] = self.events
        return at_risk, events


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A row a group and day of an event, and the last day of the group."""
    groups = [_group(rows, name) for name in dict.fromkeys(str(one) for one in rows.column("group").to_pylist())]
    z = NormalDist().inv_cdf(0.5 + parameters["confidence"] / 2)
    p = logrank(groups)
    return pa.Table.from_pylist([line for group in groups for line in _lines(group, z, p)], schema=_SCHEMA)


def _group(rows: pa.Table, name: str) -> Followed:
    kept = rows.filter(pc.field("group") == name)
    days, events, censored = (kept.column(n).to_numpy().astype(np.float64) for n in ("day", "events", "censored"))
    return Followed(name, days, events, censored)


def kaplan_meier(group: Followed) -> tuple[Array, Array]:
    """The share that has not come back after each day, and Greenwood's variance of it."""
    at_risk, events = group.at_risk, group.events
    survival = np.asarray(np.cumprod(1 - events / at_risk), dtype=np.float64)
    left = np.where(at_risk > events, at_risk * (at_risk - events), np.inf)
    return survival, np.asarray(survival**2 * np.cumsum(events / left), dtype=np.float64)


def median(group: Followed, survival: Array) -> float | None:
    """The first day by which half have come back; null while they have not."""
    reached = group.days[survival <= 0.5 + 1e-12]
    return float(reached[0]) if reached.size else None


def logrank(groups: list[Followed]) -> float | None:
    """The p-value of the log-rank test that all groups come back alike; null where there is nothing to compare."""
    if len(groups) < 2:
        return None
    days = np.unique(np.concatenate([group.days[group.events > 0] for group in groups] or [np.array([])]))
    padded = np.unique(np.concatenate([group.days for group in groups]))
    seen = [group.on(padded) for group in groups]
    at_risk, events = np.array([one[0] for one in seen]), np.array([one[1] for one in seen])
    kept = np.isin(padded, days)
    return _chi_square(at_risk[:, kept], events[:, kept])


def _chi_square(at_risk: Array, events: Array) -> float | None:
    """Observed against expected events of groups (rows) on days (columns)."""
    total, happened = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / total
    apart = (events - share * happened).sum(axis=1)
    spread = happened * (total - happened) / np.maximum(total - 1, 1)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    rank = int(np.linalg.matrix_rank(covariance)) if covariance.size else 0
    if rank == 0:
        return None
    statistic = float(apart @ np.linalg.pinv(covariance) @ apart)
    return float(stats.chi2.sf(statistic, rank))


def _lines(group: Followed, z: float, p: float | None) -> list[dict[str, Any]]:
    survival, variance = kaplan_meier(group)
    half = z * np.sqrt(variance)
    middle = median(group, survival)
    shown = (group.events > 0) | (group.days == group.days.max())
    return [
        {
            "group": group.name,
            "day": int(group.days[i]),
            "at_risk": int(group.at_risk[i]),
            "events": int(group.events[i]),
            "survival": float(survival[i]),
            "ci_low": max(float(survival[i] - half[i]), 0.0),
            "ci_high": min(float(survival[i] + half[i]), 1.0),
            "median_days": middle,
            "logrank_p": p,
        }
        for i in np.flatnonzero(shown)
    ]
