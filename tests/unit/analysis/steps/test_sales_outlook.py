"""Forecasts with known answers: seasons that repeat, drift, what an interval says, and which model is taken."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from enishi.analysis.steps import sales_outlook
from enishi.errors import AnalysisError


def _rows(values: list[float], ahead: int = 1) -> pa.Table:
    months = [date(2020 + place // 12, place % 12 + 1, 1) for place in range(len(values) + ahead)]
    states = ["done"] * len(values) + ["ahead"] * ahead
    actual = [*values, *[None] * ahead]
    remaining = [0.0] * len(values) + [1.0] * ahead
    return pa.table({"bucket": months, "actual": actual, "state": states, "remaining": remaining})


def test_a_season_that_repeats_with_growth_is_continued() -> None:
    """Quarters 10 20 30 40, each year 4 more: the next are 22 32 42 52 and, a year on, 26."""
    values = np.array([10.0, 20, 30, 40, 14, 24, 34, 44, 18, 28, 38, 48])
    assert sales_outlook.seasonal_naive(values, 4, 5).tolist() == pytest.approx([22, 32, 42, 52, 26])


def test_without_a_whole_season_the_last_value_drifts() -> None:
    assert sales_outlook.seasonal_naive(np.array([10.0, 12, 17]), 12, 2).tolist() == pytest.approx([20.5, 24])


def test_holt_winters_learns_a_season() -> None:
    values = np.tile([100.0, 50, 80, 170], 4)
    assert sales_outlook.holt_winters(values, 4, 4).tolist() == pytest.approx([100, 50, 80, 170], rel=0.02)


def test_the_challenger_is_taken_where_it_errs_less() -> None:
    """Noise that never repeats: last year's noise misleads the base line, an average does better."""
    noise = np.random.default_rng(7).normal(1000, 100, 36)
    best = sales_outlook.choose(noise, 12, 6)
    assert best.name == "Holt-Winters"
    assert best.mape is not None
    assert best.mape < 0.15


def test_the_interval_is_what_the_backtest_erred() -> None:
    """1.2816 times the root of the mean square error to either side, one period ahead."""
    values = [100.0, 100, 100, 100, 110, 130]
    best = sales_outlook.choose(np.array(values), 12, 2)
    row = sales_outlook.run(_rows(values), {"grain": "month", "backtests": 2}).to_pylist()[-1]
    assert float(row["high"] - row["forecast"]) == pytest.approx(sales_outlook.WIDTH * best.spread, abs=0.01)
    assert row["model"] == best.name


def test_too_few_periods_are_refused() -> None:
    with pytest.raises(AnalysisError, match="too few"):
        sales_outlook.run(_rows([1.0, 2, 3]), {"grain": "month", "backtests": 6})
