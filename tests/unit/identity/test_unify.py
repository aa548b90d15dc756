"""Who is one person: each case is worked out by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from enishi.errors import LakeError
from enishi.identity.match import rules
from enishi.identity.model import parse as parse_model
from enishi.identity.reviews import undo
from enishi.identity.unify import unify
from enishi.lake.sql import parse
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings
from tests.unit.identity.conftest import Records

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
BORN = date(1980, 4, 12)
Rows = Callable[[LocalWarehouse, str], list[dict[str, Any]]]


def merged(rows: Rows, warehouse: LocalWarehouse) -> dict[str, str]:
    found = rows(warehouse, "SELECT customer_id, merged_into FROM customers WHERE status = 'merged'")
    return {row["customer_id"]: row["merged_into"] for row in found}


def test_a_linked_card_joins_and_the_oldest_record_survives(records: Any, rows: Rows) -> None:
    records.add("card", joined=2021, loyalty_card="k1")
    records.add("account", joined=2019, loyalty_card="k1", ec_account="e1")
    warehouse = records.write()
    report = unify(warehouse, NOW)
    assert merged(rows, warehouse) == {"card": "account"}
    assert (report.records, report.people, report.merged, report.restored) == (2, 1, 1, 0)


def test_of_two_that_joined_together_the_smaller_id_survives(records: Any, rows: Rows) -> None:
    records.add("b", loyalty_card="k1")
    records.add("a", loyalty_card="k1")
    warehouse = records.write()
    unify(warehouse, NOW)
    assert merged(rows, warehouse) == {"b": "a"}


def test_a_chain_is_one_person_with_one_hop_to_the_survivor(records: Any, rows: Rows) -> None:
    for number in range(20):
        records.add(f"r{number:02d}", joined=2000 + number, kana="k", birth=BORN, email=f"m{number // 2}")
        records.identities.append(
            {
                "customer_id": f"r{number:02d}",
                "id_type": "email",
                "id_value_hash": f"n{(number + 1) // 2}",
                "valid_from": datetime(2024, 1, 1, number),
                "valid_to": None,
            }
        )
    warehouse = records.write()
    report = unify(warehouse, NOW, parse_model({"most_records": 20}, "test"))
    assert merged(rows, warehouse) == {f"r{number:02d}": "r00" for number in range(1, 20)}
    assert report.people == 1
    assert report.rounds <= 8


CASES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"kana": "x", "email": "m"}, {"kana": "x", "email": "m"}, True),
    ({"kana": "x", "birth": BORN, "email": "m"}, {"kana": "y", "birth": BORN, "email": "m"}, True),
    ({"kana": "x", "email": "m"}, {"kana": "y", "email": "m"}, False),
    ({"email": "m"}, {"email": "m"}, False),
    ({"kana": "x", "phone": "p"}, {"kana": "x", "phone": "p"}, True),
    ({"kana": "x", "birth": BORN, "phone": "p"}, {"kana": "x", "phone": "p"}, True),
    ({"kana": "x", "birth": BORN, "phone": "p"}, {"kana": "x", "birth": date(2008, 1, 1), "phone": "p"}, False),
    ({"kana": "x", "phone": "p"}, {"kana": "y", "phone": "p"}, False),
    ({"kana": "x", "line_uid": "u"}, {"kana": "x", "line_uid": "u"}, True),
    ({"kana": "x", "line_uid": "u"}, {"kana": "y", "line_uid": "u"}, False),
    ({"kana": "x", "birth": BORN, "postal": "1600900"}, {"kana": "x", "birth": BORN, "postal": "1600900"}, True),
    ({"kana": "x", "birth": BORN, "postal": "1600900"}, {"kana": "x", "birth": BORN, "postal": "1600901"}, False),
    ({"kana": "x", "postal": "1600900"}, {"kana": "x", "postal": "1600900"}, False),
    ({"cookie": "c", "kana": "x"}, {"cookie": "c", "kana": "x"}, False),
]
"""Two records, and whether they are one person."""


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every case in one lake, its values its own; absorbed → survivor."""
    home = tmp_path_factory.mktemp("cases")
    records = Records(LocalWarehouse(home, Settings(home=home)))
    for number, (first, second, _) in enumerate(CASES):
        records.add(f"{number}a", **of_case(number, first))
        records.add(f"{number}b", joined=2022, **of_case(number, second))
    warehouse = records.write()
    unify(warehouse, NOW)
    found = warehouse.query(parse("SELECT customer_id, merged_into FROM customers WHERE status = 'merged'", "test"))
    return {row["customer_id"]: row["merged_into"] for row in found.to_pylist()}


