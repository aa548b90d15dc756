"""Whose value counts where a person's records say different things: each case is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from enishi.errors import DefinitionError
from enishi.identity.reviews import split
from enishi.identity.survivorship import DECLARED, of_workspace, parse, people_of_several
from enishi.identity.unify import unify
from enishi.lake import schema
from enishi.lake.sql import expand_views, lint
from enishi.lake.sql import parse as parse_sql
from enishi.local.blobs import FolderBlobs
from enishi.local.warehouse import LocalWarehouse
from enishi.segment.compile import members
from enishi.segment.moment import Moment
from enishi.settings import Settings

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
Rows = Callable[[LocalWarehouse, str], list[dict[str, Any]]]

SHOP: dict[str, Any] = {
    "customer_id": "shop",
    "registered_at": datetime(2015, 1, 1),
    "registered_date": date(2015, 1, 1),
    "status": "active",
    "join_channel": "store",
    "join_store_id": "S1",
    "birth_date": date(1980, 4, 12),
    "gender": "unknown",
    "postal_code": "1000001",
    "prefecture": "13",
    "latitude": 35.68,
    "longitude": 139.76,
    "member_rank": "GOLD",
    "attributes": [("hobby", "tea"), ("size", "M"), ("note", "old and long")],
}
WEB: dict[str, Any] = {
    "customer_id": "web",
    "registered_at": datetime(2022, 1, 1),
    "registered_date": date(2022, 1, 1),
    "status": "active",
    "join_channel": "ec",
    "birth_date": date(1980, 12, 4),
    "gender": "female",
    "postal_code": "5300001",
    "prefecture": "27",
    "is_employee": True,
    "attributes": [("size", "L"), ("mail_style", "html"), ("note", "new")],
}
APP: dict[str, Any] = {
    "customer_id": "app",
    "registered_at": datetime(2018, 1, 1),
    "registered_date": date(2018, 1, 1),
    "status": "active",
    "join_channel": "app",
    "join_store_id": None,
    "gender": "male",
    "declared_store_id": "S7",
    "attributes": [("size", "")],
}
SYSTEMS = {"shop": "store", "web": "ec"}


class Person:
    """Three records that hold one card."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = LocalWarehouse(folder, Settings(home=folder))
        self.put("customers", [SHOP, WEB, APP])
        self.put(
            "identities",
            [
                {
                    "customer_id": name,
                    "id_type": "loyalty_card",
                    "id_value_hash": "k",
                    "valid_from": datetime(2022, 1, 1),
                }
                for name in ("shop", "web", "app")
            ],
        )
        numbers = [{"customer_id": name, "system": system, "number": name} for name, system in SYSTEMS.items()]
        self.put("pii.customer_numbers", numbers)

    def put(self, table: str, rows: list[dict[str, Any]]) -> None:
        arrow = schema.table(table.removeprefix("pii.")).arrow
        named = {name for row in rows for name in row}
        self.warehouse.upsert(
            table, pa.Table.from_pylist(rows, schema=pa.schema([field for field in arrow if field.name in named]))
        )

    def unify(self, **changes: Any) -> None:
        unify(self.warehouse, NOW, survivorship=parse(changes, "test"))

    def seen(self, *names: str) -> list[Any]:
        """What v_customers says of the one person."""
        asked = parse_sql(f"SELECT {', '.join(names)} FROM v_customers", "test")  # noqa: S608 - column names
        [row] = self.warehouse.query(asked).to_pylist()
        return [row[name] for name in names]

    def resolved(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What the one person's row would be by other rules."""
        [row] = self.warehouse.query(people_of_several(parse(changes, "test"))).to_pylist()
        return dict(row)

    def held(self, condition: dict[str, Any]) -> list[str]:
        """Who is in the segment, staff among them."""
        query = members(condition, Moment(NOW, NOW.date(), NOW), employees=True)
        return sorted(str(row["customer_id"]) for row in self.warehouse.query(query).to_pylist())


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """For tests that write nothing."""
    person = Person(tmp_path_factory.mktemp("joined"))
    person.unify()
    return person


def test_every_rule_of_the_default(joined: Person) -> None:
    person = joined
    # The shop's record is the oldest; its store goes with its channel. The store's system is trusted with birth dates.
    assert person.seen("customer_id", "join_channel", "join_store_id") == ["shop", "store", "S1"]
    assert person.seen("birth_date", "member_rank") == [date(1980, 4, 12), "GOLD"]
    # "unknown" says nothing; one says female, one male: the newer record is the web's.
    assert person.seen("gender") == ["female"]
    # The newest address, whole: the web's record has no coordinates, and Tokyo's are not Osaka's.
    assert person.seen("postal_code", "prefecture", "latitude", "longitude") == ["5300001", "27", None, None]
    assert person.seen("declared_store_id", "is_employee") == ["S7", True]
    assert dict(person.seen("attributes")[0]) == {"hobby": "tea", "size": "L", "mail_style": "html", "note": "new"}


def test_the_records_themselves_stay_as_they_came(joined: Person, rows: Rows) -> None:
    found = rows(joined.warehouse, "SELECT customer_id, gender, postal_code FROM customers ORDER BY customer_id")
    assert [tuple(row.values()) for row in found] == [
        ("app", "male", None),
        ("shop", "unknown", "1000001"),
        ("web", "female", "5300001"),
    ]


def test_what_was_updated_last_is_the_most_recent(person: Person) -> None:
    person.put("pii.person_keys", [{"customer_id": "shop", "updated_at": datetime(2026, 1, 1)}])
    person.unify()
    assert person.seen("postal_code", "latitude") == ["1000001", 35.68]


CASES: list[tuple[str, dict[str, Any], str, Any]] = [
    ("survivor", {"columns": [{"rule": "survivor", "of": ["gender"]}]}, "gender", "male"),
    ("recent", {"columns": [{"rule": "recent", "of": ["birth_date"]}]}, "birth_date", date(1980, 12, 4)),
    ("trusted", {"trusted": ["ec", "store"]}, "birth_date", date(1980, 12, 4)),
    ("nobody trusted", {"trusted": []}, "birth_date", date(1980, 12, 4)),
    ("longest", {"columns": [{"rule": "longest", "of": ["join_channel"]}]}, "join_channel", "store"),
    ("longest alone", {"columns": [{"rule": "longest", "of": ["join_channel"]}]}, "join_store_id", "S1"),
    ("unnamed is the survivor's", {"columns": [{"rule": "recent", "of": ["gender"]}]}, "postal_code", "1000001"),
    ("all missing is the survivor's", {"missing": {"gender": ["unknown", "female", "male"]}}, "gender", "unknown"),
    ("missing counts", {"missing": {}, "columns": [{"rule": "survivor", "of": ["gender"]}]}, "gender", "unknown"),
]


@pytest.mark.parametrize(("changes", "column", "value"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rules_are_data(joined: Person, changes: dict[str, Any], column: str, value: Any) -> None:
    assert joined.resolved(changes)[column] == value


def test_what_most_records_say_counts_before_what_is_newer(person: Person) -> None:
    person.put("customers", [{**SHOP, "gender": "male"}])
    person.unify()
    assert person.seen("gender") == ["male"]


def test_own_columns_go_by_rules_of_their_own(joined: Person) -> None:
    rules = {"attributes": {"rule": "survivor", "keys": {"size": "recent", "note": "longest"}}}
    merged = dict(joined.resolved(rules)["attributes"])
    assert merged == {"hobby": "tea", "size": "L", "mail_style": "html", "note": "old and long"}


def test_a_segment_holds_whom_the_surviving_value_describes(person: Person) -> None:
    of_osaka, of_tokyo = {"attribute": {"prefecture": "27"}}, {"attribute": {"prefecture": "13"}}
    large = {"attribute": {"attributes.size": "L"}}
    assert (person.held(of_osaka), person.held(of_tokyo), person.held(large)) == (["web"], ["shop"], ["web"])
    person.unify()
    assert (person.held(of_osaka), person.held(of_tokyo), person.held(large)) == (["shop"], [], ["shop"])


def test_a_split_brings_back_what_each_record_said(person: Person) -> None:
    person.unify()
    split(person.warehouse, "web", "somebody else", NOW)
    person.unify()
    assert person.held({"attribute": {"prefecture": "27"}}) == ["web"]
    assert person.held({"attribute": {"prefecture": "13"}}) == ["shop"]
    assert person.held({"attribute": {"gender": "male"}}) == ["shop"]


def test_a_split_of_the_last_record_leaves_no_row(person: Person, rows: Rows) -> None:
    person.unify()
    assert len(rows(person.warehouse, "SELECT customer_id FROM person_attributes")) == 1
    for name in ("web", "app"):
        split(person.warehouse, name, "somebody else", NOW)
    person.unify()
    assert rows(person.warehouse, "SELECT customer_id FROM person_attributes") == []


def test_a_pass_that_finds_the_same_writes_nothing(person: Person) -> None:
    person.unify()
    before = person.warehouse.snapshot("person_attributes")
    person.unify()
    assert person.warehouse.snapshot("person_attributes") == before
    person.put("customers", [{"customer_id": "web", "postal_code": "6000001"}])
    person.unify()
    assert person.warehouse.snapshot("person_attributes") != before
    assert person.seen("postal_code") == ["6000001"]


def test_a_virtual_record_counts_last(person: Person) -> None:
    person.put("customers", [{**WEB, "is_virtual": True}])
    person.unify(columns=[{"rule": "recent", "of": ["birth_date"]}])
    assert person.seen("birth_date") == [date(1980, 4, 12)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": [{"rule": "newest", "of": ["gender"]}]},
        {"columns": [{"rule": "recent", "of": ["shoe_size"]}]},
        {"columns": [{"rule": "recent", "of": ["gender"]}, {"rule": "any", "of": ["gender"]}]},
        {"columns": [{"rule": "any", "of": ["gender"]}]},
        {"attributes": {"rule": "any"}},
        {"missing": {"status": ["x"]}},
        {"unknown_key": 1},
    ],
)
def test_rules_that_do_not_hold_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        parse(wrong, "test")


def test_a_workspaces_own_rules_stand_over_the_default(tmp_path: Path) -> None:
    raw = FolderBlobs(tmp_path)
    assert of_workspace(raw) == parse({}, "test")
    raw.put(DECLARED.key, b"trusted: [ec]\n")
    assert of_workspace(raw) == parse({"trusted": ["ec"]}, "test")
    for broken in (b"- a\n", b"a: [\n", b"trusted: 1\n"):
        raw.put(DECLARED.key, broken)
        with pytest.raises(DefinitionError):
            of_workspace(raw)


def test_the_queries_are_proven_on_both_engines() -> None:
    assert lint(expand_views(people_of_several(parse({}, "test")))) == []
