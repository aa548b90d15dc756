"""Who is still a customer, what is to come, and what it is worth: BG/NBD and Gamma-Gamma fitted and scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from enishi.analysis.steps.customer_base import (
    Array,
    BetaGeometric,
    GammaGamma,
    Histories,
    fit_purchases,
    fit_spend,
)
from enishi.errors import AnalysisError

FEWEST_REPEATERS = 10
WEEKS_A_YEAR = 365.25 / 7
STEP_WEEKS = 4
MONEY = pa.decimal128(18, 2)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Everybody who has bought, the most valuable first.

    Raises:
        AnalysisError: hardly anybody has bought twice.
    """
    people = Histories(_numbers(rows, "frequency"), _numbers(rows, "recency_weeks"), _numbers(rows, "age_weeks"))
    spend = np.nan_to_num(_numbers(rows, "spend"))
    sample = _sample(people.frequency.size, parameters["sample_size"])
    paid = sample[spend[sample] > 0]
    if paid.size < FEWEST_REPEATERS:
        raise AnalysisError(
            f"fewer than {FEWEST_REPEATERS} customers have bought on two days",
            remedy="Choose a larger population or a later as_of.",
        )
    bought, worth = fit_purchases(people.of(sample)), fit_spend(people.frequency[paid], spend[paid])
    together = _correlation(people.frequency[paid], spend[paid])
    scored = rows.select(["customer_id", "frequency", "recency_weeks", "age_weeks"])
    for name, column in _scores(people, spend, bought, worth, parameters).items():
        scored = scored.append_column(name, column)
    fit = [bought.r, bought.alpha, bought.a, bought.b, worth.p, worth.q, worth.v, together]
    scored = scored.append_column("holdout_mae", _same(_holdout_error(rows, parameters), len(spend), pa.float64()))
    scored = scored.append_column("fit_params", _same(fit, len(spend), pa.list_(pa.float64())))
    return scored.sort_by([("clv", "descending"), ("customer_id", "ascending")])


def _scores(
    people: Histories, spend: Array, bought: BetaGeometric, worth: GammaGamma, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns that the two models give everybody."""
    alive, a_time = bought.alive(people), worth.expected(people.frequency, spend)
    orders, discounted = _ahead(bought, people, parameters["horizon_weeks"], parameters["annual_discount"])
    return {
        "p_alive": pa.array(alive),
        "expected_orders": pa.array(orders),
        "expected_spend": pa.array(np.round(a_time, 2)).cast(MONEY),
        "clv": pa.array(np.round(discounted * a_time * parameters["margin_rate"], 2)).cast(MONEY),
        "band": pa.array(_bands(people, alive)),
    }


def _numbers(rows: pa.Table, name: str) -> Array:
    """A column as doubles; null is not a number."""
    return np.asarray(rows.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)


def _sample(people: int, size: int) -> npt.NDArray[np.int64]:
    """Whose histories are fitted: all, or the same draw every time."""
    if people <= size:
        return np.arange(people)
    return np.sort(np.random.default_rng(0).choice(people, size, replace=False))


def _ahead(model: BetaGeometric, people: Histories, weeks: int, discount: float) -> tuple[Array, Array]:
    """Orders within the horizon, as they are and discounted to today; equal histories are worked out once."""
    rows = np.column_stack([people.frequency, people.recency, people.age])
    unique, place = np.unique(rows, axis=0, return_inverse=True)
    kinds = Histories(*unique.T)
    so_far, discounted = np.zeros(len(unique)), np.zeros(len(unique))
    for end in [*range(STEP_WEEKS, weeks, STEP_WEEKS), weeks]:
        by_then = model.expected(kinds, float(end))
        discounted += (by_then - so_far) / (1 + discount) ** (end / WEEKS_A_YEAR)
        so_far = by_then
    return so_far[place.ravel()], discounted[place.ravel()]


def _holdout_error(rows: pa.Table, parameters: Mapping[str, Any]) -> float | None:
    """The mean error of the orders predicted for the last weeks by a fit to what came before them."""
    known = _numbers(rows, "old_frequency") >= 0
    old = Histories(*(_numbers(rows, f"old_{name}") for name in ("frequency", "recency_weeks", "age_weeks"))).of(known)
    sample = old.of(_sample(old.frequency.size, parameters["sample_size"]))
    weeks = parameters["holdout_weeks"]
    if not weeks or int((sample.frequency > 0).sum()) < FEWEST_REPEATERS:
        return None
    predicted = fit_purchases(sample).expected(old, float(weeks))
    return float(np.abs(predicted - _numbers(rows, "later_orders")[known]).mean())


def _correlation(frequency: Array, spend: Array) -> float | None:
    """Gamma-Gamma assumes none."""
    if frequency.std() == 0 or spend.std() == 0:
        return None
    return float(np.corrcoef(frequency, spend)[0, 1])


def _bands(people: Histories, alive: Array) -> list[str]:
    named = np.select([people.frequency == 0, alive >= 0.8, alive >= 0.5], ["リピート前", "生存", "要注意"], "離脱濃厚")
    return [str(name) for name in named]


def _same(value: Any, times: int, kind: pa.DataType) -> Any:
    return pa.array([value], kind).take(np.zeros(times, dtype=np.int64))