def of_case(number: int, values: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{number}{value}" if isinstance(value, str) else value for name, value in values.items()}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_what_makes_two_records_one_person(joined: dict[str, str], number: int) -> None:
    assert joined.get(f"{number}b") == (f"{number}a" if CASES[number][2] else None)


def test_a_phone_that_too_many_share_is_no_evidence(records: Any, rows: Rows) -> None:
    most = next(rule.most for rule in rules() if rule.id == "phone_name")
    for number in range(most + 1):
        records.add(f"r{number}", kana="x", phone="everybody")
    warehouse = records.write()
    assert unify(warehouse, NOW).people == most + 1
    assert merged(rows, warehouse) == {}


def test_an_identifier_that_ended_is_no_evidence(records: Any, rows: Rows) -> None:
    records.add("a", loyalty_card="k")
    records.add("b", loyalty_card="k")
    records.identities[1]["valid_to"] = datetime(2025, 1, 1)
    warehouse = records.write()
    unify(warehouse, NOW)
    assert merged(rows, warehouse) == {}


def test_blocked_records_take_no_part(records: Any, rows: Rows) -> None:
    records.add("a", loyalty_card="k", status="blocked")
    records.add("b", loyalty_card="k")
    warehouse = records.write()
    unify(warehouse, NOW)
    assert merged(rows, warehouse) == {}


def test_a_second_pass_changes_nothing(records: Any) -> None:
    records.add("a", loyalty_card="k")
    records.add("b", loyalty_card="k")
    warehouse = records.write()
    unify(warehouse, NOW)
    before = (warehouse.snapshot("customers"), warehouse.snapshot("merge_log"))
    again = unify(warehouse, NOW.replace(hour=5))
    assert (again.merged, again.restored) == (0, 0)
    assert (warehouse.snapshot("customers"), warehouse.snapshot("merge_log")) == before


def test_a_merge_says_by_which_rule_and_keeps_other_columns(records: Any, rows: Rows) -> None:
    records.add("a", kana="x", phone="p", email="m")
    records.add("b", joined=2022, kana="x", phone="p", email="m")
    warehouse = records.write()
    report = unify(warehouse, NOW)
    (log,) = rows(warehouse, "SELECT * FROM merge_log")
    assert (log["kind"], log["survivor_id"], log["absorbed_id"]) == ("merge", "a", "b")
    assert (log["rule"], log["score"], log["decided_by"]) == ("same_mail", 0.96, "rule")
    assert log["evidence"] == '{"shared":"m"}'
    assert log["merged_at"] == datetime(2026, 11, 21, 1)
    assert {count.rule.id: (count.pairs, count.merged) for count in report.by_rule if count.pairs} == {
        "same_mail": (1, 1),
        "phone_name": (1, 0),
        "scored": (1, 0),
    }
    assert rows(warehouse, "SELECT member_rank FROM customers WHERE customer_id = 'b'") == [{"member_rank": "GOLD"}]


def test_an_older_record_that_comes_later_takes_over(records: Any, rows: Rows) -> None:
    records.add("b", joined=2020, loyalty_card="k")
    records.add("c", joined=2021, loyalty_card="k")
    warehouse = records.write()
    unify(warehouse, NOW)
    records.add("a", joined=2010, loyalty_card="k")
    records.write()
    records.warehouse.upsert("customers", warehouse.query(_states()))
    report = unify(warehouse, NOW.replace(day=22))
    assert merged(rows, warehouse) == {"b": "a", "c": "a"}
    assert (report.merged, report.restored) == (2, 1)


def _states() -> Any:
    return parse("SELECT 'c' AS customer_id, 'merged' AS status, 'b' AS merged_into", "test")


def test_evidence_that_is_gone_restores_the_record(records: Any, rows: Rows) -> None:
    records.add("a", loyalty_card="k")
    records.add("b", joined=2022, loyalty_card="k", withdrawn=date(2026, 1, 1), status="withdrawn")
    warehouse = records.write()
    unify(warehouse, NOW)
    assert merged(rows, warehouse) == {"b": "a"}
    records.identities[1]["valid_to"] = datetime(2026, 11, 21)
    records.customers.clear()
    warehouse.upsert("identities", pa.Table.from_pylist(records.identities))
    report = unify(warehouse, NOW.replace(day=22))
    assert (report.merged, report.restored) == (0, 1)
    assert rows(warehouse, "SELECT status, merged_into FROM customers WHERE customer_id = 'b'") == [
        {"status": "withdrawn", "merged_into": None}
    ]


def test_a_split_restores_is_logged_and_holds(records: Any, rows: Rows) -> None:
    records.add("a", loyalty_card="k")
    records.add("b", joined=2022, loyalty_card="k")
    records.add("c", joined=2023, loyalty_card="k")
    warehouse = records.write()
    unify(warehouse, NOW)
    (log,) = rows(warehouse, "SELECT merge_id FROM merge_log WHERE absorbed_id = 'b'")
    done = undo(warehouse, log["merge_id"], "two cards, two people", NOW.replace(hour=2))
    assert (done.survivor_id, done.restored_id) == ("a", "b")
    assert merged(rows, warehouse) == {"c": "a"}
    assert unify(warehouse, NOW.replace(hour=3)).people == 2
    assert merged(rows, warehouse) == {"c": "a"}
    kinds = rows(warehouse, "SELECT kind, decided_by FROM merge_log WHERE absorbed_id = 'b' ORDER BY merged_at")
    assert kinds == [{"kind": "merge", "decided_by": "rule"}, {"kind": "split", "decided_by": "reviewer"}]


def test_a_merge_that_does_not_hold_cannot_be_taken_back(records: Any, rows: Rows) -> None:
    records.add("a", loyalty_card="k")
    records.add("b", joined=2022, loyalty_card="k")
    warehouse = records.write()
    unify(warehouse, NOW)
    (log,) = rows(warehouse, "SELECT merge_id FROM merge_log")
    undo(warehouse, log["merge_id"], "", NOW)
    for merge_id in (log["merge_id"], "M-unknown"):
        with pytest.raises(LakeError, match="no merge in force"):
            undo(warehouse, merge_id, "", NOW)


def test_an_empty_lake_is_fine(records: Any) -> None:
    report = unify(records.warehouse, NOW)
    assert (report.records, report.people, report.merged) == (0, 0, 0)
