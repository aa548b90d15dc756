"""Cells that a numeric step names are sets like any other: with a complement, and a start for the next question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml

from enishi.errors import AnalysisError
from tests.unit.analysis.small_shop import CASES, Shop

Shops = Callable[[str, Mapping[str, Any]], Shop]
TWO = {"k": 2, "features": "spend,ec_share"}
CLUSTER = "behaviour_cluster(k=2, features=spend,ec_share)[cluster=1]"


@pytest.fixture
def shop(shops: Shops) -> Shop:
    path = CASES / "customer_purchase" / "behaviour_cluster.yaml"
    return shops("behaviour_cluster", yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_complement_is_the_rest_of_the_population(shop: Shop) -> None:
    assert shop.ids("behaviour_cluster", TWO, "cluster=1", complement=True) == ["L1", "L2", "O", "Z"]


def test_the_next_question_starts_from_it(shop: Shop) -> None:
    answer = shop.answer("customer_sales", {"base_segment": CLUSTER})
    assert sorted(answer.rows.column("customer_id").to_pylist()) == ["H1", "H2"]


def test_everybody_but_it_too(shop: Shop) -> None:
    answer = shop.answer("customer_sales", {"base_segment": f"not {CLUSTER}"})
    assert sorted(answer.rows.column("customer_id").to_pylist()) == ["0以下", "L1", "L2", "O"]


def test_opening_it_again_writes_the_same_set(shop: Shop) -> None:
    for _ in range(2):
        assert shop.ids("behaviour_cluster", TWO, "cluster=2") == ["L1", "L2"]


def test_it_holds_no_products(shop: Shop) -> None:
    with pytest.raises(AnalysisError, match="opens a set of products"):
        shop.ids("behaviour_cluster", TWO, "cluster=1", entity="product")


def test_a_feature_that_does_not_exist_is_refused(shop: Shop) -> None:
    with pytest.raises(AnalysisError, match="no feature spent"):
        shop.answer("behaviour_cluster", {"features": "spent"})


def test_too_few_customers_are_said(shop: Shop) -> None:
    with pytest.raises(AnalysisError, match="only 4 customers have bought twice"):
        shop.answer("behaviour_cluster", {})
