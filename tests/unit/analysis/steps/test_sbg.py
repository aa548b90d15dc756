"""The model against the published one: two groups of customers over seven years (Fader and Hardie 2007)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from enishi.analysis.steps.sbg import ShiftedBetaGeometric, Survivors, fit, held_out_error

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


def _seen(survivors: list[int]) -> Survivors:
    """Lost after 0, 1, … renewals; who is left at the end is not asked again."""
    lost = [a - b for a, b in pairwise(survivors)]
    return Survivors(np.array([*lost, 0.0]), np.array([*[0.0] * len(lost), survivors[-1]]))


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.704, 1.182, -1680.3), (HIGH_END, 0.668, 3.806, -1611.2)],
)
def test_the_published_parameters(survivors: list[int], alpha: float, beta: float, log_likelihood: float) -> None:
    model = fit(_seen(survivors))
    assert model is not None
    assert [model.alpha, model.beta] == [pytest.approx(alpha, abs=6e-4), pytest.approx(beta, abs=6e-4)]
    assert model.log_likelihood(_seen(survivors)) == pytest.approx(log_likelihood, abs=0.05)


def test_the_published_forecast() -> None:
    """Five years later 18.3 % and 40.9 % are left in fact (year 11); the paper's curves run close to them."""
    for survivors, actual in ((REGULAR, 0.183), (HIGH_END, 0.409)):
        model = fit(_seen(survivors))
        assert model is not None
        assert float(model.survival(11)) == pytest.approx(actual, abs=0.02)


def test_the_share_so_far() -> None:
    """One of four refuses the first renewal, one is not asked the second, one of the two others refuses it."""
    seen = Survivors(np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]))
    assert seen.watched.tolist() == [4, 2, 0]
    assert seen.actual().tolist() == [1, 0.75, 0.375]


def test_two_renewals_are_met_exactly() -> None:
    """Half take the first, two of three the second: alpha = beta = 1, S(t) = 1 / (t + 1)."""
    model = fit(Survivors(np.array([3.0, 1.0, 0.0]), np.array([0.0, 0.0, 2.0])))
    assert model is not None
    assert [model.alpha, model.beta] == [pytest.approx(1, rel=1e-6), pytest.approx(1, rel=1e-6)]


def test_one_half_of_the_cohorts_judges_the_other() -> None:
    """The odd months say 1/2, the even ones took the first renewal in three of four cases: 25 points too low."""
    names = ("is_held_out", "reached", "lost", "left_out")
    told = [(False, 0, 3, 0), (False, 1, 1, 0), (False, 2, 0, 2), (True, 0, 1, 0), (True, 1, 0, 3)]
    rows = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in told])
    assert held_out_error(rows).tolist() == pytest.approx([0, -25], abs=1e-4)


def test_survival_is_a_product_of_retention_rates() -> None:
    """r(t) = (beta + t - 1) / (alpha + beta + t - 1)."""
    model = ShiftedBetaGeometric(0.5, 2.0)
    assert model.survival([0, 1, 2]).tolist() == pytest.approx([1, 2 / 2.5, 2 / 2.5 * 3 / 3.5])


def test_nothing_is_fitted_where_nobody_or_everybody_is_lost() -> None:
    assert fit(Survivors(np.array([0.0, 0.0]), np.array([3.0, 4.0]))) is None
    assert fit(Survivors(np.array([3.0]), np.array([0.0]))) is None
