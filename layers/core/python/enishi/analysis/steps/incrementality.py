"""What a campaign added over its control group: difference, interval, p-value, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from enishi.analysis.steps.inference import Array, Difference, Sample, allocation, bootstrap, means, rates
from enishi.errors import AnalysisError

ARMS = ("配信群", "対照群")


@dataclass(frozen=True)
class Arm:
    """People of one arm, put together where all their figures are equal: `counts` people a row."""

    name: str
    counts: Array
    figures: Mapping[str, Array]

    @property
    def size(self) -> float:
        return float(self.counts.sum())

    def total(self, name: str) -> float:
        return float(self.figures[name] @ self.counts)

    def mean(self, name: str) -> float:
        return self.total(name) / self.size


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The two arms; the effect stands with the treated one.

    Raises:
        AnalysisError: an arm is empty.
    """
    arms = [_arm(rows, name) for name in ARMS]
    if not all(arm.counts.size for arm in arms):
        raise AnalysisError(
            "there are no two arms to compare",
            where="-p campaigns",
            remedy="Choose a campaign with control rows whose window has passed.",
        )
    treated, control = arms
    srm_p = _allocation(rows, treated, control)
    withheld = srm_p is not None and srm_p < parameters["srm_alpha"]
    effect = {} if withheld else _effect(treated, control, parameters)
    least = parameters["min_cell"]
    compared = treated.size if withheld else min(treated.size, control.size)
    lines = [
        {**_line(treated, {**effect, "srm_p": srm_p}), "low_n": compared < least},
        {**_line(control, {"srm_p": srm_p}), "low_n": control.size < least},
    ]
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _arm(rows: pa.Table, name: str) -> Arm:
    kept = rows.filter(pc.field("arm") == name)
    figures = {figure: _numbers(kept, figure) for figure in ("orders", "amount", "margin", "visits", "before", "cost")}
    return Arm(name, _numbers(kept, "customers"), figures)


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.array([np.nan if value is None else float(value) for value in rows[name].to_pylist()], dtype=np.float64)


def _allocation(rows: pa.Table, treated: Arm, control: Arm) -> float | None:
    """Against the planned share of controls; None where a campaign does not say it."""
    planned = _numbers(rows, "planned_controls")
    if np.isnan(planned).any():
        return None
    expected = float(planned.sum())
    return allocation([treated.size, control.size], [treated.size + control.size - expected, expected])


def _effect(treated: Arm, control: Arm, parameters: Mapping[str, Any]) -> dict[str, float | None]:
    metric = parameters["metric"]
    values = [_measure(arm, metric) for arm in (treated, control)]
    if any(np.isnan(value).any() for value in values):
        raise AnalysisError(
            f"{metric} is not known for everybody", where="-p metric", remedy="Load the costs of lines."
        )
    base = float(values[1] @ control.counts / control.size)
    difference = _difference(treated, control, values, parameters)
    margin = treated.mean("margin") - control.mean("margin")
    return {
        "lift_abs": difference.value,
        "lift_rel": difference.value / base if base else None,
        "ci_low": difference.low,
        "ci_high": difference.high,
        "p_value": difference.p_value,
        "incremental_orders": (treated.mean("orders") - control.mean("orders")) * treated.size,
        "incremental_profit": _known(margin * treated.size - treated.total("cost")),
    }


def _measure(arm: Arm, metric: str) -> Array:
    match metric:
        case "buyer_rate":
            return (arm.figures["orders"] > 0).astype(np.float64)
        case "visit_rate":
            return (arm.figures["visits"] > 0).astype(np.float64)
        case _:
            return arm.figures[metric]


def _difference(treated: Arm, control: Arm, values: list[Array], parameters: Mapping[str, Any]) -> Difference:
    is_rate, confidence = parameters["metric"] in ("buyer_rate", "visit_rate"), parameters["confidence"]
    if is_rate and not parameters["cuped"]:
        hits = [round(float(value @ arm.counts)) for value, arm in zip(values, (treated, control), strict=True)]
        return rates(hits[0], round(treated.size), hits[1], round(control.size), confidence)
    if not is_rate:
        values = _winsorised(values, (treated, control), parameters["winsorise"])
    if parameters["cuped"]:
        values = _adjusted(values, (treated, control))
    group, base = Sample(values[0], treated.counts), Sample(values[1], control.counts)
    found = means(group, base, confidence)
    if is_rate:
        return found
    low, high = bootstrap(group, base, confidence)
    return replace(found, low=low, high=high)


def _winsorised(values: list[Array], arms: tuple[Arm, Arm], share: float) -> list[Array]:
    """Values above the quantile of both arms together are cut to it."""
    together = np.concatenate(values)
    counts = np.concatenate([arm.counts for arm in arms])
    order = np.argsort(together, kind="stable")
    reached = np.searchsorted(np.cumsum(counts[order]), share * counts.sum())
    cap = together[order][min(int(reached), together.size - 1)]
    return [np.minimum(value, cap) for value in values]


def _adjusted(values: list[Array], arms: tuple[Arm, Arm]) -> list[Array]:
    """CUPED: less what the purchases before the assignment explain."""
    before = np.concatenate([arm.figures["before"] for arm in arms])
    together, counts = np.concatenate(values), np.concatenate([arm.counts for arm in arms])
    centred = before - np.average(before, weights=counts)
    spread = float(counts @ centred**2)
    slope = float(counts @ (centred * (together - np.average(together, weights=counts)))) / spread if spread else 0.0
    corrected = together - slope * centred
    return [corrected[: values[0].size], corrected[values[0].size :]]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _line(arm: Arm, effect: Mapping[str, float | None]) -> dict[str, Any]:
    buyers = float(arm.counts[arm.figures["orders"] > 0].sum())
    return {
        "arm": arm.name,
        "customers": round(arm.size),
        "buyers": round(buyers),
        "rate": buyers / arm.size,
        "amount_per_customer": arm.mean("amount"),
        **effect,
    }


_EFFECT = (
    "amount_per_customer", "lift_abs", "lift_rel", "ci_low", "ci_high", "p_value", "incremental_orders",
    "incremental_profit", "srm_p",
)  # fmt: skip
_NUMBERS: dict[str, pa.DataType] = {name: pa.float64() for name in _EFFECT}
_TYPES: dict[str, pa.DataType] = {
    "arm": pa.string(),
    "customers": pa.int64(),
    "buyers": pa.int64(),
    "rate": pa.float64(),
    **_NUMBERS,
    "low_n": pa.bool_(),
}
_SCHEMA = pa.schema(_TYPES)
