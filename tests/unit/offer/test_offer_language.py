"""What a planner may write under `offer`, and what a coupon's code is."""

from __future__ import annotations

import re

import pytest

from enishi import offer
from enishi.errors import ScenarioError
from enishi.offer.things import CROCKFORD, benefit, coupon_code

GIVEN = offer.Finishing(b"secret", "C1")


def test_an_unknown_source_is_named_with_the_closest_one() -> None:
    with pytest.raises(ScenarioError, match=r"offer\.items: 'rankin' fills no block\. Did you mean ranking\?"):
        offer.load({"items": {"from": "rankin"}})


def test_an_unknown_parameter_is_named_with_its_block() -> None:
    with pytest.raises(ScenarioError, match=r"offer\.items\.limits: .*It takes limit, exclude\."):
        offer.load({"items": {"from": "cart", "limits": 3}})


def test_a_block_cannot_read_one_that_does_not_exist() -> None:
    with pytest.raises(ScenarioError, match="the blocks store read blocks that do not exist, or each other"):
        offer.load({"store": {"from": "nearest_store", "with_stock_of": "nothing"}})


def test_blocks_come_in_an_order_in_which_each_can_be_filled() -> None:
    blocks = offer.load({"store": {"from": "nearest_store", "with_stock_of": "items"}, "items": "cart"}).blocks
    assert list(blocks) == ["items", "store"]


def test_only_keeps_what_a_kept_block_reads() -> None:
    whole = {"items": "cart", "store": {"from": "nearest_store", "with_stock_of": "items"}, "also": "viewed"}
    assert list(offer.load(whole).only({"store"}).blocks) == ["items", "store"]
    assert list(offer.load(whole).only({"also"}).blocks) == ["also"]


def test_a_block_without_items_is_an_empty_list() -> None:
    assert offer.load({"items": "cart"}).finish({"items": None}, GIVEN) == {"items": []}


def test_samples_keep_to_the_limit() -> None:
    samples = offer.load({"items": {"from": "ranking", "limit": 2}}).sample(GIVEN)
    assert len(samples["items"]) == 2


def test_a_code_is_the_customers_own_and_the_same_on_every_try() -> None:
    codes = {coupon_code(b"secret", "VIP", f"C{number}") for number in range(20_000)}
    assert len(codes) == 20_000
    assert all(re.fullmatch(f"[{CROCKFORD}]{{13}}", code) for code in codes)
    assert coupon_code(b"secret", "VIP", "C1") == coupon_code(b"secret", "VIP", "C1")
    assert coupon_code(b"secret", "VIP", "C1") != coupon_code(b"secret", "VIP2", "C1")
    assert coupon_code(b"secret", "VIP", "C1") != coupon_code(b"other", "VIP", "C1")


def test_a_coupon_block_carries_code_and_benefit() -> None:
    blocks = offer.load({"coupon": {"from": "coupon", "coupon": "VIP", "max_issues": 10}})
    item = {"coupon_id": "VIP", "discount_type": "amount", "discount_value": 2000}
    [finished] = blocks.finish({"coupon": [item]}, GIVEN)["coupon"]
    assert finished["code"] == coupon_code(b"secret", "VIP", "C1")
    assert finished["benefit"] == "2,000円引き"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("rate", 0.1, "10%引き"),
        ("points", 500, "500ポイント進呈"),
        ("free_shipping", 0, "送料無料"),
        ("gift", None, "プレゼント進呈"),
    ],
)
def test_benefits_in_words(kind: str, value: float | None, words: str) -> None:
    assert benefit({"discount_type": kind, "discount_value": value}) == words
