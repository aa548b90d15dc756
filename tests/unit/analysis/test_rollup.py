"""The rollup `customer_facts` answers what the lines answer: in every golden case, and in worlds drawn by chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from enishi.analysis import library, runner
from enishi.flow.facts import ORDERS_A_PART, refresh
from enishi.ids import stable_id
from enishi.lake import facts
from enishi.lake.sql import parse, tables_of
from enishi.segment import compile as segment_compile
from enishi.segment.moment import Moment
from tests.unit.analysis.small_shop import CASES, Shop, open_shop, read
from tests.unit.segment.small_lake import arrow

Shops = Callable[[str, Mapping[str, Any]], Shop]
FILES = {path.stem: read(path) for path in sorted(CASES.glob("*/*.yaml")) if path.parent.name != "worlds"}
ASKED = (
    *("rfm_analysis", "rfm_segment_transition", "decile_analysis"),
    *("purchase_conversion_timing", "purchase_count_distribution"),
)
"""Analyses that need no more than days, amounts and N: they must read the rollup."""
SEGMENTS: tuple[Mapping[str, Any], ...] = (
    {"purchase": {"last_before": "60 days"}},
    {"purchase": {"in": "90 days", "at_least": 2}},
    {"purchase": {"none_in": "30 days"}},
    {"rfm": {"in": "12 months", "top": {"by": "amount", "share": "30%"}}},
)


def both(shop: Shop, name: str, given: Mapping[str, Any]) -> tuple[list[Any], list[Any]] | None:
    """The rows from the rollup and from the lines; None where the lines are read anyway."""
    asked = runner.ask(shop.services, library.get(name), given)
    if facts.ROLLUP not in {table.name for table in tables_of(runner.statement(shop.services, asked))}:
        return None
    lines = runner.ask(shop.services, library.get(name), given, from_lines=True)
    answers = [runner.run(shop.services, question) for question in (asked, lines)]
    assert [facts.ROLLUP in {mark.table for mark in one.watermarks} for one in answers] == [True, False]
    return answers[0].rows.to_pylist(), answers[1].rows.to_pylist()


def _light_first() -> Iterator[Any]:
    """The analyses that must read the rollup in every run of the tests, the others in `make heavy`."""
    for name in sorted(FILES):
        yield pytest.param(name, marks=() if name in ASKED else pytest.mark.heavy)


@pytest.mark.parametrize("name", list(_light_first()))
def test_golden_cases(name: str, shops: Shops) -> None:
    shop = shops(name, FILES[name])
    refresh(shop.services)
    for case in FILES[name]["cases"]:
        rows = both(shop, name, case.get("given", {}))
        assert rows is None or rows[0] == rows[1], case["name"]


def drawn(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Ten people, of whom two were merged, with returns, exchanges, guests, cancelled orders and equal instants."""
    draw = random.Random(seed)  # noqa: S311 a world, not a secret
    people = [f"P{number}" for number in range(10)]
    customers: list[dict[str, Any]] = [{"customer_id": one} for one in people]
    for number in (8, 9):
        customers[number] |= {"status": "merged", "merged_into": people[draw.randrange(8)]}
    orders: list[dict[str, Any]] = []
    for number in range(60):
        day = date(2026, 11, 21) - timedelta(days=draw.choice((0, 1, 5, 30, 31, 90, 200, 364, 365, 400, 700)))
        kind = draw.choice(("normal",) * 6 + ("exchange", "sample", "return"))
        order: dict[str, Any] = {
            "order_id": f"O{number:02d}",
            "customer_id": draw.choice((*people, None)),
            "ordered_at": f"{day} {draw.choice(('00:00', '10:00', '23:59'))}",
            "order_type": kind,
            "net_amount": draw.choice((0, 100, 100, 2500)),
            "gross_amount": 3000,
            "status": draw.choice(("completed",) * 9 + ("cancelled",)),
        }
        if kind == "return":
            back = draw.choice(orders) if orders else None
            amount = -draw.choice((50, back["net_amount"])) if back else -50
            order |= {"original_order_id": back["order_id"] if back else None, "net_amount": amount}
        orders.append(order)
    return {"customers": customers, "orders": orders}


@pytest.mark.parametrize("seed", range(6))
def test_worlds_drawn_by_chance(seed: int, tmp_path: Path) -> None:
    shop = open_shop(tmp_path, drawn(seed))
    refresh(shop.services)
    for name in ASKED:
        rows = both(shop, name, {})
        assert rows is not None, name
        assert rows[0] == rows[1], name
    moment = Moment.end_of(date(2026, 11, 21), shop.services.settings.tz)
    rollup = facts.present(shop.services.warehouse)
    for written in SEGMENTS:
        fast = segment_compile.members(written, moment, rollup=rollup)
        assert facts.ROLLUP in {table.name for table in tables_of(fast)}, written
        found = [shop.services.warehouse.query(query) for query in (fast, segment_compile.members(written, moment))]
        assert sorted(found[0].column(0).to_pylist()) == sorted(found[1].column(0).to_pylist()), written


