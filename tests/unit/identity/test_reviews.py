"""What people decide, components that contradict themselves, and passes over what changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from enishi.errors import LakeError
from enishi.identity.model import parse as parse_model
from enishi.identity.reviews import DIFFERENT, SAME, judge, links_of, open_reviews, person_of, records_of, split
from enishi.identity.unify import unify
from enishi.lake.sql import parse_condition
from enishi.local.warehouse import LocalWarehouse

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
BORN = date(1980, 4, 12)
Rows = Callable[[LocalWarehouse, str], list[dict[str, Any]]]
AT_HOME = {"name": "山崎優子", "postal": "1600023", "street": "西新宿1-2-3"}


def merged(rows: Rows, warehouse: LocalWarehouse) -> dict[str, str]:
    found = rows(warehouse, "SELECT customer_id, merged_into FROM customers WHERE status = 'merged'")
    return {row["customer_id"]: row["merged_into"] for row in found}


def later(days: int) -> datetime:
    return NOW + timedelta(days=days)


def test_an_accepted_pair_is_joined_and_never_asked_again(records: Any, rows: Rows) -> None:
    records.add("a", keys=AT_HOME)
    records.add("b", joined=2022, keys=AT_HOME)
    warehouse = records.write()
    assert unify(warehouse, NOW).to_review == 1
    (pair,) = open_reviews(warehouse)
    judge(warehouse, [(pair["low_id"], pair["high_id"])], SAME, "asked at the till", NOW)
    assert unify(warehouse, later(1)).to_review == 0
    assert merged(rows, warehouse) == {"b": "a"}
    (log,) = rows(warehouse, "SELECT rule, decided_by FROM merge_log")
    assert log == {"rule": "reviewer", "decided_by": "reviewer"}
    assert unify(warehouse, later(2), full=True).to_review == 0
    assert merged(rows, warehouse) == {"b": "a"}


def test_a_rejected_pair_is_never_asked_nor_joined_whatever_the_rules_find(records: Any, rows: Rows) -> None:
    records.add("a", keys=AT_HOME)
    records.add("b", joined=2022, keys=AT_HOME)
    warehouse = records.write()
    unify(warehouse, NOW)
    judge(warehouse, [("b", "a")], DIFFERENT, "grandmother and granddaughter", NOW)
    records.identities.clear()
    records.add("c", joined=2023, loyalty_card="k")
    records.identities += [{**records.identities[0], "customer_id": name} for name in ("a", "b")]
    warehouse = records.write()
    unify(warehouse, later(1))
    assert ("a", "b") not in {(pair["low_id"], pair["high_id"]) for pair in open_reviews(warehouse)}
    people = {row["person_id"] for row in rows(warehouse, "SELECT person_id FROM v_identity")}
    assert {"a", "b"} <= people


def test_a_split_of_the_survivor_leaves_the_others_together(records: Any, rows: Rows) -> None:
    for number, name in enumerate("abc"):
        records.add(name, joined=2020 + number, loyalty_card="k")
    warehouse = records.write()
    unify(warehouse, NOW)
    split(warehouse, "a", "the card was lent", later(1))
    unify(warehouse, later(1))
    assert merged(rows, warehouse) == {"c": "b"}
    assert [row["customer_id"] for row in records_of(warehouse, person_of(warehouse, "c"))] == ["b", "c"]
    assert {row["verdict"] for row in links_of(warehouse, "a")} == {"different"}


def test_what_cannot_be_judged_is_refused(records: Any) -> None:
    records.add("a")
    warehouse = records.write()
    with pytest.raises(LakeError, match="a record is itself"):
        judge(warehouse, [("a", "a")], SAME, "", NOW)
    with pytest.raises(LakeError, match="no such customer"):
        judge(warehouse, [("a", "nobody")], SAME, "", NOW)
    with pytest.raises(LakeError, match="not joined"):
        split(warehouse, "a", "", NOW)
    with pytest.raises(LakeError, match="no such customer"):
        person_of(warehouse, "nobody")


def test_two_identifiers_of_a_kind_that_a_person_has_once_keep_records_apart(records: Any, rows: Rows) -> None:
    """a and b hold two accounts; c, who has none, would join them: the weaker evidence gives way."""
    records.add("a", kana="x", birth=BORN, email="m", ec_account="1", line_uid="u")
    records.add("b", joined=2021, kana="x", birth=BORN, email="m", ec_account="2")
    records.add("c", joined=2022, kana="x", birth=BORN, line_uid="u")
    warehouse = records.write()
    unify(warehouse, NOW, parse_model({"unique": ["ec_account"]}, "test"))
    assert merged(rows, warehouse) == {"c": "a"}
    unify(warehouse, later(1), parse_model({"unique": []}, "test"))
    assert merged(rows, warehouse) == {"b": "a", "c": "a"}


def test_a_component_of_too_many_records_falls_apart(records: Any, rows: Rows) -> None:
    """A clerk's mail on thirteen accounts of one birth date: pairs of six hold it at most, so chains of two mails."""
    for number in range(13):
        records.add(f"r{number:02d}", joined=2000 + number, birth=BORN, email=f"m{number // 2}")
        records.identities.append({**records.identities[-1], "id_value_hash": f"n{(number + 1) // 2}"})
    warehouse = records.write()
    unify(warehouse, NOW)
    assert len(merged(rows, warehouse)) < 12


