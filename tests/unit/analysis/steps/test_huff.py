"""Huff's model against figures that can be had in closed form."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from enishi.analysis.steps import huff
from enishi.errors import AnalysisError

PARAMETERS: dict[str, Any] = {
    "alpha": 1.0,
    "alpha_fit": False,
    "lambda_fit": True,
    "lambda0": 2.0,
    "close_store": None,
    "min_cell": 30,
}


def _rows(*lines: tuple[str, str, str, float | None, float, int | None]) -> pa.Table:
    names = ("area", "store_id", "kind", "size", "km", "orders")
    found = [{**dict(zip(names, line, strict=True)), "store": line[1], "members": 10} for line in lines]
    numbers: dict[str, pa.DataType] = {
        "size": pa.float64(),
        "km": pa.float64(),
        "orders": pa.int64(),
        "members": pa.int64(),
    }
    words: dict[str, pa.DataType] = dict.fromkeys(("area", "store_id", "store", "kind"), pa.string())
    return pa.Table.from_pylist(found, schema=pa.schema({**words, **numbers}))


def test_two_equal_shops_at_one_and_two_kilometres() -> None:
    """Three of four go to the nearer one: 2^lambda = 3."""
    answer = huff.run(_rows(("a", "S1", "own", 100, 1, 3), ("a", "S2", "own", 100, 2, 1)), PARAMETERS).to_pylist()
    assert [row["distance_exponent"] for row in answer] == pytest.approx([log2(3)] * 2, abs=1e-6)
    assert [row["expected_share"] for row in answer] == pytest.approx([0.75, 0.25], abs=1e-6)
    assert [row["gap"] for row in answer] == pytest.approx([0, 0], abs=1e-4)


def test_a_shop_twice_as_large_at_the_same_distance() -> None:
    """Three of four go to the larger one: 2^alpha = 3. Nothing is learnt of distance, and lambda stays as given."""
    rows = _rows(("a", "S1", "own", 200, 5, 3), ("a", "S2", "own", 100, 5, 1))
    answer = huff.run(rows, {**PARAMETERS, "alpha_fit": True, "lambda_fit": False}).to_pylist()
    assert [row["size_exponent"] for row in answer] == pytest.approx([log2(3)] * 2, abs=1e-6)
    assert [row["distance_exponent"] for row in answer] == [2, 2]
    assert [row["expected_share"] for row in answer] == pytest.approx([0.75, 0.25], abs=1e-6)


@pytest.mark.parametrize(
    ("alpha", "free"), [(1.0, (False, True)), (0.6, (True, True))], ids=["of distance", "of size, too"]
)
def test_the_exponents_behind_made_up_choices_are_found_again(alpha: float, free: tuple[bool, bool]) -> None:
    rng = np.random.default_rng(1)
    areas = np.repeat(np.arange(40), 5)
    measures = np.column_stack([np.log(rng.uniform(100, 900, 200)), -np.log(rng.uniform(1, 40, 200))])
    pull = np.exp(measures @ np.array([alpha, 1.7]))
    orders = 1000 * pull / np.bincount(areas, pull)[areas]
    found = huff.fitted(areas, measures, orders, np.array([1.0, 2.0]), np.array(free))
    assert found == pytest.approx([alpha, 1.7], abs=1e-6)


def test_an_area_that_only_a_rival_reaches_teaches_nothing() -> None:
    rows = _rows(("a", "R", "rival", 100, 1, None), ("b", "S1", "own", 100, 1, 3), ("b", "S2", "own", 100, 2, 1))
    answer = huff.run(rows, PARAMETERS).to_pylist()
    assert answer[0]["expected_share"] == 1
    assert answer[0]["distance_exponent"] == pytest.approx(log2(3), abs=1e-6)


def test_size_that_goes_with_distance_cannot_be_told_from_it() -> None:
    rows = _rows(("a", "S1", "own", 200, 1, 3), ("a", "S2", "own", 100, 2, 1))
    with pytest.raises(AnalysisError, match="cannot be told from their distances"):
        huff.run(rows, {**PARAMETERS, "alpha_fit": True})


def test_rivals_take_a_share_and_are_not_in_the_gap() -> None:
    rows = _rows(("a", "S1", "own", 100, 1, 1), ("a", "S2", "own", 100, 1, 1), ("a", "R", "rival", 200, 1, None))
    answer = huff.run(rows, {**PARAMETERS, "lambda_fit": False}).to_pylist()
    assert [row["expected_share"] for row in answer] == pytest.approx([0.25, 0.25, 0.5])
    assert [row["observed_share"] for row in answer] == [0.5, 0.5, None]
    assert [row["gap"] for row in answer] == [0, 0, None]


def test_a_missing_size_is_the_mean_and_an_area_without_purchases_has_no_observed_share() -> None:
    rows = _rows(("a", "S1", "own", 100, 1, 0), ("a", "S2", "own", None, 1, 0))
    answer = huff.run(rows, {**PARAMETERS, "lambda_fit": False}).to_pylist()
    assert [(row["expected_share"], row["observed_share"], row["gap"]) for row in answer] == [(0.5, None, None)] * 2


def test_without_a_choice_nothing_can_be_fitted() -> None:
    with pytest.raises(AnalysisError, match="two stores to choose from"):
        huff.run(_rows(("a", "S1", "own", 100, 1, 3), ("b", "S2", "own", 100, 2, 3)), PARAMETERS)


def test_no_rows_give_no_rows() -> None:
    assert huff.run(_rows(), PARAMETERS).num_rows == 0
