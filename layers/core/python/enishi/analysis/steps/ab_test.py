"""Variants against the reference: how sure a difference is, and whether enough was sent to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import stats

from enishi.analysis.steps.inference import Sample, allocation, holm, normal_quantile, rates, wilson
from enishi.errors import AnalysisError

AMOUNT = "amount_per_message"
UNEQUAL = 0.001
"""Arms whose sizes are less probable than this were not split evenly."""


@dataclass(frozen=True)
class Variant:
    name: str
    successes: int
    sample: Sample
    """Amounts a message; 0 and 1 for a rate."""

    @property
    def size(self) -> int:
        return round(self.sample.size)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """One row a variant, the reference first.

    Raises:
        AnalysisError: no reference, or a metric that machines decide.
    """
    _check_metric(parameters)
    found = rows.to_pylist()
    variants = [_variant(found, name) for name in _names(found, parameters["reference"])]
    reference, is_amount = variants[0], parameters["metric"] == AMOUNT
    p_values = [None, *(_p_value(one, reference, is_amount) for one in variants[1:])]
    needed = _required(reference, parameters)
    srm_p = allocation([one.size for one in variants], [1.0] * len(variants))
    days = found[0]["days"]
    lines = [
        {
            **_estimate(one, reference, parameters),
            "p_value": p_value,
            "p_adjusted": adjusted,
            "required_n": needed,
            "remaining_days": _remaining(one.size, needed, days),
            "decision": _decision(one, reference, adjusted, needed, srm_p, parameters),
            "srm_p": srm_p,
        }
        for one, p_value, adjusted in zip(variants, p_values, holm(p_values), strict=True)
    ]
    return pa.Table.from_pylist([{name: line[name] for name in _COLUMNS} for line in lines], schema=_SCHEMA)


def _check_metric(parameters: Mapping[str, Any]) -> None:
    if parameters["metric"] == "open_rate" and not parameters["force_open_rate"]:
        raise AnalysisError(
            "opens are partly machines' and do not decide a test",
            where="-p metric",
            remedy="Decide on click_rate or cvr, or give force_open_rate=true.",
        )


def _names(rows: Sequence[Mapping[str, Any]], reference: str) -> list[str]:
    names = sorted({row["variant"] for row in rows})
    if reference not in names:
        raise AnalysisError(
            f"no message of the variant {reference} counts",
            where="-p reference",
            remedy=f"Choose one of {', '.join(names)}." if names else "Choose a campaign that was sent in variants.",
        )
    return [reference, *(name for name in names if name != reference)]


def _variant(rows: Sequence[Mapping[str, Any]], name: str) -> Variant:
    own = [row for row in rows if row["variant"] == name]
    values = [float(row["is_success"] if row["amount"] is None else row["amount"]) for row in own]
    sample = Sample(np.array(values), np.array([float(row["messages"]) for row in own]))
    return Variant(name, sum(row["messages"] for row in own if row["is_success"]), sample)


def _p_value(one: Variant, reference: Variant, is_amount: bool) -> float | None:
    if is_amount:
        return _welch(one.sample, reference.sample)
    missed = [one.size - one.successes, reference.size - reference.successes]
    table = np.array([[one.successes, reference.successes], missed], dtype=np.float64)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    if expected.min() < 5:
        return float(stats.fisher_exact(table.astype(np.int64)).pvalue)
    return rates(one.successes, one.size, reference.successes, reference.size, 0.95).p_value


def _welch(one: Sample, other: Sample) -> float | None:
    if min(one.size, other.size) < 2 or one.variance + other.variance == 0:
        return None
    found = stats.ttest_ind_from_stats(
        one.mean, one.variance**0.5, one.size, other.mean, other.variance**0.5, other.size, equal_var=False
    )
    return float(found.pvalue)


def _required(reference: Variant, parameters: Mapping[str, Any]) -> int | None:
    """Messages a variant for the smallest relative difference of interest, two-sided."""
    rate = reference.sample.mean
    gap = rate * float(parameters["mde_relative"])
    if not gap:
        return None
    reach: float = normal_quantile(parameters["confidence"]) + float(stats.norm.ppf(parameters["power"]))
    if parameters["metric"] == AMOUNT:
        spread = 2 * reference.sample.variance
    else:
        wanted = min(rate + gap, 1.0)
        spread = rate * (1 - rate) + wanted * (1 - wanted)
    return ceil(reach**2 * spread / gap**2)


def _remaining(size: int, needed: int | None, days: int) -> int | None:
    return None if needed is None else max(0, ceil((needed - size) * days / size))


def _estimate(one: Variant, reference: Variant, parameters: Mapping[str, Any]) -> dict[str, Any]:
    rate, base = one.sample.mean, reference.sample.mean
    if parameters["metric"] == AMOUNT:
        reach = _reach(one.sample, parameters["confidence"])
        low, high = (None, None) if reach is None else (rate - reach, rate + reach)
    else:
        low, high = wilson(one.successes, one.size, parameters["confidence"])
    return {
        "variant": one.name,
        "n": one.size,
        "successes": one.successes,
        "rate": rate,
        "ci_low": low,
        "ci_high": high,
        "lift": rate / base - 1 if base and one is not reference else None,
        "low_n": one.size < parameters["min_cell"],
    }


def _reach(sample: Sample, confidence: float) -> float | None:
    if sample.size < 2:
        return None
    return float(stats.t.ppf(0.5 + confidence / 2, sample.size - 1)) * sqrt(sample.variance / sample.size)


def _decision(
    one: Variant,
    reference: Variant,
    p_value: float | None,
    needed: int | None,
    srm_p: float | None,
    parameters: Mapping[str, Any],
) -> str:
    if srm_p is not None and srm_p < UNEQUAL:
        return "配分異常"
    if one is reference:
        return "基準"
    if needed is None or min(one.size, reference.size) < needed:
        return "継続"
    if p_value is None or p_value >= 1 - parameters["confidence"]:
        return "差なし"
    better = one.sample.mean > reference.sample.mean
    return "勝ち" if better != (parameters["metric"] == "unsubscribe_rate") else "負け"


_NUMBERS: dict[str, pa.DataType] = {
    name: pa.float64() for name in ("rate", "ci_low", "ci_high", "lift", "p_value", "p_adjusted")
}
_TYPES: dict[str, pa.DataType] = {
    "variant": pa.string(),
    "n": pa.int64(),
    "successes": pa.int64(),
    **_NUMBERS,
    "required_n": pa.int64(),
    "remaining_days": pa.int64(),
    "decision": pa.string(),
    "low_n": pa.bool_(),
    "srm_p": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)
_COLUMNS = tuple(_SCHEMA.names)
