"""A merge in the middle of a scenario sends nothing twice, and a split afterwards neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from enishi.clock import ManualClock, to_text
from enishi.consent.caps import frequency_caps
from enishi.decide.recipient import Recipient
from enishi.flow.tasks import perform
from enishi.flow.unify import same, split
from enishi.lake.sql import parse
from enishi.local.services import local_services
from enishi.ports import Channel, Claim, Services, Won
from enishi.settings import Settings
from tests.unit.scenario.conftest import MAIL, SHARED

SLOT = datetime(2026, 11, 20, 3, tzinfo=UTC)

SCENARIO: dict[str, Any] = {
    "title": "二通",
    "trigger": {"at": "12:00"},
    "target": {"everyone": True},
    "holdout": "0%",
    "reentry": {"after": "90 days"},
    "steps": [
        {"id": "first", "send": {"template": "t", "prefer": ["mail"]}},
        {"id": "second", "send": {"template": "t", "prefer": ["mail"]}},
    ],
}


class World:
    """A workspace of one scenario with two mails, and as many records as are added."""

    def __init__(self, folder: Path) -> None:
        library = folder / "scenarios" / "stage" / "trial"
        (library / "t").mkdir(parents=True)
        (library / "t" / "mail.html.j2").write_text(MAIL, encoding="utf-8")
        (library / "scenario.yaml").write_text(yaml.safe_dump(SCENARIO, allow_unicode=True), encoding="utf-8")
        (folder / "scenarios" / "_shared").symlink_to(SHARED)
        self.clock = ManualClock(SLOT)
        settings = Settings(home=folder / "home", scenarios_path=folder / "scenarios", cap_per_day=2)
        self.services: Services = local_services(settings, self.clock)

    def add(self, *records: str) -> None:
        joined = [datetime(2020 + number, 1, 1) for number in range(len(records))]
        active = {"customer_id": records, "registered_at": joined, "status": ["active"] * len(records)}
        self.services.warehouse.upsert("customers", pa.table(active))
        contacts = {
            "customer_id": records,
            "channel": ["mail"] * len(records),
            "address": [f"{record}@example.jp" for record in records],
        }
        self.services.warehouse.upsert("pii.customer_contacts", pa.table(contacts))
        self.consent("opt_in", *records)

    def consent(self, state: str, *records: str) -> None:
        said = {
            "customer_id": records,
            "channel": ["mail"] * len(records),
            "state": [state] * len(records),
            "changed_at": [datetime(2024, 1, 1)] * len(records),
        }
        self.services.warehouse.upsert("consents", pa.table(said))

    def open(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The run of the clock's noon, and its cohort."""
        given = {"scenario": "trial", "slot_at": to_text(self.clock.now()), "execution": "e", "input": {}}
        run = perform(self.services, "open_run", given)["run"]
        return run, perform(self.services, "select", {"run": run, "at": to_text(self.clock.now())})["cohort"]

    def step(self, run: dict[str, Any], step: str, cohort: dict[str, Any]) -> list[Recipient]:
        """Prepare, cut and send a step now; who was in its chunks."""
        place = {"run": run, "step": step, "lane": "all", "at": to_text(self.clock.now())}
        prepared = perform(self.services, "prepare", {**place, "cohort": cohort})
        tasks = {key: place[key] for key in ("run", "step", "lane")}
        cuts = [perform(self.services, "cut", {**tasks, "part": part}) for part in prepared["parts"]]
        manifest = perform(self.services, "manifest", {**tasks, "cuts": cuts})
        people: list[Recipient] = []
        lines = self.services.work.get(manifest["key"]).decode().splitlines() if manifest["chunks"] else []
        for line in lines:
            chunk = yaml.safe_load(line)
            perform(self.services, "send", {**place, "chunk": chunk})
            people += map(Recipient.from_json_line, self.services.work.get(chunk["key"]).decode().splitlines())
        perform(self.services, "close_step", {**place, "arrivals": prepared["arrivals"]})
        return people

    def sent(self) -> list[tuple[str, str]]:
        """(step, record) of every mail that went out."""
        asked = "SELECT step_id, customer_id FROM messages WHERE status = 'sent' ORDER BY step_id, customer_id"
        return [
            (row["step_id"], row["customer_id"]) for row in self.services.warehouse.query(parse(asked, "t")).to_pylist()
        ]

    def reasons(self) -> dict[str, str]:
        asked = parse("SELECT customer_id, reason FROM decisions WHERE reason IS NOT NULL", "t")
        return {row["customer_id"]: row["reason"] for row in self.services.warehouse.query(asked).to_pylist()}

    def later(self, **passed: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**passed))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_who_is_merged_in_mid_scenario_goes_on_once_as_the_survivor(world: World) -> None:
    world.add("older", "newer", "other")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    world.later(days=1)
    same(world.services, "older", "newer", "one household card")
    people = world.step(run, "second", cohort)
    assert {person.customer_id: person.aliases for person in people} == {"older": ("newer",), "other": ()}
    assert world.sent() == [
        ("first", "newer"),
        ("first", "older"),
        ("first", "other"),
        ("second", "older"),
        ("second", "other"),
    ]


