"""The negative binomial of purchase counts finds what the counts were made of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from enishi.analysis.steps.nbd import fitted, pooled

COUNTS = np.arange(200)


def test_the_model_that_made_the_counts_is_found() -> None:
    people = np.round(10_000_000 * stats.nbinom.pmf(COUNTS, 0.4, 0.2)).astype(np.int64)
    model = fitted(COUNTS, people)
    assert model.args[0] == pytest.approx(0.4, rel=1e-3)
    assert model.mean() == pytest.approx(0.4 * 0.8 / 0.2, rel=1e-3)


def test_counts_that_spread_no_more_than_a_poisson_are_one() -> None:
    model = fitted(np.array([0, 1]), np.array([5, 1]))
    assert model.pmf(0) == pytest.approx(np.exp(-1 / 6))


def test_everybody_is_expected_somewhere() -> None:
    people = np.round(1000 * stats.nbinom.pmf(COUNTS, 0.4, 0.2)).astype(np.int64)
    assert pooled(COUNTS, people, 3).sum() == pytest.approx(people.sum())
