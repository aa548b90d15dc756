"""A step made ready: who is inside, what they agreed to, one address a channel, blocks; parts, chunks, manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.clock import ManualClock, from_text
from enishi.decide.recipient import Recipient
from enishi.errors import RunError
from enishi.flow.prepare import Payload, step_query
from enishi.flow.tasks import perform
from enishi.lake.sql import lint, parse
from enishi.local.services import local_services
from enishi.ports import Channel, Services
from enishi.settings import Settings
from tests.unit.scenario.conftest import MAIL, SHARED
from tests.unit.segment.small_lake import Lake

SLOT = "2026-11-21T00:00:00Z"
LATER = "2026-11-21T03:00:00Z"

SCENARIO: dict[str, Any] = {
    "title": "試し",
    "trigger": {"at": "09:00"},
    "target": {"everyone": True},
    "holdout": "0%",
    "reentry": "always",
    "exit": [{"purchase": {"of": {"product": "tv"}}}],
    "goal": {"purchase": {"at_least": 1}, "within": "7 days"},
    "steps": [{"id": "first", "send": {"template": "t", "prefer": ["mail", "line"], "requires": ["items"]}}],
    "offer": {"items": {"from": "cart"}, "never_shown": {"from": "ranking"}},
}

TABLES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "prepare" / "people.yaml").read_text("utf-8"))


@dataclass
class World:
    """A workspace with one scenario whose run has selected everybody at 9 o'clock in Tokyo; the step is at noon."""

    services: Services
    step: dict[str, Any]

    def task(self, name: str, **more: Any) -> dict[str, Any]:
        common = {key: self.step[key] for key in ("run", "step", "lane")}
        return perform(self.services, name, {**common, **more})

    def prepare(self) -> dict[str, Any]:
        return self.task("prepare", at=LATER, cohort=self.step["cohort"])

    def cut(self) -> list[dict[str, Any]]:
        return [self.task("cut", part=part) for part in self.prepare()["parts"]]

    def people(self) -> dict[str, Recipient]:
        manifest = self.task("manifest", cuts=self.cut())
        chunks = [json.loads(line) for line in self.services.work.get(manifest["key"]).decode().splitlines()]
        lines = [line for chunk in chunks for line in self.services.work.get(chunk["key"]).decode().splitlines()]
        found = [Recipient.from_json_line(line) for line in lines]
        assert len(found) == len({person.customer_id for person in found})
        return {person.customer_id: person for person in found}


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "scenarios" / "stage" / "trial"
    (folder / "t").mkdir(parents=True)
    (folder / "t" / "mail.html.j2").write_text(
        MAIL.replace("<p>こんにちは", "<p>{{ items[0].name }}"), encoding="utf-8"
    )
    (folder / "t" / "line.json.j2").write_text('[{"type": "text", "text": "{{ items[0].name }}"}]', encoding="utf-8")
    (folder / "scenario.yaml").write_text(yaml.safe_dump(SCENARIO, allow_unicode=True), encoding="utf-8")
    (tmp_path / "scenarios" / "_shared").symlink_to(SHARED)
    settings = Settings(home=tmp_path / "home", scenarios_path=tmp_path / "scenarios", chunk_size=3)
    services = local_services(settings, ManualClock(from_text(SLOT)))
    Lake(services.warehouse).fill(TABLES)  # type: ignore[arg-type]  # the local one
    given = {"scenario": "trial", "slot_at": SLOT, "execution": "first", "input": {}}
    opened = perform(services, "open_run", given)
    selected = perform(services, "select", {"run": opened["run"], "at": opened["at"]})
    return World(services, {"run": opened["run"], "step": "first", "lane": "all", "cohort": selected["cohort"]})


def test_everybody_of_the_cohort_arrives_once(world: World) -> None:
    assert world.prepare() == {"parts": [0], "arrivals": 4}
    assert set(world.people()) == {"aya", "ben", "cho", "dai"}


