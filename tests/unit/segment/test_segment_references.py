"""Symbolic sets as relations, at a moment and in a window."""

from __future__ import annotations

from typing import Any

import pytest

from enishi.segment.moment import Moment
from enishi.segment.references import REFERENCES, price_falls
from tests.unit.segment.small_lake import TOKYO, Lake, local

TABLES: dict[str, Any] = {
    "customers": [
        {"customer_id": "A"},
        {"customer_id": "A2", "status": "merged", "merged_into": "A"},
        {"customer_id": "B"},
    ],
    "products": [
        {"product_id": "tv", "category_l1": "テレビ", "category_l2": "液晶"},
        {"product_id": "pc", "category_l1": "パソコン"},
    ],
    "carts": [
        {"cart_id": "old", "customer_id": "A", "created_at": "2026-11-20 10:00", "updated_at": "2026-11-20 10:00"},
        {"cart_id": "new", "customer_id": "A2", "created_at": "2026-11-21 10:00", "updated_at": "2026-11-21 10:30"},
    ],
    "cart_lines": [
        {"cart_id": "old", "product_id": "pc", "unit_price": 100000, "added_at": "2026-11-20 10:00"},
        {"cart_id": "new", "product_id": "tv", "unit_price": 90000, "quantity": 2, "added_at": "2026-11-21 10:00"},
    ],
    "favourites": [{"customer_id": "B", "target_id": "tv", "added_at": "2026-11-01 10:00", "price_at_add": 95000}],
    "web_events": [
        {"event_id": "1", "customer_id": "B", "event_at": "2026-11-20 10:00", "product_id": "pc"},
        {"event_id": "2", "customer_id": "B", "event_at": "2026-11-21 10:00", "product_id": "pc"},
        {"event_id": "3", "customer_id": "B", "event_at": "2026-10-22 10:00", "product_id": "tv"},
    ],
    "purchases": [{"id": "O1", "by": "A2", "at": "2026-11-01 10:00", "lines": [["pc", 1, 100000]]}],
    "price_history": [
        {"product_id": "tv", "price": 90000, "valid_from": "2026-01-01 00:00"},
        {
            "product_id": "tv",
            "price": 80000,
            "valid_from": "2026-11-21 09:00",
            "price_type": "sale",
            "valid_to": "2026-11-30 00:00",
        },
    ],
}
NOW = Moment.of(local("2026-11-21 12:00"), TOKYO)
SINCE = Moment.of(local("2026-11-21 12:00"), TOKYO, local("2026-11-20 12:00"))

SETS = {
    "cart.product": [("A", "tv")],
    "cart.category": [("A", "テレビ/液晶")],
    "favourite.product": [("B", "tv")],
    "favourite.category": [("B", "テレビ/液晶")],
    "viewed.product": [("B", "pc")],
    "viewed.category": [("B", "パソコン")],
    "purchased.product": [("A", "pc")],
    "purchased.category": [("A", "パソコン")],
    "price_down.product": [("A", "tv"), ("B", "tv")],
    "price_down.category": [("A", "テレビ/液晶"), ("B", "テレビ/液晶")],
}


@pytest.fixture
def filled(lake: Lake) -> Lake:
    return lake.fill(TABLES)


def _pairs(lake: Lake, name: str, moment: Moment) -> list[tuple[str, str]]:
    found = REFERENCES[name]
    rows = lake.warehouse.query(found.select(moment)).to_pylist()
    assert all(row["happened_at"] is not None for row in rows)
    return sorted((row["customer_id"], row[found.column]) for row in rows)


def test_every_set_is_known() -> None:
    assert set(SETS) == set(REFERENCES)


def test_sets_at_a_moment(filled: Lake) -> None:
    assert {name: _pairs(filled, name, NOW) for name in SETS} == SETS


def test_in_a_window_every_cart_counts(filled: Lake) -> None:
    assert _pairs(filled, "cart.product", SINCE) == [("A", "pc"), ("A", "tv")]


def test_views_are_counted(filled: Lake) -> None:
    rows = filled.warehouse.query(REFERENCES["viewed.product"].select(NOW)).to_pylist()
    assert [row["views"] for row in rows] == [2]


def test_a_fall_says_what_it_was_and_until_when(filled: Lake) -> None:
    (row,) = filled.warehouse.query(price_falls(NOW)).to_pylist()
    assert (row["product_id"], row["was_price"], row["now_price"]) == ("tv", 90000, 80000)
    assert row["until_at"] == local("2026-11-30 00:00").replace(tzinfo=None)
