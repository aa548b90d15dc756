"""The reaction to price against demand of a known shape, and against statsmodels."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import statsmodels.api as sm

from enishi.analysis.steps.elasticity import Estimate, estimate, price_levels, run, shrunk

GIVEN = {"min_prices": 3, "min_weeks": 26, "shrink": False}
MONDAY = date(2024, 1, 1)


def _weeks(quantities: Any, prices: Any, item: str = "a", cost: float | None = None) -> list[dict[str, Any]]:
    return [
        {
            "item": item,
            "category": "c",
            "week_start": MONDAY + timedelta(weeks=place),
            "quantity": quantity,
            "price": price,
            "cost": cost,
            "is_promoted": place % 7 == 0,
        }
        for place, (quantity, price) in enumerate(zip(quantities, prices, strict=True))
    ]


def _made(noise: float) -> tuple[Any, Any]:
    """Two years: reaction -2.5, growth of 1 % a week, a wave of the year, half more in promoted weeks."""
    rng = np.random.default_rng(7)
    place = np.arange(104)
    prices = rng.choice([800.0, 900.0, 1000.0, 1200.0], 104)
    angle = 2 * np.pi * np.array([(MONDAY + timedelta(weeks=int(k))).timetuple().tm_yday for k in place]) / 365.25
    log_quantity = 20 - 2.5 * np.log(prices) + 0.01 * place + 0.3 * np.sin(angle) + np.log(1.5) * (place % 7 == 0)
    return np.exp(log_quantity + noise * rng.standard_normal(104)), prices


def test_the_reaction_that_made_the_weeks_is_found() -> None:
    found = estimate(_weeks(*_made(0.0), cost=600.0), GIVEN)
    assert found is not None
    assert found.value == pytest.approx(-2.5)
    assert found.variance == pytest.approx(0, abs=1e-12)
    assert (found.weeks, found.levels) == (104, 4)
    assert found.best_price == pytest.approx(600 * 2.5 / 1.5)


def test_the_interval_is_that_of_statsmodels() -> None:
    quantity, prices = _made(0.4)
    weeks = _weeks(quantity, prices)
    angle = 2 * np.pi * np.array([week["week_start"].timetuple().tm_yday for week in weeks]) / 365.25
    place = np.arange(104)
    terms = np.column_stack([np.log(prices), np.ones(104), place, np.sin(angle), np.cos(angle), place % 7 == 0])
    fitted = sm.OLS(np.log(quantity), terms).fit()
    line = run(pa.Table.from_pylist(weeks), GIVEN).to_pylist()[0]
    assert [line["ci_low"], line["ci_high"]] == pytest.approx(list(fitted.conf_int(0.05)[0]))
    assert line["elasticity"] == pytest.approx(fitted.params[0])


def test_prices_that_do_not_move_tell_nothing() -> None:
    quantity, _ = _made(0.0)
    assert estimate(_weeks(quantity, [1000.0] * 104), GIVEN) is None
    assert estimate(_weeks(*_made(0.0))[:25], GIVEN) is None


def test_nothing_sold_is_an_empty_answer() -> None:
    assert run(pa.Table.from_pylist([], pa.schema([("item", pa.string())])), GIVEN).num_rows == 0


def test_prices_a_percent_apart_are_levels() -> None:
    assert price_levels(np.array([100.0, 100.5, 101.2, 99.9, 150.0])) == 3


def _one(item: str, value: float, variance: float) -> Estimate:
    return Estimate(item, "c", value, variance, 2.0, 30, 3, None, (1.0, 2.0))


def test_items_are_drawn_towards_their_category() -> None:
    """-1 and -3 with variance 1: chance explains 1 of the 2 by which they differ; each goes half the way to -2."""
    drawn = shrunk([_one("a", -1, 1), _one("b", -3, 1)])
    assert [one.value for one in drawn] == pytest.approx([-1.5, -2.5])
    assert [one.variance for one in drawn] == pytest.approx([0.75, 0.75])


def test_what_chance_explains_becomes_one_mean() -> None:
    drawn = shrunk([_one("a", -1, 1), _one("b", -1.5, 1)])
    assert [one.value for one in drawn] == pytest.approx([-1.25, -1.25])
    assert [one.variance for one in drawn] == pytest.approx([0.5, 0.5])


def test_an_item_alone_in_its_category_stays() -> None:
    assert shrunk([_one("a", -1, 1)])[0].value == -1


def test_a_best_price_is_none_that_was_never_near() -> None:
    assert Estimate("a", "c", -1.1, 1, 2.0, 30, 3, 100.0, (90.0, 200.0)).best_price is None
    assert Estimate("a", "c", -0.9, 1, 2.0, 30, 3, 100.0, (90.0, 200.0)).best_price is None
    assert Estimate("a", "c", -3.0, 1, 2.0, 30, 3, 100.0, (90.0, 200.0)).best_price == pytest.approx(150)