def test_a_merged_person_has_one_address_a_channel_the_one_proven_last(world: World) -> None:
    aya = world.people()["aya"]
    assert aya.contacts == {Channel.MAIL: "a2@x.example", Channel.LINE: "U1"}
    assert (aya.display_name, aya.rank, aya.zone, aya.locale) == ("ヤマダ", "GOLD", "Asia/Tokyo", "ja")


def test_the_latest_consent_of_the_person_counts_as_of_the_moment(world: World) -> None:
    people = world.people()
    assert people["aya"].consents == {Channel.MAIL: True}
    assert people["ben"].consents == {Channel.LINE: False}
    assert people["cho"].consents == {}


def test_only_channels_of_the_step_are_carried(world: World) -> None:
    ben = world.people()["ben"]
    assert ben.contacts == {Channel.LINE: "U2"}
    assert (ben.zone, ben.locale, ben.display_name) == ("America/New_York", "en", "べん")


def test_exit_and_goal_look_back_to_the_slot_and_not_beyond_the_moment(world: World) -> None:
    people = world.people()
    assert {name: (person.exited, person.goal_reached) for name, person in people.items()} == {
        "aya": (None, False),
        "ben": (None, False),
        "cho": ("purchase", True),
        "dai": (None, True),
    }


def test_blocks_are_plain_values_and_only_those_that_the_step_shows(world: World) -> None:
    people = world.people()
    assert people["ben"].blocks == {"items": []}
    ink = {"product_id": "ink", "name": "インク", "category": "インク", "brand": "", "price": 980.5, "was": None}
    assert people["aya"].blocks == {"items": [{**ink, "quantity": 1}]}


def test_chunks_have_at_most_chunk_size_people_and_a_manifest_names_each(world: World) -> None:
    cuts = world.cut()
    assert cuts == [{"part": 0, "chunks": 2}]
    manifest = world.task("manifest", cuts=cuts)
    lines = [json.loads(line) for line in world.services.work.get(manifest["key"]).decode().splitlines()]
    folder = f"chunks/{world.step['run']['id']}/first/all"
    expected = [{"number": n, "key": f"{folder}/{n:08d}.jsonl"} for n in (0, 1)]
    assert (manifest["chunks"], lines) == (2, expected)
    assert [len(world.services.work.get(line["key"]).splitlines()) for line in lines] == [3, 1]


def test_a_repeat_changes_nothing_even_when_the_lake_has_moved_on(world: World) -> None:
    prepared, people = world.prepare(), world.people()
    Lake(world.services.warehouse).fill(  # type: ignore[arg-type]
        {"purchases": [{"id": "late", "by": "aya", "at": "2026-11-21 11:00", "lines": [["tv", 1, 50000]]}]}
    )
    assert world.prepare() == prepared
    assert world.people() == people


def test_nobody_left_is_no_part(world: World) -> None:
    world.step["cohort"] = {"refs": [], "size": 0}
    assert world.prepare() == {"parts": [], "arrivals": 0}
    assert world.task("manifest", cuts=[])["chunks"] == 0


def test_a_step_that_sends_nothing_is_refused(world: World) -> None:
    world.step["step"] = "nothing"
    with pytest.raises(RunError, match="there is no send step nothing"):
        world.prepare()


def test_someone_who_is_no_member_any_more_has_left(world: World) -> None:
    merged = parse("SELECT 'aya' AS customer_id, 'blocked' AS status", "test")
    world.services.warehouse.upsert("customers", merged)
    assert world.people()["aya"].exited == "not_a_member"


def test_the_query_is_proven_on_both_engines(world: World) -> None:
    payload = Payload.model_validate({**world.step, "at": LATER})
    assert list(lint(step_query(world.services, payload))) == []


def test_recipient_lines_are_read_back(world: World) -> None:
    for person in world.people().values():
        assert Recipient.from_json_line(person.to_json_line()) == person
        assert "@" not in repr(person)
