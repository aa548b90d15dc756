"""Curves that are known because the weeks were made from them."""

from __future__ import annotations

import numpy as np
import pytest

from enishi.analysis.steps.response_curve import adstock, drawn, fitted, interval, is_fit_to_tell

COST = np.tile([0.0, 40_000.0, 10_000.0, 80_000.0, 20_000.0], 12)
DECAYS = (0.0, 0.3, 0.5, 0.7)


def test_a_half_is_left_each_week() -> None:
    assert adstock(np.array([8.0, 0.0, 0.0, 4.0]), 0.5).tolist() == [8, 4, 2, 5]


def test_the_curve_that_made_the_weeks_is_found() -> None:
    stock = adstock(COST, 0.5)
    won = 2 + 30 * stock / (stock + stock.mean())
    curve = fitted(COST, won, DECAYS, np.ones((1, COST.size)))
    assert [float(curve.decay[0]), float(curve.half[0])] == [0.5, pytest.approx(stock.mean())]
    assert [float(curve.own[0]), float(curve.gain[0])] == [pytest.approx(2), pytest.approx(30)]
    at, half = 30_000 / 0.5, float(stock.mean())
    assert float(curve.price(30_000)[0]) == pytest.approx(0.5 * (at + half) ** 2 / (30 * half))


def test_the_interval_holds_the_truth_and_is_the_same_every_time() -> None:
    stock = adstock(COST, 0.3)
    won = np.random.default_rng(7).poisson(2 + 30 * stock / (stock + stock.mean())).astype(float)
    low, high = interval(drawn(COST, won, DECAYS, 100).price(30_000))  # type: ignore[union-attr]
    at, half = 30_000 / 0.7, float(stock.mean())
    assert low < 0.7 * (at + half) ** 2 / (30 * half) < high
    assert interval(drawn(COST, won, DECAYS, 100).price(30_000)) == (low, high)  # type: ignore[union-attr]


def test_cost_that_brings_nobody_has_no_price() -> None:
    won = np.where(COST > 15_000, 1.0, 5.0)
    assert np.isinf(fitted(COST, won, DECAYS, np.ones((1, COST.size))).price(10_000)[0])


def test_steady_spend_tells_nothing() -> None:
    assert not is_fit_to_tell(np.full(30, 100.0), np.arange(30.0), 20)
    assert not is_fit_to_tell(COST, np.zeros(60), 20)
    assert not is_fit_to_tell(COST[:10], np.arange(10.0), 20)
    assert is_fit_to_tell(COST, np.arange(60.0), 20)
