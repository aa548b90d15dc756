"""Survival against the trial that every textbook works out: Freireich et al. (1963), weeks in remission."""

from __future__ import annotations

import numpy as np
import pytest

from enishi.analysis.steps.survival import Followed, kaplan_meier, logrank, median

TREATED = {6: (3, 1), 7: (1, 0), 9: (0, 1), 10: (1, 1), 11: (0, 1), 13: (1, 0), 16: (1, 0), 17: (0, 1), 19: (0, 1)}
TREATED |= {20: (0, 1), 22: (1, 0), 23: (1, 0), 25: (0, 1), 32: (0, 2), 34: (0, 1), 35: (0, 1)}
PLACEBO = {1: 2, 2: 2, 3: 1, 4: 2, 5: 2, 8: 4, 11: 2, 12: 2, 15: 1, 17: 1, 22: 1, 23: 1}


def _followed(name: str, days: dict[int, tuple[int, int]]) -> Followed:
    events, censored = (np.array([pair[i] for pair in days.values()], dtype=float) for i in (0, 1))
    return Followed(name, np.array(list(days), dtype=float), events, censored)


def _trial() -> list[Followed]:
    return [_followed("6-MP", TREATED), _followed("placebo", {day: (count, 0) for day, count in PLACEBO.items()})]


def test_the_published_curve() -> None:
    treated = _trial()[0]
    survival, variance = kaplan_meier(treated)
    at = {int(day): i for i, day in enumerate(treated.days)}
    assert [round(float(survival[at[day]]), 3) for day in (6, 7, 10, 13, 16, 22, 23)] == [
        0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448,
    ]  # fmt: skip
    assert float(np.sqrt(variance[at[10]])) == pytest.approx(0.0963, abs=5e-5)


def test_the_published_medians() -> None:
    assert [median(group, kaplan_meier(group)[0]) for group in _trial()] == [23, 8]


def test_the_published_log_rank_test() -> None:
    """Chi-square 16.79 on one degree of freedom."""
    assert logrank(_trial()) == pytest.approx(4.17e-5, rel=0.01)


def test_equal_groups_do_not_differ() -> None:
    one = _trial()[0]
    assert logrank([one, one]) == pytest.approx(1)


def test_one_group_has_nothing_to_be_compared_with() -> None:
    assert logrank(_trial()[:1]) is None
