"""Huff's model against figures that can be had in closed form."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from enishi.analysis.steps import huff
from enishi.errors import AnalysisError

PARAMETERS: dict[str, Any] = {"alpha": 1.0, "lambda_fit": True, "lambda0": 2.0, "close_store": None}


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


def test_the_exponent_behind_made_up_choices_is_found_again() -> None:
    rng = np.random.default_rng(1)
    areas = np.repeat(np.arange(40), 5)
    size, distance = np.log(rng.uniform(100, 900, 200)), np.log(rng.uniform(1, 40, 200))
    pull = np.exp(size - 1.7 * distance)
    orders = 1000 * pull / np.bincount(areas, pull)[areas]
    assert huff.fitted(areas, size, distance, orders) == pytest.approx(1.7, abs=1e-6)


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
