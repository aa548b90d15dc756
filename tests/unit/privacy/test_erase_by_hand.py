"""Erasure on a lake small enough to know every row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enishi.errors import InputError, LakeError
from enishi.flow import erase
from enishi.flow.access import held
from enishi.lake.schema import read_table, tables
from enishi.ports import Channel
from enishi.privacy.places import undeclared
from enishi.privacy.report import Request
from enishi.privacy.resolve import resolve
from enishi.privacy.scan import Needles
from enishi.privacy.signatures import verified
from tests.unit.privacy.small_people import MAIL, NAME, NOW, World

REQUEST = Request(NOW, "desk", "asked")
CANARIES = Needles(frozenset({MAIL, NAME, "C-a1", "C-a2", "g-1", "v-a"}))


class Killed(BaseException):
    """The process dies here."""


def found(home: Path) -> list[str]:
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return [str(path.relative_to(home)) for path in files if CANARIES.inside(path.read_bytes())]


def erased(world: World, customer: str = "C-a1") -> dict[str, Any]:
    return erase.erase(world.tools, erase.plan(world.tools, customer, REQUEST))


def test_every_table_with_a_personal_column_says_how_it_is_erased() -> None:
    missing = undeclared(tables())
    assert not missing, "\n".join(
        f"{name}.yaml has {', '.join(columns)} and no `person:`. Say which columns lead to a person and what"
        " an erasure does to the rows (docs/erasure.md), or name the table in privacy/places.py NOBODYS."
        for name, columns in missing.items()
    )


def test_a_new_table_with_a_customer_is_missed() -> None:
    text = (
        "{name: x, ja: x, grain: x, key: [a], partition: null, database: lake, why: x, columns: ["
        "{name: a, type: string, meaning: x}, {name: customer_id, type: string, meaning: x}]}"
    )
    assert undeclared({"x": read_table(text, "x")}) == {"x": ["customer_id"]}


def test_a_person_is_all_their_records_and_nothing_that_a_family_shares(world: World) -> None:
    person = resolve(world.services.warehouse, "C-a2")
    assert person.root == "C-a1"
    assert person.of("customer") == {"C-a1", "C-a2"}
    assert person.of("order") == {"O-1", "O-2"}
    assert person.of("guest") == {"g-1"}
    assert person.of("visitor") == {"v-a"}
    assert person.of("household") == {"H-2"}
    assert person.of("message") == {"m1"}
    assert person.words == {MAIL, NAME}


def test_every_row_and_file_of_the_person_goes_and_no_other(world: World) -> None:
    document = erased(world)
    left = [row for name in ("places", "files") for row in document["report"][name] if row["after"]]
    assert document["report"]["clean"], left
    assert found(world.home) == []
    assert sorted(world.column("SELECT customer_id FROM customers")) == ["C-b1", "C-d1"]
    assert sorted(world.column("SELECT event_id FROM web_events")) == ["e4", "e5"]
    assert world.column("SELECT household_id FROM households") == ["H-1"]
    assert world.column("SELECT definition FROM segments") == ['{"customer": ["C-b1"]}']
    assert sorted(world.column("SELECT order_id FROM orders")) == ["O-1", "O-2", "O-3"]
    assert world.column("SELECT customer_id FROM orders WHERE customer_id IS NOT NULL") == ["C-b1"]
    assert world.column("SELECT line_no FROM order_lines WHERE order_id = 'O-1' AND attributes IS NULL") == [1]
    assert sorted(world.column("SELECT message_id FROM messages")) == ["m1", "m2"]
    assert world.column("SELECT subject FROM messages WHERE subject IS NOT NULL") == ["可那里様"]
    assert world.services.raw.get("drop/notes/visits.txt").decode("cp932") == "2,d@mail.example.jp\n"
    assert (world.home / "exports" / "list.csv").read_text(encoding="utf-8") == "customer_id\nC-b1\n"
    assert world.services.ledger.find(["m1"]) == {}
    assert world.services.permissions.refusals(["C-a1"], Channel.LINE) == {}


STEPS = 110
"""More than there are steps; a kill after the last one kills nothing."""


def _killed_at(world: World, step: int) -> str:
    """Erase until the step of that number begins; its name, "" when there is none."""
    seen: list[str] = []

    def watch(name: str) -> None:
        seen.append(name)
        if len(seen) > step:
            raise Killed

    try:
        erase.erase(world.tools, erase.plan(world.tools, "C-a1", REQUEST), watch)
    except Killed:
        return seen[-1]
    return ""


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((1, 4, 5, 30, 60), id="some"),
        pytest.param(tuple(range(STEPS)), id="all", marks=pytest.mark.heavy),
    ],
)
def test_killed_anywhere_and_run_again_it_completes(
    make: Callable[[], World], world: World, steps: tuple[int, ...]
) -> None:
    del world
    names = [_killed_at(make(), step) for step in steps]
    again = make()
    if names[-1]:
        assert erased(again)["report"]["clean"]
    assert found(again.home) == []
    assert sorted(again.column("SELECT customer_id FROM customers")) == ["C-b1", "C-d1"]
    [log] = again.column("SELECT report FROM erasure_log WHERE clean")
    places = {place["place"]: place["before"] for place in json.loads(log)["report"]["places"]}
    assert places["customers"] == 2


def test_asked_again_nothing_is_held(world: World) -> None:
    erased(world)
    with pytest.raises(LakeError, match="nothing is held"):
        erase.plan(world.tools, "C-a1", REQUEST)
    with pytest.raises(LakeError, match="nothing is held"):
        held(world.tools, "C-a1")


def test_a_tombstone_knows_the_person_and_not_the_family(world: World) -> None:
    from enishi.flow.ingest import tombstones

    erased(world)
    known = tombstones(world.services)
    assert known.recognises(MAIL.upper(), "")
    assert known.recognises("C-a2", "")
    assert not known.recognises("03-1234-5678", "")
    assert not known.recognises("C-b1", "")
    assert erase.lift(world.tools, "C-a2", "came back") == len(known.known)
    assert not tombstones(world.services).recognises(MAIL, "")


def test_a_report_that_was_changed_is_refused(world: World) -> None:
    document = erased(world)
    assert verified(document, "report").key_id
    document["report"]["clean"] = "certainly"
    with pytest.raises(InputError, match="changed after it was signed"):
        verified(document, "report")
    with pytest.raises(InputError, match="no signed report"):
        verified({"report": {}}, "report")
    assert (world.home / "keys" / "erasure.pem").stat().st_mode & 0o777 == 0o600


def test_access_gives_rows_contacts_and_records(world: World) -> None:
    found_places = {place["place"]: place["rows"] for place in held(world.tools, "C-a2")["places"]}
    assert len(found_places["customers"]) == 2
    assert {row["address"] for row in found_places["pii.customer_contacts"]} == {MAIL, "+81312345678"}
    assert [row["order_id"] for row in found_places["orders"]] == ["O-1", "O-2"]
    assert {row["event_id"] for row in found_places["web_events"]} == {"e1", "e2", "e3"}
    assert [row["send_id"] for row in found_places["ledger"]] == ["m1"]
