"""BG/NBD and Gamma-Gamma against the published estimates on CDNOW, and against customers made by known parameters."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from enishi.analysis.steps import clv
from enishi.analysis.steps.customer_base import Array, BetaGeometric, GammaGamma, Histories, fit_purchases, fit_spend
from enishi.errors import AnalysisError

PUBLISHED = BetaGeometric(r=0.243, alpha=4.414, a=0.793, b=2.426)
CDNOW = Path(os.environ.get("ENISHI_PUBLIC_DATA", "data")) / "cdnow_sample" / "CDNOW_sample.txt"
PARAMETERS = {
    "sample_size": 200_000,
    "horizon_weeks": 52,
    "annual_discount": 0.1,
    "holdout_weeks": 0,
    "margin_rate": 1.0,
}


def _one(frequency: float, recency: float, age: float) -> Histories:
    return Histories(np.array([frequency]), np.array([recency]), np.array([age]))


def test_the_published_forecast_of_one_customer() -> None:
    """Fader, Hardie and Lee (2005): 1.226 purchases in 39 weeks after x = 2, t_x = 30.43, T = 38.86."""
    assert PUBLISHED.expected(_one(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=5e-4)


def test_alive_is_the_formula_of_the_catalogue() -> None:
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    odds = (a / (b + 2 - 1)) * ((alpha + 38.86) / (alpha + 30.43)) ** (r + 2)
    assert PUBLISHED.alive(_one(2, 30.43, 38.86))[0] == pytest.approx(1 / (1 + odds))


def test_nobody_leaves_before_the_first_repeat() -> None:
    assert PUBLISHED.alive(_one(0, 0, 500))[0] == 1


def test_frequent_buyers_over_a_long_time_stay_finite() -> None:
    assert np.isfinite(PUBLISHED.expected(_one(400, 500, 520), 520)).all()


def _made(model: BetaGeometric, people: int) -> Histories:
    """Customers as the model tells them, followed for 100 weeks."""
    random = np.random.default_rng(7)
    rows = []
    for rate, leaving in zip(
        random.gamma(model.r, 1 / model.alpha, people), random.beta(model.a, model.b, people), strict=True
    ):
        at, last, count = 0.0, 0.0, 0
        while (at := at + random.exponential(1 / max(rate, 1e-12))) <= 100:
            last, count = at, count + 1
            if random.random() < leaving:
                break
        rows.append((count, last, 100.0))
    return Histories(*np.array(rows).T)


def test_the_parameters_that_made_the_customers_are_found() -> None:
    found = fit_purchases(_made(BetaGeometric(0.8, 6.0, 1.2, 3.0), 10_000))
    assert (found.r, found.alpha) == pytest.approx((0.8, 6.0), rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(1.2 / 4.2, rel=0.1)


def test_spend_lies_between_the_own_mean_and_that_of_all() -> None:
    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    everyone = 15.44 * 6.25 / 2.74
    assert model.expected(np.array([0.0]), np.array([0.0]))[0] == pytest.approx(everyone)
    one, many = model.expected(np.array([1.0, 50.0]), np.array([100.0, 100.0]))
    assert everyone < one < many < 100


def test_too_few_repeaters_are_said() -> None:
    columns = ("frequency", "recency_weeks", "age_weeks", "spend", "old_frequency")
    rows = pa.table({"customer_id": ["a", "b"], **{name: [1.0, 0.0] for name in columns}})
    with pytest.raises(AnalysisError, match="fewer than 10"):
        clv.run(rows, PARAMETERS)


def test_a_sample_is_the_same_every_time() -> None:
    assert (clv._sample(1000, 100) == clv._sample(1000, 100)).all()


def _cdnow() -> tuple[Histories, Array]:
    """The calibration of 39 weeks: histories, and the mean of the repeat purchases (not a number without)."""
    spent: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in CDNOW.read_text(encoding="ascii").splitlines():
        _, customer, day, _, amount = line.split()
        spent[customer][datetime.strptime(day, "%Y%m%d").date()] += float(amount)
    end, rows = date(1997, 9, 30), []
    for days in spent.values():
        seen = sorted(day for day in days if day <= end)
        repeats = [days[day] for day in seen[1:]]
        mean = sum(repeats) / len(repeats) if repeats else float("nan")
        rows.append((len(repeats), (seen[-1] - seen[0]).days / 7, (end - seen[0]).days / 7, mean))
    frequency, recency, age, spend = np.array(rows).T
    return Histories(frequency, recency, age), spend


@pytest.mark.skipif(not CDNOW.exists(), reason="ENISHI_PUBLIC_DATA has no cdnow_sample")
def test_the_published_estimates_on_cdnow() -> None:
    people, spend = _cdnow()
    found = fit_purchases(people)
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx((0.24259, 4.41360, 0.79292, 2.42591), abs=1e-4)
    assert found.log_likelihood(people).sum() == pytest.approx(-9582.429, abs=1e-3)
    paid = np.nan_to_num(spend) > 0
    worth = fit_spend(people.frequency[paid], spend[paid])
    assert (int(paid.sum()), worth.p, worth.q, worth.v) == pytest.approx((946, 6.25, 3.74, 15.44), abs=5e-3)