def with_ids(world: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same world under ids as `stable_id` makes them, which end in hex digits; P3 and P4 keep theirs."""
    kept = {"P3", "P4"}

    def named(one: str | None) -> str | None:
        return one if one is None or one in kept else stable_id("C", one)

    columns = ("customer_id", "merged_into")
    return {
        name: [{**row, **{key: named(row[key]) for key in columns if key in row}} for row in rows]
        for name, rows in world.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_made_part_by_part_it_is_the_same(seed: int, tmp_path: Path) -> None:
    """Sixty orders in one part, in five, and in sixty, of which most are empty."""
    shop = open_shop(tmp_path, with_ids(drawn(seed)))
    warehouse, made = shop.services.warehouse, []
    for size in (ORDERS_A_PART, 12, 1):
        warehouse.delete("customer_facts", exp.true())
        customers = refresh(shop.services, orders_a_part=size)
        rows = warehouse.query(parse("SELECT * FROM customer_facts ORDER BY customer_id", "test"))
        assert customers == rows.num_rows > 4
        made.append(rows.drop_columns(["refreshed_at", "snapshot"]).to_pylist())
    assert made[0] == made[1] == made[2]
    assert shop.services.work.list("purchase_parts/") == []


@pytest.mark.parametrize("lacking", ["ordered_at", "order_date"])
def test_orders_that_do_not_say_when_they_were_are_read_from_the_lines(lacking: str, tmp_path: Path) -> None:
    """An analysis leaves a purchase without a day out; whether it is later than the question nobody can tell."""
    world = drawn(5)
    day = {"ordered_at": "2026-11-01 10:00", "order_date": "2026-11-01"} | {lacking: None}
    odd = {"order_id": "O98", "customer_id": "P1", "net_amount": 100, **day}
    shop = open_shop(tmp_path, {**world, "orders": [*world["orders"], odd]})
    assert refresh(shop.services) == 0
    assert both(shop, "rfm_analysis", {}) is None


def test_a_rollup_older_than_the_tables_is_not_read(tmp_path: Path) -> None:
    world = drawn(1)
    shop = open_shop(tmp_path, {**world, "orders": world["orders"][:-1]})
    assert facts.present(shop.services.warehouse) is None
    refresh(shop.services)
    assert both(shop, "rfm_analysis", {}) is not None
    shop.services.warehouse.upsert("orders", arrow("orders", world["orders"][-1:]))
    assert both(shop, "rfm_analysis", {}) is None
    refresh(shop.services)
    assert both(shop, "rfm_analysis", {}) is not None


@pytest.mark.parametrize(
    "given",
    [
        {"as_of": "2026-11-20"},
        {"channels": "store"},
        {"amount_basis": "gross"},
        {"return_mode": "event"},
        {"purchase_unit": "day"},
    ],
    ids=str,
)
def test_what_the_rollup_does_not_hold_is_read_from_the_lines(given: Mapping[str, Any], tmp_path: Path) -> None:
    world = drawn(2)
    today = {"order_id": "O99", "customer_id": "P1", "ordered_at": "2026-11-21 09:00", "net_amount": 100}
    shop = open_shop(tmp_path, {**world, "orders": [*world["orders"], today]})
    refresh(shop.services)
    assert both(shop, "rfm_analysis", given) is None


@pytest.mark.parametrize("given", [{}, {"rank_scope": "lifetime", "max_n": "2"}], ids=str)
def test_days_that_do_not_follow_the_order_of_n(given: Mapping[str, Any], tmp_path: Path) -> None:
    """P1's second order is booked on a day before the first: a span of days is no slice then, and sums still hold."""
    world = drawn(3)
    late = {"customer_id": "P1", "net_amount": 700}
    odd = [
        {**late, "order_id": "Q1", "ordered_at": "2026-10-01 10:00"},
        {**late, "order_id": "Q2", "ordered_at": "2026-10-02 10:00", "order_date": "2025-10-01"},
    ]
    shop = open_shop(tmp_path, {**world, "orders": [*world["orders"], *odd]})
    refresh(shop.services)
    rollup = facts.present(shop.services.warehouse)
    assert rollup is not None
    assert not rollup.in_order
    for name in ("decile_analysis", "purchase_conversion_timing"):
        rows = both(shop, name, given if name == "purchase_conversion_timing" else {})
        assert rows is not None
        assert rows[0] == rows[1], name


def test_spans_of_days_are_read_without_unfolding_purchases(tmp_path: Path) -> None:
    """`purchases_facts` is the relation of all purchases, each a row; these three need none."""
    shop = open_shop(tmp_path, drawn(4))
    refresh(shop.services)
    texts = [
        runner.statement(shop.services, runner.ask(shop.services, library.get(name), {})).sql(dialect="athena")
        for name in ("decile_analysis", "rfm_analysis", "purchase_conversion_timing")
    ]
    assert [(facts.ROLLUP in text, "purchases_facts" in text) for text in texts] == [(True, False)] * 3
