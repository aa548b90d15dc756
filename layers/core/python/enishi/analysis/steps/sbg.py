"""How long contracts last: the shifted-beta-geometric model (Fader and Hardie 2007), fitted on what is known so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import optimize
from scipy.special import betaln, digamma

Array = npt.NDArray[np.float64]

_TYPES: Mapping[str, pa.DataType] = {
    "by": pa.string(),
    "k": pa.int64(),
    "contracts": pa.int64(),
    "actual": pa.float64(),
    "projected": pa.float64(),
    "remaining": pa.float64(),
    "expected_deliveries": pa.float64(),
    "contract_value": pa.decimal128(18, 2),
    "error": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


@dataclass(frozen=True)
class Survivors:
    """Contracts by how many renewals they took: those that then refused one, and those that were not asked yet."""

    lost: Array
    left_out: Array

    @property
    def size(self) -> float:
        return float(self.lost.sum() + self.left_out.sum())

    @property
    def watched(self) -> Array:
        """How many had the k-th renewal before them, k = 1, 2, …"""
        after = (self.lost + self.left_out)[::-1].cumsum()[::-1]
        return np.asarray(after - self.left_out, dtype=np.float64)

    def actual(self) -> Array:
        """Kaplan and Meier's share that took the k-th renewal, k = 0, 1, …, as far as anybody was watched."""
        watched = self.watched
        known = watched[: int(np.count_nonzero(np.cumprod(watched > 0)))]
        return np.concatenate([[1.0], np.cumprod(1 - self.lost[: known.size] / known)])


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Everybody refuses each renewal with a probability of her own, spread over people as Beta(alpha, beta)."""

    alpha: float
    beta: float

    def survival(self, renewals: npt.ArrayLike) -> Array:
        """The share that takes so many renewals."""
        taken = np.asarray(renewals, dtype=np.float64)
        return np.asarray(np.exp(betaln(self.alpha, self.beta + taken) - betaln(self.alpha, self.beta)))

    def log_likelihood(self, seen: Survivors) -> float:
        taken = np.arange(seen.lost.size)
        survived = betaln(self.alpha, self.beta + taken)
        refused = betaln(self.alpha + 1, self.beta + taken)
        return float(seen.left_out @ survived + seen.lost @ refused - seen.size * betaln(self.alpha, self.beta))

    def slope(self, seen: Survivors) -> Array:
        """How the log-likelihood changes with the logarithms of alpha and beta."""
        taken = np.arange(seen.lost.size)
        everybody = digamma(self.alpha + self.beta + taken)
        and_lost = digamma(self.alpha + self.beta + taken + 1)
        start = digamma(self.alpha + self.beta)
        by_alpha = seen.left_out @ (digamma(self.alpha) - everybody) + seen.lost @ (digamma(self.alpha + 1) - and_lost)
        by_beta = seen.left_out @ (digamma(self.beta + taken) - everybody)
        by_beta += seen.lost @ (digamma(self.beta + taken) - and_lost)
        by_alpha -= seen.size * (digamma(self.alpha) - start)
        by_beta -= seen.size * (digamma(self.beta) - start)
        return np.array([by_alpha * self.alpha, by_beta * self.beta])


def fit(seen: Survivors) -> ShiftedBetaGeometric | None:
    """The model of greatest likelihood; None where nobody has been lost, or nobody has stayed."""
    if not seen.lost.sum() or not seen.watched.sum() - seen.lost.sum():
        return None

    def unlikelihood(logs: Array) -> tuple[float, Array]:
        model = _at(logs)
        return -model.log_likelihood(seen) / seen.size, -model.slope(seen) / seen.size

    limits, exact = [(-8.0, 8.0)] * 2, {"ftol": 1e-15, "gtol": 1e-10}
    starts = ([0.0, 1.0], [2.0, 4.0], [-1.0, -1.0])
    found = [
        optimize.minimize(unlikelihood, start, jac=True, method="L-BFGS-B", bounds=limits, options=exact)
        for start in starts
    ]
    return _at(min(found, key=lambda one: float(one.fun)).x)


def _at(logs: Array) -> ShiftedBetaGeometric:
    return ShiftedBetaGeometric(float(np.exp(logs[0])), float(np.exp(logs[1])))


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The curves of each group, groups in their order."""
    lines: list[dict[str, Any]] = []
    for group in dict.fromkeys(str(one) for one in rows.column("by").to_pylist()):
        lines += _lines(group, rows.filter(pc.field("by") == group), parameters)
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _lines(group: str, rows: pa.Table, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    seen = survivors(rows)
    contracts = int(_numbers(rows, "contracts").sum())
    model = fit(seen) if contracts >= parameters["min_cohort"] else None
    actual = seen.actual()
    last = max(parameters["horizon"], actual.size - 1)
    watched = [seen.size, *seen.watched]
    columns: dict[str, list[Any]] = {
        "k": list(range(last + 1)),
        "contracts": [int(watched[k]) if k < len(watched) else 0 for k in range(last + 1)],
        "actual": _filled(actual, last),
    }
    if model:
        columns |= _projected(model, rows, last, parameters)
        columns["error"] = _filled(held_out_error(rows), last)
    return [
        {"by": group, **{name: values[k] for name, values in columns.items()}}
        for k in range(last + 1 if contracts else 0)
    ]


def _projected(
    model: ShiftedBetaGeometric, rows: pa.Table, last: int, parameters: Mapping[str, Any]
) -> dict[str, list[Any]]:
    survival = model.survival(np.arange(last + 1))
    bound = _mean(rows, "bound", "contracts")
    price, days = _mean(rows, "price", "priced"), _mean(rows, "interval_days", "timed")
    worth = _worth(survival, bound, price, days, parameters["annual_discount"])
    return {
        "projected": survival.tolist(),
        "remaining": _remaining(model, rows, last).tolist(),
        "expected_deliveries": (bound + np.concatenate([[0.0], survival[1:].cumsum()])).tolist(),
        "contract_value": [Decimal(str(round(one, 2))) if np.isfinite(one) else None for one in worth],
    }


def _worth(survival: Array, bound: float, price: float, days: float, discount: float) -> Array:
    """What a new contract brings up to each renewal: the binding deliveries, one an interval, and the likely ones."""
    a_delivery = (1 + discount) ** (-days / 365.25)
    whole = int(bound)
    certain = sum(a_delivery**i for i in range(whole)) + (bound - whole) * a_delivery**whole
    further = survival[1:] * a_delivery ** (bound + np.arange(survival.size - 1))
    return np.asarray(price * (certain + np.concatenate([[0.0], further.cumsum()])))


def _remaining(model: ShiftedBetaGeometric, rows: pa.Table, last: int) -> Array:
    """Of the active contracts, each from where it stands, those after 0, 1, … more deliveries."""
    reached, active = _numbers(rows, "reached"), _numbers(rows, "active")
    more = np.arange(last + 1)
    taken = np.maximum(reached[:, None] + more, 0)
    return np.asarray(active @ (model.survival(taken) / model.survival(np.maximum(reached, 0))[:, None]))


def held_out_error(rows: pa.Table) -> Array:
    """Projected from one half of the cohorts minus the other half's actual share, in percentage points."""
    model = fit(survivors(rows.filter(~pc.field("is_held_out"))))
    if model is None:
        return np.array([])
    actual = survivors(rows.filter(pc.field("is_held_out"))).actual()
    return np.asarray(100 * (model.survival(np.arange(actual.size)) - actual)) if actual.size > 1 else np.array([])


def survivors(rows: pa.Table) -> Survivors:
    """Contracts past their binding deliveries, by the renewals that they took."""
    reached = _numbers(rows, "reached").astype(np.int64)
    lost, left_out = np.zeros(max(reached.max(initial=0), 0) + 1), np.zeros(max(reached.max(initial=0), 0) + 1)
    past = reached >= 0
    np.add.at(lost, reached[past], _numbers(rows, "lost")[past])
    np.add.at(left_out, reached[past], _numbers(rows, "left_out")[past])
    return Survivors(lost, left_out)


def _filled(values: Array, last: int) -> list[float | None]:
    return [*values.tolist(), *[None] * (last + 1)][: last + 1]


def _mean(rows: pa.Table, total: str, count: str) -> float:
    counted = float(_numbers(rows, count).sum())
    return float(np.nan_to_num(_numbers(rows, total)).sum()) / counted if counted else float("nan")


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.asarray(rows.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)
