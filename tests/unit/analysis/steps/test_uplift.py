"""Uplift: a campaign made to move one kind of customer finds it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from enishi.analysis.steps import uplift
from enishi.errors import AnalysisError

PARAMETERS = {"folds": 5, "seed": 42, "min_control": 100, "cost_per_message": 1.0, "min_cell": 30}
NUMBERS = (*uplift.LOGGED, *uplift.PLAIN)


def _trial(people: int = 4000) -> pa.Table:
    """Half are women. Of them 20 % buy, 50 % with the message; of the men 30 %, with the message 10 %."""
    rng = np.random.default_rng(1)
    control, woman = rng.random(people) < 0.5, rng.random(people) < 0.5
    chance = np.where(woman, np.where(control, 0.2, 0.5), np.where(control, 0.3, 0.1))
    buyer = rng.random(people) < chance
    columns = {name: pa.array(rng.random(people)) for name in NUMBERS}
    return pa.table(
        {
            **columns,
            "is_female": pa.array(woman.astype(float)),
            "customer_id": pa.array([f"C{at:05d}" for at in range(people)]),
            "is_assigned": pa.array(np.ones(people, dtype=bool)),
            "is_control": pa.array(control),
            "is_buyer": pa.array(buyer),
            "later_amount": pa.array(buyer * 1000.0),
            "later_margin": pa.array(buyer * 300.0),
        }
    )


def test_the_moved_are_first_and_the_disturbed_last() -> None:
    answer = uplift.run(_trial(), PARAMETERS).to_pylist()
    assert [row["customers"] for row in answer] == [400] * 10
    assert all(row["observed"] > 0.15 for row in answer[:4])
    assert all(row["observed"] < -0.05 for row in answer[-4:])
    assert [row["worth_mailing"] for row in answer] == [True] * 5 + [False] * 5
    assert max(row["qini"] for row in answer) == answer[4]["qini"]


def test_the_same_seed_gives_the_same_answer() -> None:
    assert uplift.run(_trial(), PARAMETERS).equals(uplift.run(_trial(), PARAMETERS))


def test_equal_predictions_stay_in_the_better_tenth() -> None:
    assert uplift.tenths(np.array([0.5] * 3 + [0.1] * 17)).tolist() == [1] * 3 + [2] * 17


def test_too_small_a_control_group_is_refused() -> None:
    with pytest.raises(AnalysisError, match="5000 are needed"):
        uplift.run(_trial(), {**PARAMETERS, "min_control": 5000})