def test_the_survivor_does_not_enter_again_for_what_the_absorbed_record_entered(world: World) -> None:
    world.add("newer")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    perform(
        world.services, "close_run", {"run": run, "at": to_text(world.clock.now()), "state": "finished", "note": ""}
    )
    world.later(days=1)
    records = {"customer_id": ["older"], "registered_at": [datetime(2010, 1, 1)], "status": ["active"]}
    world.services.warehouse.upsert("customers", pa.table(records))
    same(world.services, "older", "newer", "the same card")
    _, again = world.open()
    assert again["size"] == 0


def test_after_a_split_the_rest_goes_to_the_record_that_entered_and_nothing_is_repeated(world: World) -> None:
    world.add("older", "newer")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    same(world.services, "older", "newer", "thought to be one")
    world.later(days=1)
    split(world.services, "newer", "two people after all")
    world.step(run, "second", cohort)
    assert world.sent() == [("first", "newer"), ("first", "older"), ("second", "newer"), ("second", "older")]


def test_a_step_that_one_record_got_before_the_merge_is_not_sent_to_the_survivor(world: World) -> None:
    world.add("older", "newer")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    same(world.services, "older", "newer", "one person")
    place = {"run": run, "step": "first", "lane": "evening", "at": to_text(world.clock.now())}
    prepared = perform(world.services, "prepare", {**place, "cohort": cohort})
    assert prepared["arrivals"] == 1
    tasks = {key: place[key] for key in ("run", "step", "lane")}
    cut = perform(world.services, "cut", {**tasks, "part": 0})
    manifest = perform(world.services, "manifest", {**tasks, "cuts": [cut]})
    (line,) = world.services.work.get(manifest["key"]).decode().splitlines()
    assert perform(world.services, "send", {**place, "chunk": yaml.safe_load(line)}).get("accepted", 0) == 0


def test_the_counters_of_an_absorbed_record_count_for_the_person(world: World) -> None:
    world.add("older", "newer")
    day = world.clock.now()
    for number in range(2):
        used = Claim(
            send_id=f"s{number}",
            run_id="R0",
            step_id="x",
            chunk=0,
            customer_id="newer",
            channel=Channel.MAIL,
            expires_at=day + timedelta(minutes=5),
            caps=_caps_of(world, "newer"),
        )
        assert isinstance(world.services.ledger.claim([used], day)[0], Won)
    same(world.services, "older", "newer", "one person")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    assert world.sent() == []
    assert world.reasons() == {"older": "cap_day"}


def test_what_two_records_used_is_counted_together(world: World) -> None:
    world.add("older", "newer")
    at = world.clock.now()
    for record in ("older", "newer"):
        life = at + timedelta(minutes=5)
        used = Claim(f"s-{record}", "R0", "x", 0, record, Channel.MAIL, life, _caps_of(world, record))
        assert isinstance(world.services.ledger.claim([used], at)[0], Won)
    same(world.services, "older", "newer", "one person")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    assert (world.sent(), world.reasons()) == ([], {"older": "cap_day"})


def _caps_of(world: World, record: str) -> Any:
    return frequency_caps(world.services.settings, record, world.clock.now())


def test_a_message_knows_the_value_that_counts_and_after_a_split_each_records_own(world: World) -> None:
    world.add("older", "newer")
    ranked = {"customer_id": ["newer"], "member_rank": ["GOLD"]}
    world.services.warehouse.upsert("customers", pa.table(ranked))
    same(world.services, "older", "newer", "one person")
    run, cohort = world.open()
    assert {person.customer_id: person.rank for person in world.step(run, "first", cohort)} == {"older": "GOLD"}
    split(world.services, "newer", "two people after all")
    assert {person.customer_id: person.rank for person in world.step(run, "second", cohort)} == {"older": ""}


def test_a_refusal_of_any_record_is_the_persons(world: World) -> None:
    world.add("older", "newer")
    world.services.permissions.refuse("newer", Channel.MAIL, "opt_out", datetime(2024, 1, 1, tzinfo=UTC))
    same(world.services, "older", "newer", "one person")
    run, cohort = world.open()
    world.step(run, "first", cohort)
    assert world.sent() == []
    assert world.reasons() == {"older": "opt_out"}
