"""Kaplan-Meier over whole steps: lost at and known until step k → hazard, survival and Greenwood's interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

import pyarrow as pa

_TYPES: Mapping[str, pa.DataType] = {
    "axis_value": pa.string(),
    "k": pa.int64(),
    "at_risk": pa.int64(),
    "cancelled": pa.int64(),
    "hazard": pa.float64(),
    "survival": pa.float64(),
    "ci_low": pa.float64(),
    "ci_high": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A curve a group, from rows of (group, k, lost at k, left out after k), groups in their order."""
    groups: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in rows.to_pylist():
        groups[row["group"]][row["k"]] = (row["lost"], row["left_out"])
    z = NormalDist().inv_cdf(0.5 + parameters["confidence"] / 2)
    lines = [
        {"axis_value": group, **step}
        for group, counts in groups.items()
        for step in _curve(counts, parameters["max"], z)
    ]
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _curve(counts: Mapping[int, tuple[int, int]], last: int, z: float) -> Iterator[dict[str, Any]]:
    """Steps 1 … last; the curve ends where nobody is at risk."""
    at_risk = sum(lost + left for k, (lost, left) in counts.items() if k > 0)
    survival, variance = 1.0, 0.0
    for k in range(1, last + 1):
        if not at_risk:
            return
        lost, left = counts.get(k, (0, 0))
        survival *= 1 - lost / at_risk
        variance += lost / (at_risk * (at_risk - lost)) if lost < at_risk else 0.0
        low, high = _interval(survival, variance, z)
        yield {
            "k": k,
            "at_risk": at_risk,
            "cancelled": lost,
            "hazard": lost / at_risk,
            "survival": survival,
            "ci_low": low,
            "ci_high": high,
        }
        at_risk -= lost + left


def _interval(survival: float, variance: float, z: float) -> tuple[float | None, float | None]:
    """Greenwood's variance on the log-log scale; none once nobody is left, no width before anybody is lost."""
    if survival == 0:
        return None, None
    if variance == 0:
        return survival, survival
    width = z * sqrt(variance) / log(survival)
    ends = (survival ** exp(width), survival ** exp(-width))
    return min(ends), max(ends)
