"""How quantity reacts to price, item by item: a log-log regression, drawn towards the mean of the item's category."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import stats

Array = npt.NDArray[np.float64]

CONFIDENCE = 0.95
STEP = 0.01
"""Prices closer than this share of one another are one level."""
HALF_A_YEAR = 26
_TYPES: dict[str, pa.DataType] = {
    "item": pa.string(),
    "elasticity": pa.float64(),
    "ci_low": pa.float64(),
    "ci_high": pa.float64(),
    "weeks": pa.int64(),
    "price_levels": pa.int64(),
    "best_price": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


@dataclass(frozen=True)
class Estimate:
    """The reaction of one item, its variance, and how many times the variance's root its interval reaches."""

    item: str
    category: str
    value: float
    variance: float
    reach: float
    weeks: int
    levels: int
    cost: float | None
    tried: tuple[float, float]
    """The lowest and the highest price."""

    @property
    def best_price(self) -> float | None:
        """Where the margin is highest at a constant reaction; none beyond the prices that were tried."""
        if self.cost is None or self.value >= -1:
            return None
        price = self.cost * self.value / (1 + self.value)
        return price if self.tried[0] - 1e-6 <= price <= self.tried[1] + 1e-6 else None


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A row an item that was sold in enough weeks at enough prices, the strongest reaction first."""
    weeks = groupby(rows.to_pylist(), key=lambda row: row["item"])
    found = [one for _, own in weeks if (one := estimate(list(own), parameters))]
    if parameters["shrink"]:
        found = shrunk(found)
    return pa.Table.from_pylist(
        [_line(one) for one in sorted(found, key=lambda one: (round(one.value, 9), one.item))], schema=_SCHEMA
    )


def estimate(weeks: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> Estimate | None:
    """The reaction of the item of these weeks; None where the prices do not tell it."""
    price = np.array([float(week["price"]) for week in weeks])
    levels = price_levels(price)
    if len(weeks) < parameters["min_weeks"] or levels < parameters["min_prices"]:
        return None
    terms = _terms(weeks, np.log(price))
    quantity = np.log(np.array([float(week["quantity"]) for week in weeks]))
    free = len(weeks) - terms.shape[1]
    if free < 1 or np.linalg.matrix_rank(terms) < terms.shape[1]:
        return None
    inverse = np.linalg.inv(terms.T @ terms)
    weights = inverse @ terms.T @ quantity
    residual = quantity - terms @ weights
    variance = float(residual @ residual / free * inverse[0, 0])
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, free))
    return Estimate(
        item=weeks[0]["item"],
        category=weeks[0]["category"],
        value=float(weights[0]),
        variance=variance,
        reach=reach,
        weeks=len(weeks),
        levels=levels,
        cost=_last_cost(weeks),
        tried=(float(price.min()), float(price.max())),
    )


def price_levels(prices: Array) -> int:
    """How many prices there are that differ by a percent or more from the next lower one that counts."""
    levels, last = 0, 0.0
    for price in np.sort(prices):
        if price >= last * (1 + STEP) - 1e-9:
            levels, last = levels + 1, float(price)
    return levels


def _terms(weeks: Sequence[Mapping[str, Any]], log_price: Array) -> Array:
    """What explains a week's quantity: the price, a level, a trend, the season, promotion."""
    days: list[date] = [week["week_start"] for week in weeks]
    passed = np.array([(day - days[0]).days / 7 for day in days])
    columns = [log_price, np.ones(len(weeks)), passed]
    if passed[-1] >= HALF_A_YEAR:
        angle = 2 * np.pi * np.array([day.timetuple().tm_yday for day in days]) / 365.25
        columns += [np.sin(angle), np.cos(angle)]
    promoted = np.array([float(week["is_promoted"]) for week in weeks])
    if 0 < promoted.sum() < len(weeks):
        columns.append(promoted)
    return np.column_stack(columns)


def _last_cost(weeks: Sequence[Mapping[str, Any]]) -> float | None:
    """The cost a piece of the last week; None where it is not known."""
    cost = weeks[-1]["cost"]
    return None if cost is None else float(cost)


def shrunk(found: Sequence[Estimate]) -> list[Estimate]:
    """Each estimate drawn towards the mean of its category, the more the less it is sure; one alone stays."""
    categories: dict[str, list[Estimate]] = defaultdict(list)
    for one in found:
        categories[one.category].append(one)
    return [drawn for group in categories.values() for drawn in (_drawn(group) if len(group) > 1 else group)]


def _drawn(group: Sequence[Estimate]) -> list[Estimate]:
    values = np.array([one.value for one in group])
    variances = np.maximum(np.array([one.variance for one in group]), 1e-12)
    spread = _spread(values, variances)
    weights = 1 / (variances + spread)
    mean = float(weights @ values / weights.sum())
    kept = spread / (spread + variances)
    return [
        replace(one, value=float(k * one.value + (1 - k) * mean), variance=float(v * k + (1 - k) ** 2 / weights.sum()))
        for one, v, k in zip(group, variances, kept, strict=True)
    ]


def _spread(values: Array, variances: Array) -> float:
    """The variance of the items' true reactions, by moments (DerSimonian and Laird); 0 where chance explains all."""
    weights = 1 / variances
    mean = weights @ values / weights.sum()
    excess = float(weights @ (values - mean) ** 2) - (len(values) - 1)
    return max(0.0, excess / float(weights.sum() - (weights**2).sum() / weights.sum()))


def _line(one: Estimate) -> dict[str, Any]:
    half = one.reach * one.variance**0.5
    return {
        "item": one.item,
        "elasticity": one.value,
        "ci_low": one.value - half,
        "ci_high": one.value + half,
        "weeks": one.weeks,
        "price_levels": one.levels,
        "best_price": one.best_price,
    }
