"""Purchases and lines that a refresh of the rollup wrote answer what the tables answer; they are read when whole."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from enishi.analysis import library, runner
from enishi.flow.erase_files import work as forget_in_work
from enishi.flow.facts import refresh
from enishi.lake import facts, facts_lines
from enishi.lake.facts_lines import DOCUMENTS, LINES, PURCHASES, Written
from enishi.lake.facts_people import OUTSIDERS
from enishi.lake.sql import parse
from enishi.privacy.person import Person
from enishi.segment.as_of import up_to
from enishi.segment.moment import Moment
from tests.unit.analysis.small_shop import Shop, open_shop
from tests.unit.analysis.test_rollup import drawn
from tests.unit.segment.small_lake import Lake

ASKED = (
    *("category_cross_matrix", "customer_nth_product_list", "customer_main_product", "customer_sales"),
    *(
        "nth_purchase_attribute",
        "item_trial_repeat",
        "seasonality_index",
        "sales_concentration",
        "dormant_reactivation",
    ),
    *("sales_trend", "member_sales_ratio", "product_sales_trend", "return_rate_product"),
)
"""Analyses that need lines, more of a purchase than `customer_facts` holds, or every sale."""
OF_DOCUMENTS = "sales_trend"
GIVEN: dict[str, dict[str, Any]] = {"category_cross_matrix": {"min_customers": 1}}


def world(seed: int) -> dict[str, list[dict[str, Any]]]:
    """The people and orders of `drawn`, each order with one to three lines; a return takes lines of its order back."""
    draw = random.Random(seed)  # noqa: S311 a world, not a secret
    tables = drawn(seed)
    products = [{"product_id": f"I{n}", "name": f"I{n}", "category_l1": f"K{n % 3}"} for n in range(7)]
    lines: list[dict[str, Any]] = []
    for order in tables["orders"]:
        sign = -1 if order["order_type"] == "return" else 1
        for number in range(1, draw.randrange(2, 5)):
            amount = sign * draw.choice((0, 50, 100))
            line = {"order_id": order["order_id"], "order_date": order["ordered_at"][:10], "line_no": number}
            line["product_id"] = f"I{draw.randrange(7)}"
            back = {"original_line_no": number} if sign < 0 else {}
            lines.append({**line, **back, "quantity": sign * draw.choice((1, 1, 2)), "line_amount": amount})
    return {**tables, "products": products, "order_lines": lines}


def refreshed(tmp_path: Path, seed: int) -> Shop:
    """A shop whose rollup was written in several runs of months."""
    shop = open_shop(tmp_path, world(seed))
    refresh(shop.services, orders_a_part=20)
    return shop


def written(shop: Shop) -> Written:
    """What the last refresh wrote, which must be whole."""
    rollup = facts.present(shop.services.warehouse)
    assert rollup is not None
    written = rollup.written()
    assert written is not None
    return written


@pytest.mark.parametrize("seed", range(4))
def test_the_views_are_the_same(seed: int, tmp_path: Path) -> None:
    shop = refreshed(tmp_path, seed)
    rollup, moment = (
        facts.present(shop.services.warehouse),
        Moment.end_of(date(2026, 11, 21), shop.services.settings.tz),
    )
    assert written(shop).spans > 1
    purchases = "SELECT * FROM v_purchases ORDER BY order_id"
    documents = "SELECT * FROM v_documents ORDER BY order_id"
    for text in (purchases, documents, "SELECT * FROM v_lines ORDER BY order_id, line_no, product_id"):
        asked = parse(text, "test")
        fast, slow = up_to(asked, moment, rollup=rollup), up_to(asked, moment)
        assert [facts_lines.reads(query) for query in (fast, slow)] == [True, False]
        found = [shop.services.warehouse.query(query).to_pylist() for query in (fast, slow)]
        assert found[0] == found[1] != []


@pytest.mark.parametrize("name", ASKED)
def test_analyses_of_lines(name: str, tmp_path: Path) -> None:
    for seed in range(2):
        shop = refreshed(tmp_path / str(seed), seed)
        asked = [
            runner.ask(shop.services, library.get(name), GIVEN.get(name, {}), from_lines=lines)
            for lines in (False, True)
        ]
        assert [facts_lines.reads(runner.statement(shop.services, one)) for one in asked] == [True, False]
        fast, slow = (runner.run(shop.services, one) for one in asked)
        assert fast.rows.to_pylist() == slow.rows.to_pylist() != []
        assert facts.ROLLUP in {mark.table for mark in fast.watermarks}


@pytest.mark.parametrize("stranger", [False, True])
@pytest.mark.parametrize("name", ["category_cross_matrix", "customer_sales", "nth_purchase_attribute", OF_DOCUMENTS])
def test_only_members_are_counted(name: str, stranger: bool, tmp_path: Path) -> None:
    """Others are left out by name where all buyers stand in customers, and members are looked up where one does not.
    Documents say of each customer whether he stands there."""
    tables = world(3)
    members = {one["customer_id"]: one for one in tables["customers"]}
    members["P0"]["is_employee"] = members["P1"]["is_virtual"] = True
    members["P2"]["registered_date"] = "2026-12-01"
    members["P3"] |= {"status": "withdrawn", "withdrawn_date": "2026-01-01"}
    if stranger:
        tables["customers"].remove(members["P4"])
    shop = open_shop(tmp_path, tables)
    refresh(shop.services, orders_a_part=20)
    for given in ({}, {"exclude_employees": False, "exclude_withdrawn": True}):
        asked = [
            runner.ask(shop.services, library.get(name), {**GIVEN.get(name, {}), **given}, from_lines=lines)
            for lines in (False, True)
        ]
        ctes = {cte.alias for cte in runner.statement(shop.services, asked[0]).ctes}
        assert (OUTSIDERS in ctes) is (name == OF_DOCUMENTS or not stranger)
        fast, slow = (runner.run(shop.services, one) for one in asked)
        assert fast.rows.to_pylist() == slow.rows.to_pylist() != []


def test_the_customers_of_a_segment_are_looked_up(tmp_path: Path) -> None:
    """Who is not in a segment may be nearly everybody."""
    shop = refreshed(tmp_path, 3)
    given = {"min_customers": 1, "base_segment": "first_time_buyers"}
    asked = runner.ask(shop.services, library.get("category_cross_matrix"), given)
    assert OUTSIDERS not in {cte.alias for cte in runner.statement(shop.services, asked).ctes}


def test_more_categories_than_bits(tmp_path: Path) -> None:
    """Seventy categories: sixty have a bit, ten are listed. Each pair counts its buyers, counted here one by one."""
    draw = random.Random(7)  # noqa: S311 a world, not a secret
    bought = {f"P{n}": sorted(draw.sample(range(70), draw.randrange(1, 30))) for n in range(12)}
    orders = [
        {"order_id": f"O{one}", "customer_id": one, "ordered_at": "2026-11-01 10:00", "net_amount": 100 * len(items)}
        for one, items in bought.items()
    ]
    lines = [
        {
            **{"order_id": f"O{one}", "order_date": "2026-11-01", "line_no": number},
            **{"product_id": f"I{item}", "quantity": 1, "line_amount": 100},
        }
        for one, items in bought.items()
        for number, item in enumerate(items, 1)
    ]
    tables = {
        "customers": [{"customer_id": one} for one in bought],
        "products": [{"product_id": f"I{n}", "name": f"I{n}", "category_l1": f"K{n:02d}"} for n in range(70)],
        "orders": orders,
        "order_lines": lines,
    }
    rows = open_shop(tmp_path, tables).answer("category_cross_matrix", {"min_customers": 1}).rows.to_pylist()
    both = Counter(pair for items in bought.values() for pair in combinations(items, 2))
    found = {(row["row_category"], row["column_category"]): row["both"] for row in rows if row["both"]}
    assert found == {
        pair: count
        for (a, b), count in both.items()
        for pair in ((f"K{a:02d}", f"K{b:02d}"), (f"K{b:02d}", f"K{a:02d}"))
    }


@pytest.mark.parametrize("table", [PURCHASES, LINES, DOCUMENTS])
def test_what_is_not_whole_is_not_read(table: str, tmp_path: Path) -> None:
    shop = refreshed(tmp_path, 1)
    shop.services.work.delete(shop.services.work.list(f"{table}/")[0])
    rollup = facts.present(shop.services.warehouse)
    assert rollup is not None
    assert rollup.written() is None
    asked = runner.ask(shop.services, library.get("category_cross_matrix"), {"min_customers": 1})
    assert not facts_lines.reads(runner.statement(shop.services, asked))
    refresh(shop.services)
    assert written(shop).rows[table] > 0


def test_the_last_two_refreshes_are_kept(tmp_path: Path) -> None:
    """A question that began before a refresh finds what it reads until the one after."""
    shop, made = open_shop(tmp_path, world(2)), []
    for number in range(3):
        order = {"order_id": f"N{number}", "customer_id": "P1", "ordered_at": "2026-11-02 10:00", "net_amount": 100}
        Lake(shop.services.warehouse).fill({"orders": [order]})
        refresh(shop.services)
        made.append(f"refresh={written(shop).refresh}")
    kept = {key.split("/")[1] for key in shop.services.work.list(f"{LINES}/")}
    assert kept == {made[1], made[2]} - {made[0]}


def test_erasing_a_person_takes_them_away(tmp_path: Path) -> None:
    shop = refreshed(tmp_path, 3)
    for table in (LINES, PURCHASES, DOCUMENTS):
        assert shop.services.work.list(f"{table}/")
    forget_in_work(shop.services, Person("P1", {"customer": frozenset({"P1"})}), "E1")
    for table in (LINES, PURCHASES, DOCUMENTS):
        assert not shop.services.work.list(f"{table}/")