def test_a_pass_compares_what_is_new_or_changed_with_all_others(records: Any, rows: Rows) -> None:
    records.add("a", kana="x", birth=BORN, email="m")
    records.add("b", joined=2021, kana="y", email="n")
    warehouse = records.write()
    assert unify(warehouse, NOW).compared == 2
    assert unify(warehouse, later(1)).compared == 0
    records.customers.clear()
    records.add("c", joined=2022, kana="x", email="m")
    records.write()
    assert unify(warehouse, later(2)).compared == 1
    assert merged(rows, warehouse) == {"c": "a"}
    records.customers.clear()
    records.add("b", joined=2021, kana="y", birth=BORN, email="m")
    records.write()
    assert unify(warehouse, later(3)).compared == 1
    assert merged(rows, warehouse) == {"b": "a", "c": "a"}
    assert unify(warehouse, later(4), full=True).compared == 3
    assert merged(rows, warehouse) == {"b": "a", "c": "a"}


def test_incremental_passes_end_where_a_full_one_does(records: Any, rows: Rows) -> None:
    for number, (kana, mail) in enumerate([("x", "m"), ("y", "n"), ("x", "o"), ("y", "n"), ("x", "m"), ("x", "o")]):
        records.add(f"r{number}", joined=2020 + number, kana=kana, email=mail)
        warehouse = records.write()
        records.customers.clear()
        unify(warehouse, later(number))
    step_by_step = merged(rows, warehouse)
    unify(warehouse, later(9), full=True)
    assert merged(rows, warehouse) == step_by_step == {"r3": "r1", "r4": "r0", "r5": "r2"}


def test_a_guest_meets_the_one_person_who_holds_the_address(records: Any, rows: Rows) -> None:
    records.add("guest", joined=2010, virtual=True, email="m")
    records.add("couple", joined=2011, virtual=True, email="shared")
    records.add("she", kana="x", birth=BORN, email="shared")
    records.add("he", kana="y", birth=date(1979, 1, 1), email="shared")
    warehouse = records.write()
    unify(warehouse, NOW)
    assert merged(rows, warehouse) == {}
    records.add("member", joined=2022, kana="z", email="m")
    records.write()
    unify(warehouse, later(1))
    assert merged(rows, warehouse) == {"guest": "member"}


def test_a_household_is_one_name_and_one_home_and_not_one_person(records: Any, rows: Rows) -> None:
    home = {"surname": "山崎", "postal": "1600023", "street": "西新宿1-2-3"}
    records.add("wife", birth=date(1980, 1, 1), keys={**home, "name": "山崎優子"})
    records.add("husband", birth=date(1978, 1, 1), keys={**home, "name": "山崎大輔"})
    records.add("son", birth=date(2005, 1, 1), phone="p", keys={"surname": "山崎", "name": "山崎翔"})
    records.add("again", joined=2022, birth=date(1978, 1, 1), phone="p", keys={**home, "name": "山崎大輔"})
    records.add("neighbour", keys={**home, "surname": "佐藤", "name": "佐藤茂"})
    warehouse = records.write()
    unify(warehouse, NOW)
    assert merged(rows, warehouse) == {"again": "husband"}
    households = rows(warehouse, "SELECT customer_id, household_id FROM customers WHERE household_id IS NOT NULL")
    assert {row["customer_id"] for row in households} == {"wife", "husband", "son"}
    assert len({row["household_id"] for row in households}) == 1
    reasons = rows(warehouse, "SELECT customer_id, reason FROM household_members ORDER BY customer_id")
    assert [tuple(row.values()) for row in reasons] == [("husband", "address"), ("son", "phone"), ("wife", "address")]
    (size,) = rows(warehouse, "SELECT size, oldest_birth_date FROM households")
    assert size == {"size": 3, "oldest_birth_date": date(1978, 1, 1)}
    before = warehouse.snapshot("customers")
    unify(warehouse, later(1))
    assert warehouse.snapshot("customers") == before


def test_whom_a_source_declared_a_member_is_of_that_household(records: Any, rows: Rows) -> None:
    home = {"surname": "山崎", "postal": "1600023", "street": "西新宿1-2-3"}
    for name, given in {"wife": "優子", "husband": "大輔", "son": "翔"}.items():
        records.add(name, keys={**home, "name": f"山崎{given}"})
    records.add("daughter", keys={"surname": "小林", "name": "小林舞"})
    warehouse = records.write()
    unify(warehouse, NOW)
    declare(warehouse, "S-1", "husband", "daughter")
    unify(warehouse, later(1))
    held = households_of(rows, warehouse)
    assert (held["husband"], held["daughter"]) == ("S-1", "S-1")
    assert held["wife"] == held["son"] != "S-1"
    found = rows(warehouse, "SELECT customer_id FROM household_members WHERE household_id LIKE 'HD%'")
    assert sorted(row["customer_id"] for row in found) == ["son", "wife"]
    warehouse.delete("household_members", parse_condition("household_id = 'S-1'", "test"))
    declare(warehouse, "S-2", "husband")
    unify(warehouse, later(2))
    assert households_of(rows, warehouse)["husband"] == "S-2"


def declare(warehouse: LocalWarehouse, household: str, *members: str) -> None:
    said = [
        {"household_id": household, "member_no": number, "customer_id": member}
        for number, member in enumerate(members, start=1)
    ]
    warehouse.append("household_members", pa.Table.from_pylist(said))


def households_of(rows: Rows, warehouse: LocalWarehouse) -> dict[str, str]:
    found = rows(warehouse, "SELECT customer_id, household_id FROM customers WHERE household_id IS NOT NULL")
    return {row["customer_id"]: row["household_id"] for row in found}
