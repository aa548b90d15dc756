"""Which of target, offer, timing and channel makes the difference: a regression on the four, and marginal rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import statsmodels.api as sm

from enishi.analysis.binding import labels
from enishi.analysis.steps.inference import normal_quantile
from enishi.errors import AnalysisError

Array = npt.NDArray[np.float64]
Combination = tuple[str, ...]

ELEMENTS: Mapping[str, str] = {
    "target": "ターゲット",
    "offer": "オファー",
    "timing": "タイミング",
    "channel": "チャネル",
}
AMOUNT = "amount_per_message"


@dataclass(frozen=True)
class Model:
    """A fitted regression: its levels, coefficients and their covariance, and what of the design it has seen."""

    levels: Sequence[Sequence[str]]
    beta: Array
    covariance: Array
    seen: Array
    is_rate: bool

    def design(self, combinations: Sequence[Combination]) -> Array:
        """A constant, and for each element a column for each of its levels but the first."""
        return _design(self.levels, combinations)

    def tells(self, design: Array) -> bool:
        """Whether the data can say anything about these rows: they lie in the space of the rows that it has seen."""
        return bool(np.abs(design - design @ self.seen).max() < 1e-6)

    def mean(self, design: Array, weights: Array, z: float) -> tuple[float, float, float]:
        """The weighted mean of the predictions, with its interval by the delta method."""
        linear = design @ self.beta
        predicted = 1 / (1 + np.exp(-linear)) if self.is_rate else linear
        slope = predicted * (1 - predicted) if self.is_rate else np.ones_like(linear)
        share = weights / weights.sum()
        gradient = (share * slope) @ design
        value, reach = float(share @ predicted), z * float(np.sqrt(max(gradient @ self.covariance @ gradient, 0.0)))
        low, high = value - reach, value + reach
        return (value, max(low, 0.0), min(high, 1.0)) if self.is_rate else (value, low, high)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The levels of each element, then combinations: those that were tried, and the most promising others.

    Raises:
        AnalysisError: no message was sent, or nobody (or everybody) reacted.
    """
    told = rows.to_pylist()
    combinations = [tuple(row[name] for name in ELEMENTS) for row in told]
    messages = np.array([row["messages"] for row in told], dtype=np.float64)
    hits = np.array(
        [row["amount" if parameters["metric"] == AMOUNT else "successes"] for row in told], dtype=np.float64
    )
    model = _fit(combinations, messages, hits, sum(row["squares"] for row in told), parameters)
    z = normal_quantile(parameters["confidence"])
    lines = [*_levels(model, combinations, messages, hits, z), *_tried(model, combinations, messages, hits, z)]
    lines += _untried(model, set(combinations), z)[: parameters["max_untried"]]
    return pa.Table.from_pylist(lines, schema=pa.schema(_TYPES))


def _fit(
    combinations: Sequence[Combination], messages: Array, hits: Array, squares: float, parameters: Mapping[str, Any]
) -> Model:
    is_rate = parameters["metric"] != AMOUNT
    if not hits.sum() or (is_rate and hits.sum() == messages.sum()):
        raise AnalysisError(
            "there is no difference to explain: nobody, or everybody, reacted",
            where="-p metric",
            remedy="Choose a longer period, other campaigns or another metric.",
        )
    levels = [_sorted({one[at] for one in combinations}) for at in range(len(ELEMENTS))]
    design = _design(levels, combinations)
    beta, covariance = _logistic(design, messages, hits) if is_rate else _linear(design, messages, hits, squares)
    return Model(levels, beta, covariance, np.linalg.pinv(design) @ design, is_rate)


def _logistic(design: Array, messages: Array, hits: Array) -> tuple[Array, Array]:
    """Each combination twice: those who reacted, and those who did not. Fitted in directions that the data tell apart."""
    outcome, counts = np.repeat([1.0, 0.0], len(hits)), np.concatenate([hits, messages - hits])
    told = counts > 0
    basis = np.linalg.svd(design)[2][: np.linalg.matrix_rank(design)].T
    twice = np.vstack([design, design])[told] @ basis
    fitted = sm.GLM(outcome[told], twice, family=sm.families.Binomial(), freq_weights=counts[told]).fit()
    return basis @ np.asarray(fitted.params), basis @ np.asarray(fitted.cov_params()) @ basis.T


def _linear(design: Array, messages: Array, hits: Array, squares: float) -> tuple[Array, Array]:
    """Least squares over the messages, from the sums of each combination."""
    inverse = np.linalg.pinv(design.T @ (messages[:, None] * design))
    beta = inverse @ (design.T @ hits)
    left = squares - 2 * float(beta @ design.T @ hits) + float(messages @ (design @ beta) ** 2)
    freedom = messages.sum() - np.linalg.matrix_rank(design)
    return beta, inverse * (left / freedom if freedom > 0 else np.nan)


def _design(levels: Sequence[Sequence[str]], combinations: Sequence[Combination]) -> Array:
    columns = [np.ones(len(combinations))]
    for at, names in enumerate(levels):
        columns += [np.array([float(one[at] == name) for one in combinations]) for name in names[1:]]
    return np.column_stack(columns)


def _sorted(names: set[str]) -> list[str]:
    """不明 last (rule UNK)."""
    return sorted(names, key=lambda name: (name == labels()["unknown"], name))


def _levels(
    model: Model, combinations: Sequence[Combination], messages: Array, hits: Array, z: float
) -> list[dict[str, Any]]:
    return [
        {
            "element": label,
            "level": level,
            **_raw(np.array([one[at] == level for one in combinations]), messages, hits),
            **_adjusted(model, [(*one[:at], level, *one[at + 1 :]) for one in combinations], messages, z),
        }
        for at, label in enumerate(ELEMENTS.values())
        for level in model.levels[at]
    ]


def _raw(mine: npt.NDArray[np.bool_], messages: Array, hits: Array) -> dict[str, Any]:
    return {"messages": int(messages[mine].sum()), "raw_rate": float(hits[mine].sum() / messages[mine].sum())}


def _adjusted(model: Model, combinations: Sequence[Combination], weights: Array, z: float) -> dict[str, Any]:
    design = model.design(combinations)
    if not model.tells(design):
        return {}
    value, low, high = model.mean(design, weights, z)
    return {"adjusted_rate": value, "ci_low": low, "ci_high": high}


def _tried(
    model: Model, combinations: Sequence[Combination], messages: Array, hits: Array, z: float
) -> list[dict[str, Any]]:
    lines = [
        {
            "combination": " × ".join(one),
            "tried": True,
            "messages": int(messages[at]),
            "raw_rate": float(hits[at] / messages[at]),
            **_adjusted(model, [one], np.ones(1), z),
        }
        for at, one in enumerate(combinations)
    ]
    return sorted(lines, key=lambda line: (-line["messages"], line["combination"]))


def _untried(model: Model, tried: set[Combination], z: float) -> list[dict[str, Any]]:
    lines = [
        {"combination": " × ".join(one), "tried": False, "messages": 0, **_adjusted(model, [one], np.ones(1), z)}
        for one in product(*model.levels)
        if one not in tried
    ]
    return sorted(lines, key=lambda line: (-round(line.get("adjusted_rate", -np.inf), 9), line["combination"]))


_RATES = ("raw_rate", "adjusted_rate", "ci_low", "ci_high")
_TYPES: dict[str, pa.DataType] = {
    "element": pa.string(),
    "level": pa.string(),
    "messages": pa.int64(),
    **dict.fromkeys(_RATES, pa.float64()),
    "combination": pa.string(),
    "tried": pa.bool_(),
}
