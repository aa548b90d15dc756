"""Guests and cookies as virtual customers: each case is worked out by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from enishi.errors import DefinitionError
from enishi.identity.reviews import DIFFERENT, SAME, judge, split
from enishi.identity.unify import Report, unify
from enishi.identity.virtual import parse
from enishi.ids import digest
from enishi.lake.schema import table
from enishi.lake.sql import parse as parse_sql
from enishi.lake.sql import view_names, with_people
from enishi.local.warehouse import LocalWarehouse
from enishi.segment.compile import members
from enishi.segment.moment import Moment
from tests.unit.identity.conftest import Records

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
MAIL, OTHER = digest("hanako@example.com"), digest("taro@example.com")
Rows = Callable[[LocalWarehouse, str], list[dict[str, Any]]]


@dataclass
class Shop:
    """People of `records`, orders and events of guests and strangers, and passes over them."""

    records: Records
    rows: Rows
    orders: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def order(self, name: str, *, customer: str | None = None, guest: str | None = None, amount: int = 1000) -> None:
        at = datetime(2026, 11, 1, 3, len(self.orders))
        self.orders.append(
            {
                "order_id": name,
                "customer_id": customer,
                "guest_key": guest,
                "channel": "ec",
                "order_type": "normal",
                "status": "completed",
                "ordered_at": at,
                "order_date": at.date(),
                "net_amount": Decimal(amount),
            }
        )

    def event(self, kind: str, *, visitor: str, customer: str | None = None, day: int = 10) -> None:
        at = datetime(2026, 11, day, 3, len(self.events))
        self.events.append(
            {
                "event_id": f"e{len(self.events)}",
                "event_at": at,
                "event_date": at.date(),
                "visitor_id": visitor,
                "customer_id": customer,
                "event_type": kind,
                "product_id": "p1",
            }
        )

    def unify(self, **changes: Any) -> Report:
        warehouse = self.records.write()
        for name, rows in (("orders", self.orders), ("web_events", self.events)):
            if rows:
                known = set(rows[0])
                schema = pa.schema([column for column in table(name).arrow if column.name in known])
                warehouse.upsert(name, pa.Table.from_pylist(rows, schema=schema))
        return unify(warehouse, NOW, virtual=parse(changes, "test"))

    def ask(self, text: str) -> list[dict[str, Any]]:
        return self.rows(self.records.warehouse, text)

    def whose(self, view: str = "v_orders", key: str = "order_id") -> dict[str, tuple[str | None, str | None]]:
        asked = exp.select(key, "customer_id", "person_id").from_(view)
        found = self.records.warehouse.query(asked).to_pylist()
        return {row[key]: (row["customer_id"], row["person_id"]) for row in found}

    def virtual(self, column: str, value: str) -> str:
        found = self.ask("SELECT customer_id, guest_key, visitor_id FROM virtual_keys")
        return next(str(row["customer_id"]) for row in found if row[column] == value)


@pytest.fixture
def shop(records: Records, rows: Rows) -> Shop:
    return Shop(records, rows)


def test_a_guest_nobody_knows_is_one_virtual_customer_and_no_customer_of_a_count(shop: Shop) -> None:
    shop.records.add("member", email=OTHER)
    shop.order("o1", guest=MAIL)
    shop.order("o2", guest=MAIL)
    shop.order("o3")
    report = shop.unify()
    guest = shop.virtual("guest_key", MAIL)
    assert (report.virtual.made, report.virtual.keys, report.virtual.known) == (1, 1, 0)
    assert (report.records, report.people) == (1, 1)
    assert shop.whose() == {"o1": (None, guest), "o2": (None, guest), "o3": (None, None)}
    assert shop.ask("SELECT customer_id FROM v_purchases") == []
    assert shop.ask("SELECT is_virtual, status FROM customers WHERE is_virtual") == [
        {"is_virtual": True, "status": "active"}
    ]


def test_a_guest_who_joins_later_brings_the_orders_along(shop: Shop) -> None:
    shop.order("o1", guest=MAIL)
    shop.order("o2", customer="hanako", amount=500)
    shop.records.add("somebody", email=OTHER)
    shop.unify()
    assert shop.whose()["o1"][0] is None
    shop.records.add("hanako", joined=2026, email=MAIL)
    report = shop.unify()
    guest = shop.virtual("guest_key", MAIL)
    assert (report.virtual.merged, report.virtual.known) == (1, 1)
    assert shop.whose()["o1"] == ("hanako", "hanako")
    bought = shop.ask("SELECT order_id, customer_id, n_lifetime FROM v_purchases ORDER BY n_lifetime")
    assert bought == [
        {"order_id": "o1", "customer_id": "hanako", "n_lifetime": 1},
        {"order_id": "o2", "customer_id": "hanako", "n_lifetime": 2},
    ]
    assert shop.ask("SELECT kind, survivor_id, absorbed_id, rule, decided_by FROM merge_log") == [
        {"kind": "merge", "survivor_id": "hanako", "absorbed_id": guest, "rule": "guest_key", "decided_by": "rule"}
    ]
    assert shop.ask("SELECT order_id FROM orders WHERE customer_id IS NULL") == [{"order_id": "o1"}]


def test_a_second_pass_changes_nothing(shop: Shop) -> None:
    shop.records.add("hanako", email=MAIL)
    shop.order("o1", guest=MAIL)
    shop.order("o2", guest=OTHER)
    shop.unify()
    before = [shop.records.warehouse.snapshot(name) for name in ("customers", "virtual_keys", "merge_log")]
    report = shop.records.warehouse and unify(shop.records.warehouse, NOW)
    assert (report.virtual.made, report.virtual.merged, report.virtual.restored, report.compared) == (0, 0, 0, 0)
    assert [shop.records.warehouse.snapshot(name) for name in ("customers", "virtual_keys", "merge_log")] == before


def test_of_a_mail_that_two_people_share_nobody_can_say(shop: Shop) -> None:
    shop.records.add("wife", email=MAIL)
    shop.records.add("husband", email=MAIL)
    shop.order("o1", guest=MAIL)
    shop.unify()
    assert shop.whose()["o1"] == (None, shop.virtual("guest_key", MAIL))


def test_two_records_that_become_one_person_count_as_one_holder(shop: Shop) -> None:
    shop.records.add("card", joined=2019, kana="x", email=MAIL)
    shop.records.add("account", joined=2021, kana="x", email=MAIL)
    shop.order("o1", guest=MAIL)
    shop.unify()
    assert shop.whose()["o1"] == ("card", "card")


def test_a_split_takes_the_guest_out_for_good_and_a_reviewer_may_name_another(shop: Shop) -> None:
    shop.records.add("hanako", email=MAIL)
    shop.records.add("taro", email=OTHER)
    shop.order("o1", guest=MAIL)
    shop.unify()
    guest, lake = shop.virtual("guest_key", MAIL), shop.records.warehouse
    split(lake, guest, "her mother ordered", NOW)
    assert shop.whose()["o1"] == (None, guest)
    assert unify(lake, NOW).virtual.known == 0
    judge(lake, [(guest, "taro")], SAME, "it was he", NOW)
    unify(lake, NOW)
    assert shop.whose()["o1"] == ("taro", "taro")
    judge(lake, [(guest, "taro")], DIFFERENT, "no", NOW)
    assert unify(lake, NOW).virtual.restored == 1
    assert shop.whose()["o1"] == (None, guest)


def test_the_guest_follows_the_person_when_records_are_split(shop: Shop) -> None:
    shop.records.add("card", joined=2019, kana="x", loyalty_card="k")
    shop.records.add("account", joined=2021, kana="x", email=MAIL, loyalty_card="k")
    shop.order("o1", guest=MAIL)
    shop.unify()
    assert shop.whose()["o1"] == ("card", "card")
    split(shop.records.warehouse, "account", "two people", NOW)
    unify(shop.records.warehouse, NOW)
    assert shop.whose()["o1"] == ("account", "account")


def test_many_keys_never_make_a_person_contradict_herself(shop: Shop) -> None:
    shop.records.add("hanako", kana="x", loyalty_card="k", **{"cookie": digest("v0")})
    shop.records.add("again", joined=2024, kana="x", loyalty_card="k")
    for number in range(30):
        shop.event("add_to_cart", visitor=f"v{number}")
        shop.records.identities.append(
            {
                "customer_id": "hanako",
                "id_type": "cookie",
                "id_value_hash": digest(f"v{number}"),
                "valid_from": datetime(2026, 1, 1, 1, number),
                "valid_to": None,
            }
        )
    report = shop.unify()
    assert (report.merged, report.virtual.merged) == (1, 30)
    assert shop.ask("SELECT customer_id FROM person_attributes") == [{"customer_id": "hanako"}]


def test_a_cookie_stands_for_somebody_once_it_did_something(shop: Shop) -> None:
    shop.event("page_view", visitor="looks")
    shop.event("page_view", visitor="buys")
    shop.event("add_to_cart", visitor="buys")
    shop.event("add_to_cart", visitor="long ago", day=1)
    shop.event("add_to_cart", visitor="always known", customer="hanako")
    shop.records.add("hanako")
    shop.unify(look_back_days=15)
    buyer = shop.virtual("visitor_id", "buys")
    assert [row["visitor_id"] for row in shop.ask("SELECT visitor_id FROM virtual_keys")] == ["buys"]
    found = shop.whose("v_web_events", "event_id")
    assert found == {
        "e0": (None, None), "e1": (None, buyer), "e2": (None, buyer), "e3": (None, None), "e4": ("hanako", "hanako"),
    }  # fmt: skip


def test_a_stranger_who_logs_in_brings_what_she_looked_at_into_segments(shop: Shop) -> None:
    written = {"web": {"event": "add_to_cart", "at_least": 1, "in": "30 days"}}
    shop.event("add_to_cart", visitor="v")
    shop.records.add("hanako")
    shop.unify()

    def inside() -> list[str]:
        moment = Moment(NOW, date(2026, 11, 21))
        return [r["customer_id"] for r in shop.records.warehouse.query(members(written, moment)).to_pylist()]

    assert inside() == []
    shop.event("login", visitor="v", customer="hanako", day=11)
    shop.records.add("other", cookie=digest("w"))
    shop.records.identities.append(
        {
            "customer_id": "hanako",
            "id_type": "cookie",
            "id_value_hash": digest("v"),
            "valid_from": datetime(2026, 11, 11),
            "valid_to": None,
        }
    )
    shop.unify()
    assert inside() == ["hanako"]


def test_rules_of_a_workspace_are_read_over_ours() -> None:
    assert parse({"events": ["login"]}, "test").events == ("login",)
    with pytest.raises(DefinitionError, match="virtual customers do not hold: look_back_days"):
        parse({"look_back_days": 0}, "test")


@pytest.mark.parametrize(("name", "view"), [("orders", "v_orders"), ("web_events", "v_web_events")])
def test_the_views_have_every_column_of_their_table(shop: Shop, name: str, view: str) -> None:
    assert view in view_names()
    shop.records.add("a")
    shop.unify()
    asked = shop.records.warehouse.query(exp.select("*").from_(view))
    assert asked.column_names == [*table(name).names, "person_id"]


def test_reading_through_people_keeps_the_name_that_a_query_uses() -> None:
    tree = with_people(parse_sql("SELECT orders.order_id FROM orders JOIN order_lines AS l ON TRUE", "test"))
    assert tree.sql(dialect="athena") == (
        "SELECT orders.order_id FROM v_orders AS orders JOIN order_lines AS l ON TRUE"
    )
