"""Views on small tables with answers worked out by hand (rules PUR, RET, GUEST, MERGE, MPP, FIFO)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from enishi.lake import sql
from enishi.lake.schema import table
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LocalWarehouse]:
    warehouse = LocalWarehouse(tmp_path, Settings())
    yield warehouse
    warehouse.close()


def put(lake: LocalWarehouse, name: str, *rows: dict[str, Any]) -> None:
    schema = table(name).arrow
    lake.append(
        name, pa.Table.from_pylist([{column: row.get(column) for column in schema.names} for row in rows], schema)
    )


def ask(lake: LocalWarehouse, text: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in lake.query(sql.parse(text, "test")).to_pylist()]


def order(order_id: str, customer: str | None, day: int, net: int, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": customer,
        "order_type": "normal",
        "status": "completed",
        "ordered_at": datetime(2026, 1, day, 3),
        "order_date": date(2026, 1, day),
        "net_amount": Decimal(net),
        "gross_amount": Decimal(net),
        "tax_amount": Decimal(0),
        "store_id": "S1",
        **more,
    }


def returned(order_id: str, original: str, day: int, net: int) -> dict[str, Any]:
    return order(order_id, "C1", day, net, order_type="return", original_order_id=original)


def line(
    order_id: str, number: int, product: str, quantity: int, amount: int, *, day: int = 1, **more: Any
) -> dict[str, Any]:
    price = Decimal(abs(amount) // max(abs(quantity), 1))
    return {
        "order_id": order_id,
        "line_no": number,
        "order_date": date(2026, 1, day),
        "product_id": product,
        "quantity": quantity,
        "unit_price": price,
        "list_price": price,
        "line_amount": Decimal(amount),
        "line_cost": Decimal(amount) / 2,
        **more,
    }


def test_merged_customers_stand_for_their_survivor(lake: LocalWarehouse) -> None:
    put(lake, "customers",
        {"customer_id": "C1", "status": "merged", "merged_into": "C9"},
        {"customer_id": "C9", "status": "active"},
        {"customer_id": "C5", "status": "active", "merged_into": "C9"})  # fmt: skip
    assert ask(lake, "SELECT customer_id, person_id FROM v_identity ORDER BY 1") == [
        ("C1", "C9"), ("C5", "C5"), ("C9", "C9"),
    ]  # fmt: skip


def test_purchases_are_numbered_over_a_persons_ids_and_net_of_returns(lake: LocalWarehouse) -> None:
    put(lake, "customers",
        {"customer_id": "C1", "status": "active"},
        {"customer_id": "C2", "status": "merged", "merged_into": "C1"})  # fmt: skip
    put(lake, "orders",
        order("A", "C1", 1, 1000), order("B", "C2", 4, 500), order("R1", "C1", 6, -300,
              order_type="return", original_order_id="A"),
        order("D", "C1", 10, 700), returned("R2", "D", 12, -700),
        order("E", "C1", 15, 900, status="cancelled"), order("F", "C1", 16, 100, order_type="sample"),
        order("G", None, 17, 800), order("H", "C1", 20, 400, order_type="subscription"),
        order("X", "C1", 20, 400, order_type="exchange"))  # fmt: skip
    put(lake, "order_lines",
        line("A", 1, "P1", 3, 1000), line("R1", 1, "P1", -1, -300, day=6, original_line_no=1),
        line("B", 1, "P2", 1, 500, day=4))  # fmt: skip
    found = ask(
        lake,
        "SELECT order_id, customer_id, amount, items, n_lifetime, days_since_prev FROM v_purchases ORDER BY n_lifetime",
    )
    assert found == [
        ("A", "C1", Decimal(700), 2, 1, None),
        ("B", "C1", Decimal(500), 1, 2, 3),
        ("H", "C1", Decimal(400), 0, 3, 16),
        ("X", "C1", Decimal(400), 0, 4, 0),
    ]


def test_a_cancelled_return_takes_nothing_back(lake: LocalWarehouse) -> None:
    put(lake, "orders", order("A", "C1", 1, 1000), {**returned("R", "A", 2, -1000), "status": "cancelled"})
    assert ask(lake, "SELECT amount FROM v_purchases") == [(Decimal(1000),)]


def test_tax_leaves_the_amount_without_tax(lake: LocalWarehouse) -> None:
    put(lake, "orders", order("A", "C1", 1, 1100, tax_amount=100), {**returned("R", "A", 2, -550), "tax_amount": -50})
    assert ask(lake, "SELECT amount, amount_excl_tax FROM v_purchases") == [(Decimal(550), Decimal(500))]


def test_lines_are_net_of_returned_lines(lake: LocalWarehouse) -> None:
    put(lake, "products", {"product_id": "P1", "category_l1": "食品", "is_service": False})
    put(lake, "orders", order("A", "C1", 1, 1600), returned("R", "A", 5, -500), returned("Q", "A", 6, -600))
    put(lake, "order_lines",
        line("A", 1, "P1", 2, 1000), line("A", 2, "P2", 1, 600, line_cost=None),
        line("R", 1, "P1", -1, -500, day=5, original_line_no=1),
        line("Q", 1, "P2", -1, -600, day=6, original_line_no=2))  # fmt: skip
    found = ask(lake, "SELECT line_no, product_id, category_l1, quantity, amount, margin FROM v_lines")
    assert found == [(1, "P1", "食品", 1, Decimal(500), Decimal(250))]


def test_the_discount_rate_is_off_the_list_price(lake: LocalWarehouse) -> None:
    put(lake, "orders", order("A", "C1", 1, 800))
    put(lake, "order_lines", line("A", 1, "P1", 1, 800, unit_price=Decimal(800), list_price=Decimal(1000)))
    assert ask(lake, "SELECT discount_rate FROM v_lines") == [(0.2,)]


def test_a_customer_has_what_the_purchases_say(lake: LocalWarehouse) -> None:
    put(lake, "customers", {"customer_id": "C1", "status": "active"}, {"customer_id": "C2", "status": "withdrawn"},
        {"customer_id": "C3", "status": "merged", "merged_into": "C1"})  # fmt: skip
    put(lake, "products", {"product_id": "P1", "category_l1": "a"}, {"product_id": "P2", "category_l1": "b"})
    put(lake, "orders", order("A", "C1", 1, 100), order("B", "C3", 2, 300, store_id="S2"), order("D", "C1", 3, 100))
    put(lake, "order_lines",
        line("A", 1, "P1", 1, 100), line("B", 1, "P2", 1, 300, day=2), line("D", 1, "P1", 1, 100, day=3))  # fmt: skip
    text = (
        "SELECT customer_id, purchases, amount, first_purchase_date, main_store_id, favourite_category "
        "FROM v_customers ORDER BY 1"
    )
    assert ask(lake, text) == [
        ("C1", 3, Decimal(500), date(2026, 1, 1), "S1", "b"),
        ("C2", 0, Decimal(0), None, None, None),
    ]


def event(number: int, kind: str, minute: int, *, machine: bool | None = None) -> dict[str, Any]:
    at = datetime(2026, 1, 1, 0, minute)
    return {"event_id": f"E{number}", "message_id": "M1", "event_type": kind, "event_at": at,
            "event_date": date(2026, 1, 1), "is_machine": machine}  # fmt: skip


def test_a_touch_knows_human_reactions(lake: LocalWarehouse) -> None:
    put(lake, "messages",
        {"message_id": "M1", "customer_id": "C1", "status": "sent", "sent_date": date(2026, 1, 1)},
        {"message_id": "M2", "customer_id": "C2", "status": "control", "is_control": True,
         "sent_date": date(2026, 1, 1)},
        {"message_id": "M3", "customer_id": "C3", "status": "suppressed", "sent_date": date(2026, 1, 1)})  # fmt: skip
    put(lake, "message_events", event(1, "open", 1, machine=True), event(2, "open", 5), event(3, "open", 4),
        event(4, "click", 2, machine=True), event(5, "soft_bounce", 9))  # fmt: skip
    text = "SELECT message_id, is_control, opened_at, opened_raw_at, clicked_at, bounced_at FROM v_touches ORDER BY 1"
    minute = [datetime(2026, 1, 1, 0, number) for number in range(10)]
    assert ask(lake, text) == [
        ("M1", False, minute[4], minute[1], None, minute[9]),
        ("M2", True, None, None, None, None),
    ]


def entry(number: int, kind: str, points: int, lot: str | None = None, expires: int | None = None) -> dict[str, Any]:
    return {"entry_id": f"P{number}", "customer_id": "C1", "entry_type": kind, "points": points, "lot_id": lot,
            "posted_at": datetime(2026, 1, number), "posted_date": date(2026, 1, number),
            "expires_date": date(2026, expires, 1) if expires else None}  # fmt: skip


LOTS = "SELECT lot_id, earned, used, expired, remaining FROM v_point_lots ORDER BY lot_id"


@pytest.mark.parametrize(
    ("entries", "lots"),
    [
        ([entry(1, "earn", 100, "A", 6), entry(2, "bonus", 50, "B", 3), entry(3, "use", -70)],
         [("A", 100, 20, 0, 80), ("B", 50, 50, 0, 0)]),
        ([entry(1, "earn", 100, "A", 6), entry(2, "use", -30, "A"), entry(3, "expire", -70, "A")],
         [("A", 100, 30, 70, 0)]),
        ([entry(1, "earn", 100, "A", 6), entry(2, "use", -60, "A"), entry(3, "refund", 60, "A")],
         [("A", 100, 0, 0, 100)]),
        ([entry(1, "earn", 10, "A", 6), entry(2, "refund", 40, "gone", 5)],
         [("A", 10, 0, 0, 10), ("P2", 40, 0, 0, 40)]),
        ([entry(1, "earn", 10), entry(2, "earn", 10, "B", 2), entry(3, "use", -5), entry(4, "expire", -8)],
         [("B", 10, 5, 5, 0), ("P1", 10, 0, 3, 7)]),
    ],
    ids=["first expiring first", "named lots", "a refund to its lot", "a refund of a lost lot", "uses before expiry"],
)  # fmt: skip
def test_points_are_taken_first_expiring_first(
    lake: LocalWarehouse, entries: Sequence[dict[str, Any]], lots: list[tuple[Any, ...]]
) -> None:
    put(lake, "point_ledger", *entries)
    assert ask(lake, LOTS) == lots
