"""Where a series of sales will land: seasonal naive with drift against Holt-Winters, judged by a rolling backtest."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from enishi.errors import AnalysisError

Series = npt.NDArray[np.float64]
Model = Callable[[Series, int, int], Series]
"""Values, season length, steps ahead → the forecast of these steps."""

FEWEST = 4
SEASONS: Mapping[str, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4, "fiscal_year": 1}
WIDTH = NormalDist().inv_cdf(0.9)
"""Four outcomes of five lie inside."""
_MONEY = pa.decimal128(18, 2)
_TYPES: Mapping[str, pa.DataType] = {
    "bucket": pa.date32(),
    "actual": _MONEY,
    "forecast": _MONEY,
    "low": _MONEY,
    "high": _MONEY,
    "model": pa.string(),
    "mape": pa.float64(),
}


@dataclass(frozen=True)
class Judged:
    """A model and what it foretold, one step ahead, of the last known values."""

    name: str
    model: Model
    foretold: Series
    actual: Series

    @property
    def mape(self) -> float | None:
        """The mean error in shares of the actual; none where nothing was sold."""
        errors = [abs(f - a) / a for f, a in zip(self.foretold, self.actual, strict=True) if a > 0]
        return fmean(errors) if errors else None

    @property
    def spread(self) -> float:
        return sqrt(float(np.mean((self.foretold - self.actual) ** 2)))


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The known periods with their backtest, then the open one and those to come.

    Raises:
        AnalysisError: too few whole periods to learn from.
    """
    periods = rows.to_pylist()
    known = [period for period in periods if period["state"] == "done"]
    if len(known) < FEWEST:
        raise AnalysisError(
            f"{len(known)} whole periods are too few to look ahead from (at least {FEWEST})",
            where="-p period_start",
            remedy="Choose a longer period or a finer grain.",
        )
    values, season = np.array([period["actual"] for period in known]), SEASONS[parameters["grain"]]
    best = choose(values, season, parameters["backtests"])
    answer = [*_past(known, best), *_ahead(periods[len(known) :], values, season, best)]
    return pa.Table.from_pylist(answer, schema=pa.schema(_TYPES))


def choose(values: Series, season: int, backtests: int) -> Judged:
    """The base line, or the challenger where its error is lower."""
    tested = min(backtests, len(values) - 3)
    base, challenger = (
        Judged(name, model, _backtest(values, season, model, tested), values[-tested:]) for name, model in MODELS
    )
    if base.mape is None or challenger.mape is None:
        return base
    return challenger if challenger.mape < base.mape - 1e-6 else base


def _backtest(values: Series, season: int, model: Model, tested: int) -> Series:
    """One step ahead, from what was known before each of the last values."""
    return np.array([model(values[:end], season, 1)[0] for end in range(len(values) - tested, len(values))])


def seasonal_naive(values: Series, season: int, steps: int) -> Series:
    """The same period of the last season, moved by the mean change a period; without a season the last value."""
    lag = season if len(values) > season else 1
    drift = float(np.mean(values[lag:] - values[:-lag])) / lag
    last = values[-lag:]
    return np.array([last[step % lag] + drift * lag * (step // lag + 1) for step in range(steps)])


def holt_winters(values: Series, season: int, steps: int) -> Series:
    """Level, trend and season with their own memory; the season only with two of them, below four values the last."""
    if len(values) < FEWEST or not values.any():
        return np.full(steps, values[-1])
    seasonal = season > 1 and len(values) >= 2 * season
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fitted = ExponentialSmoothing(
            values,
            trend="add",
            damped_trend=True,
            seasonal="add" if seasonal else None,
            seasonal_periods=season if seasonal else None,
            initialization_method="heuristic" if len(values) >= 10 else "legacy-heuristic",
        ).fit()
        return np.asarray(fitted.forecast(steps), dtype=np.float64)


MODELS: Sequence[tuple[str, Model]] = (("季節ナイーブ+ドリフト", seasonal_naive), ("Holt-Winters", holt_winters))


def _past(known: Sequence[Mapping[str, Any]], best: Judged) -> Iterator[dict[str, Any]]:
    untested = len(known) - len(best.foretold)
    for place, period in enumerate(known):
        foretold = best.foretold[place - untested] if place >= untested else None
        yield {
            "bucket": period["bucket"],
            "actual": _yen(period["actual"]),
            "forecast": _yen(foretold),
            "model": None if foretold is None else best.name,
            "mape": best.mape,
        }


def _ahead(coming: Sequence[Mapping[str, Any]], values: Series, season: int, best: Judged) -> Iterator[dict[str, Any]]:
    """What is sold already stays; only the remaining share of a period is foretold, and uncertain."""
    if not coming:
        return
    foretold = np.maximum(best.model(values, season, len(coming)), 0)
    for step, (period, whole) in enumerate(zip(coming, foretold, strict=True), start=1):
        sold, share = period["actual"] or 0.0, period["remaining"]
        width = WIDTH * best.spread * sqrt(step)
        yield {
            "bucket": period["bucket"],
            "actual": _yen(period["actual"]),
            "forecast": _yen(sold + share * whole),
            "low": _yen(sold + share * max(whole - width, 0)),
            "high": _yen(sold + share * (whole + width)),
            "model": best.name,
            "mape": best.mape,
        }


def _yen(value: float | None) -> Any:
    return None if value is None else pa.scalar(round(float(value), 2)).cast(_MONEY).as_py()
