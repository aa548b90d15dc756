"""What a medium's weekly cost brings: adstock, a saturating curve by least squares, the price of one more customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Array = npt.NDArray[np.float64]

POINTS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
NOW, NOT_FITTED = "現在", "推定不可"
NEXT_SPEND = 100_000.0
LEAST_VARIATION = 0.1
HALVES = np.geomspace(0.1, 10, 41)
"""Where the curve reaches half of what it can, as multiples of the mean adstock."""

_TYPES: Mapping[str, pa.DataType] = {
    "medium": pa.string(),
    "point": pa.string(),
    "spend": pa.decimal128(18, 2),
    "response": pa.float64(),
    "next_customers": pa.float64(),
    "marginal_cpa": pa.decimal128(18, 2),
    "ci_low": pa.decimal128(18, 2),
    "ci_high": pa.decimal128(18, 2),
    "r2": pa.float64(),
    "low_n": pa.bool_(),
}
_SCHEMA = pa.schema(_TYPES)


@dataclass(frozen=True)
class Curve:
    """`own + gain * a / (a + half)`, a = spend / (1 - decay); each a number, or one a draw of the weeks."""

    own: Array
    gain: Array
    half: Array
    decay: Array
    error: Array

    def response(self, spend: float) -> Array:
        stock = spend / (1 - self.decay)
        return np.asarray(self.own + self.gain * stock / (stock + self.half))

    def price(self, spend: float) -> Array:
        """What the next customer costs; without end where more cost brings nobody."""
        stock = spend / (1 - self.decay)
        slope = self.gain * self.half / (stock + self.half) ** 2 / (1 - self.decay)
        return np.divide(1.0, slope, out=np.full_like(slope, np.inf), where=slope > 0)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The points of each medium's curve, in the order of the media."""
    lines: list[dict[str, Any]] = []
    for medium in dict.fromkeys(str(one) for one in rows.column("medium").to_pylist()):
        weeks = rows.filter(pc.field("medium") == medium)
        cost, won, present = (_numbers(weeks, name) for name in ("cost", "customers", "is_present"))
        lines += _lines(medium, cost, won, present > 0, parameters)
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.asarray(rows.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)


def _lines(
    medium: str, cost: Array, won: Array, present: npt.NDArray[np.bool_], parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    spend = float(cost[present].mean()) if cost[present].any() else float(cost.mean())
    if not is_fit_to_tell(cost, won, parameters["min_weeks_with_cost"]):
        return [{"medium": medium, "point": NOT_FITTED, "spend": _money(spend), "low_n": False}]
    curve = fitted(cost, won, parameters["decay_grid"], np.ones((1, cost.size)))
    draws = drawn(cost, won, parameters["decay_grid"], parameters["bootstrap"])
    spread = float(((won - won.mean()) ** 2).sum())
    lines = []
    for point in POINTS:
        at = spend * point
        low, high = interval(draws.price(at)) if draws else (None, None)
        lines.append(
            {
                "medium": medium,
                "point": NOW if point == 1 else f"{NOW}の{point:g}倍",
                "spend": _money(at),
                "response": float(curve.response(at)[0]),
                "next_customers": float((curve.response(at + NEXT_SPEND) - curve.response(at))[0]),
                "marginal_cpa": _money(float(curve.price(at)[0])),
                "ci_low": _money(low),
                "ci_high": _money(high),
                "r2": 1 - float(curve.error[0]) / spread,
                "low_n": bool(won.sum() < parameters["min_cell"]),
            }
        )
    return lines


def is_fit_to_tell(cost: Array, won: Array, fewest: int) -> bool:
    """Whether spend varies enough, and customers come, so that one can be laid to the other."""
    varied = cost.std() >= LEAST_VARIATION * cost.mean()
    return bool(np.count_nonzero(cost) >= fewest and varied and won.std() > 0)


def adstock(cost: Array, decay: float) -> Array:
    """Each week's cost and what is left of the weeks before."""
    stock, left = np.empty_like(cost), 0.0
    for week, spent in enumerate(cost):
        left = spent + decay * left
        stock[week] = left
    return stock


def fitted(cost: Array, won: Array, decays: Sequence[float], weights: Array) -> Curve:
    """The curve of least squares for each row of `weights` (how often a week counts)."""
    best = np.full((5, len(weights)), np.inf)
    for decay in decays:
        stock = adstock(cost, decay)
        for half in HALVES * stock.mean():
            own, gain, error = _line(stock / (stock + half), won, weights)
            found = np.stack([own, gain, np.full_like(own, half), np.full_like(own, decay), error])
            best = np.where(error < best[4] * (1 - 1e-9), found, best)
    return Curve(*best)


def _line(shape: Array, won: Array, weights: Array) -> tuple[Array, Array, Array]:
    """won = own + gain * shape with neither below 0, and its squared error, a row of weights each."""
    total = weights.sum(axis=1)
    s, w = weights @ shape / total, weights @ won / total
    ss, sw, ww = (weights @ product / total for product in (shape * shape, shape * won, won * won))
    variance = ss - s * s
    gain = np.divide(sw - s * w, variance, out=np.zeros_like(s), where=variance > 1e-12)
    through_zero = np.divide(sw, ss, out=np.zeros_like(s), where=ss > 1e-12)
    gain = np.maximum(np.where(w - gain * s < 0, through_zero, gain), 0.0)
    own = np.maximum(w - gain * s, 0.0)
    error = ww - 2 * own * w - 2 * gain * sw + own * own + 2 * own * gain * s + gain * gain * ss
    return own, gain, np.maximum(error, 0.0) * total


def drawn(cost: Array, won: Array, decays: Sequence[float], draws: int) -> Curve | None:
    """Curves of weeks drawn with replacement, the same every time."""
    if not draws:
        return None
    weights = np.random.default_rng(42).multinomial(cost.size, np.full(cost.size, 1 / cost.size), size=draws)
    return fitted(cost, won, decays, weights.astype(np.float64))


def interval(values: Array) -> tuple[float, float]:
    """The middle 95 % of the draws."""
    low, high = np.quantile(values, [0.025, 0.975], method="nearest")
    return float(low), float(high)


def _money(value: float | None) -> Decimal | None:
    return None if value is None or not np.isfinite(value) or value >= 1e15 else Decimal(str(round(value, 2)))
