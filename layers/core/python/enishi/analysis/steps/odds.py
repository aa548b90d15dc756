"""Whether people with a level of a factor repeat more often: odds ratios pooled over strata (Mantel and Haenszel)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

ABSENT = "なし"
"""The level that says the same as the other one, turned round."""
Months = Mapping[Any, tuple[int, int]]
"""Customers and repeaters by month."""


@dataclass(frozen=True)
class Compared:
    """One level against the rest of its factor."""

    factor: str
    level: str
    customers: int
    everybody: int
    rate: float
    rate_without: float | None
    odds_ratio: float | None
    low: float | None
    high: float | None
    p_value: float | None

    def weight(self, min_cell: int) -> tuple[bool, float]:
        """For sorting: reliable levels first, then share of the population x difference of the rates."""
        effect = 0.0 if self.rate_without is None else abs(self.rate - self.rate_without)
        return (self.customers < min_cell, -round(effect * self.customers / self.everybody, 12))

    def is_small(self, min_cell: int) -> bool:
        """Whether those with the level are few, or those without it that they are compared with."""
        others = self.everybody - self.customers
        return self.customers < min_cell or 0 < others < min_cell


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A row a factor and level."""
    found = [
        _compare(factor, level, levels[level], levels[None], parameters["confidence"])
        for factor, levels in _by_factor(rows).items()
        for level in levels
        if level not in (None, ABSENT)
    ]
    found.sort(key=lambda one: (*one.weight(parameters["min_cell"]), one.factor, one.level))
    adjusted = corrected([one.p_value for one in found], parameters["correction"])
    return pa.Table.from_pylist(
        [
            {**_line(one, p), "low_n": one.is_small(parameters["min_cell"])}
            for one, p in zip(found, adjusted, strict=True)
        ],
        schema=pa.schema(_TYPES),
    )


def _by_factor(rows: pa.Table) -> dict[str, dict[str | None, dict[Any, tuple[int, int]]]]:
    found: dict[str, dict[str | None, dict[Any, tuple[int, int]]]] = {}
    for row in rows.to_pylist():
        months = found.setdefault(row["factor"], {}).setdefault(row["level"], {})
        months[row["first_month"]] = (row["customers"], row["repeaters"])
    return found


def _compare(factor: str, level: str, mine: Months, all_of: Months, confidence: float) -> Compared:
    customers, repeaters = _total(mine)
    everybody, all_repeaters = _total(all_of)
    others = everybody - customers
    pooled = _pooled(np.array([_table(mine.get(month, (0, 0)), total) for month, total in all_of.items()]), confidence)
    return Compared(
        factor,
        level,
        customers,
        everybody,
        repeaters / customers,
        (all_repeaters - repeaters) / others if others else None,
        *pooled,
    )


def _total(months: Months) -> tuple[int, int]:
    return sum(people for people, _ in months.values()), sum(again for _, again in months.values())


def _table(mine: tuple[int, int], total: tuple[int, int]) -> list[list[int]]:
    """With and without the level (rows), repeating or not (columns)."""
    (people, again), (everybody, all_again) = mine, total
    return [[again, people - again], [all_again - again, everybody - people - all_again + again]]


def _pooled(tables: Any, confidence: float) -> tuple[float | None, float | None, float | None, float | None]:
    """The odds ratio, its interval (Robins, Breslow and Greenland) and the p-value of no association.

    Months in which everybody, or nobody, has the level or repeats say nothing and are left out.
    """
    telling = (tables.sum(axis=1) > 0).all(axis=1) & (tables.sum(axis=2) > 0).all(axis=1)
    if not telling.any():
        return None, None, None, None
    stratified = StratifiedTable([table.astype(np.float64) for table in tables[telling]])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(stratified.oddsratio_pooled)
        low, high = stratified.oddsratio_pooled_confint(1 - confidence)
        p_value = float(stratified.test_null_odds().pvalue)
    return _finite(ratio), _finite(float(low)), _finite(float(high)), p_value


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def corrected(p_values: Sequence[float | None], method: str) -> list[float | None]:
    """The p-values of several tests together, in the given order; None stays None."""
    known = [p for p in p_values if p is not None]
    if method == "none" or not known:
        return list(p_values)
    adjusted = iter(multipletests(known, method={"holm": "holm", "bh": "fdr_bh"}[method])[1])
    return [None if p is None else float(next(adjusted)) for p in p_values]


def _line(one: Compared, p_adjusted: float | None) -> dict[str, Any]:
    return {
        "factor": one.factor,
        "level": one.level,
        "customers": one.customers,
        "f2_rate": one.rate,
        "f2_rate_without": one.rate_without,
        "odds_ratio": one.odds_ratio,
        "ci_low": one.low,
        "ci_high": one.high,
        "p_adjusted": p_adjusted,
    }


_RATES = ("f2_rate", "f2_rate_without", "odds_ratio", "ci_low", "ci_high", "p_adjusted")
_TYPES: dict[str, pa.DataType] = {
    "factor": pa.string(),
    "level": pa.string(),
    "customers": pa.int64(),
    **dict.fromkeys(_RATES, pa.float64()),
    "low_n": pa.bool_(),
}
