"""The tasks of a run on a small lake: who is selected, who takes which arm, and that a repeat changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.clock import ManualClock, from_text
from enishi.errors import NotSupportedError, RunError
from enishi.flow.tasks import perform
from enishi.ids import share
from enishi.lake.sql import parse
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings
from tests.unit.segment.small_lake import arrow

SLOT = "2026-11-21T00:00:00Z"
PEOPLE = [f"C{number:03}" for number in range(200)]

SCENARIO: dict[str, Any] = {
    "title": "試し",
    "trigger": {"at": "09:00"},
    "target": {"attribute": {"prefecture": "13"}},
    "holdout": "20%",
    "reentry": {"after": "7 days"},
    "steps": [
        {"wait": {"until": "18:00"}},
        {
            "branch": [
                {
                    "when": {"attribute": {"gender": "female"}},
                    "steps": [{"id": "noon", "wait": {"day": 2, "at": "12:00"}}],
                },
                {"otherwise": []},
            ]
        },
        {"id": "ab", "split": {"A": 30, "B": 70}},
        {"id": "best", "send": {"template": "notice", "channel": "mail", "hour": "best"}},
    ],
}


@dataclass
class World:
    """A workspace of one scenario, and its clock."""

    services: Services
    clock: ManualClock
    scenarios: Path

    def write(self, **changes: Any) -> None:
        path = self.scenarios / "stage" / "trial" / "scenario.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({**SCENARIO, **changes}, allow_unicode=True), encoding="utf-8")

    def perform(self, name: str, **payload: Any) -> dict[str, Any]:
        return perform(self.services, name, payload)

    def open(self, slot: str = SLOT, execution: str = "first", **given: Any) -> dict[str, Any]:
        self.clock.move_to(from_text(slot))
        return self.perform("open_run", scenario="trial", slot_at=slot, execution=execution, input=given)

    def select(self, slot: str = SLOT) -> tuple[dict[str, Any], dict[str, Any]]:
        opened = self.open(slot, execution=slot)
        cohort = self.perform("select", run=opened["run"], at=opened["at"])["cohort"]
        return opened["run"], cohort

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.services.warehouse.query(parse(text, "test")).to_pylist()

    def members(self, cohort: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for ref in cohort["refs"]:
            where = f"w.cohort_id = '{ref['id']}' AND w.arm = '{ref['arm']}'"
            found += self.rows(f"SELECT * FROM work.cohorts AS w WHERE {where}")  # noqa: S608 - ids of our own
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    """200 customers: every second one lives in Tokyo (13); of these every second one is a woman."""
    settings = Settings(home=tmp_path / "home", scenarios_path=tmp_path / "scenarios")
    clock = ManualClock(from_text("2026-11-20T00:00:00Z"))
    made = World(local_services(settings, clock), clock, tmp_path / "scenarios")
    made.write()
    people = [
        {
            "customer_id": name,
            "prefecture": "13" if at % 2 == 0 else "27",
            "gender": "female" if at % 4 == 0 else "male",
        }
        for at, name in enumerate(PEOPLE)
    ]
    made.services.warehouse.append("customers", arrow("customers", people))
    return made


def test_a_slot_opens_once(world: World) -> None:
    opened = world.open()
    assert (opened["go"], opened["at"], opened["note"]) == ("start", SLOT, "")
    assert opened["run"]["from"] == "2026-11-20T00:00:00Z"
    assert world.open() == opened
    assert world.open(execution="second")["note"] == "another execution has this run"
    rows = world.rows("SELECT run_id, scenario_id, state, slot_date FROM scenario_runs")
    assert [(row["run_id"], row["scenario_id"], row["state"], str(row["slot_date"])) for row in rows] == [
        (opened["run"]["id"], "trial", "running", "2026-11-21")
    ]


def test_a_late_slot_is_skipped_and_reported(world: World) -> None:
    world.clock.move_to(from_text("2026-11-21T07:00:00Z"))
    opened = world.open()
    assert (opened["go"], opened["note"]) == ("skip", "the slot came 420 minutes late")
    assert world.open() == opened
    rows = world.rows("SELECT state, note, audience FROM scenario_runs")
    assert rows == [{"state": "skipped_late", "note": "the slot came 420 minutes late", "audience": 0}]


def test_a_started_run_may_be_resumed_late(world: World) -> None:
    world.open()
    world.clock.move_to(from_text("2026-11-25T00:00:00Z"))
    assert world.open()["go"] == "start"


def test_a_stopped_run_goes_on_under_the_name_of_its_owner(world: World) -> None:
    opened = world.open(execution="first")
    world.perform("close_run", run=opened["run"], at=SLOT, state="stopped", note="LakeError")
    assert world.rows("SELECT state, note FROM scenario_runs") == [{"state": "stopped", "note": "LakeError"}]
    assert world.open(execution="second", resume="first")["go"] == "start"
    assert world.rows("SELECT state, note FROM scenario_runs") == [{"state": "running", "note": ""}]


def test_a_finished_run_does_not_start_again(world: World) -> None:
    opened = world.open()
    world.perform("close_run", run=opened["run"], at="2026-11-21T05:00:00Z", state="finished")
    assert world.open()["note"] == "this slot ran before"
    (row,) = world.rows("SELECT state, ended_at FROM scenario_runs")
    assert (row["state"], row["ended_at"].isoformat()) == ("finished", "2026-11-21T05:00:00")


def test_a_manual_scenario_waits_for_approval(world: World) -> None:
    world.write(trigger="manual")
    assert world.open()["note"] == "not approved"
    assert world.rows("SELECT * FROM scenario_runs") == []
    assert world.open(approved=True)["go"] == "start"


def test_a_data_change_reaches_back_to_the_run_before(world: World) -> None:
    world.write(trigger={"table": "price_history"})
    assert world.open("2026-11-21T03:10:00Z")["run"]["from"] == "2026-11-20T03:10:00Z"
    assert world.open("2026-11-21T05:30:00Z")["run"]["from"] == "2026-11-21T03:10:00Z"


def test_a_version_is_kept_as_it_was(world: World) -> None:
    run = world.open()["run"]
    before = world.perform("wait", run=run, step="s1", at=SLOT)
    world.write(steps=[{"id": "s1", "wait": "5 days"}, *SCENARIO["steps"][1:]])
    assert world.perform("wait", run=run, step="s1", at=SLOT) == before == {"until": "2026-11-21T09:00:00Z"}
    assert world.open()["run"]["version"] != run["version"]


def test_the_audience_is_written_once(world: World) -> None:
    run, cohort = world.select()
    members = world.members(cohort)
    assert cohort == {"refs": [{"id": run["id"], "arm": "all"}], "size": 100}
    assert {row["customer_id"] for row in members} == set(PEOPLE[::2])
    drawn = {name for name in PEOPLE[::2] if share("holdout|trial", name) < 0.2}
    assert {row["customer_id"] for row in members if row["holdout"]} == drawn
    assert 5 < len(drawn) < 40
    world.services.warehouse.append("customers", arrow("customers", [{"customer_id": "NEW", "prefecture": "13"}]))
    assert world.perform("select", run=run, at=SLOT)["cohort"] == cohort
    (row,) = world.rows("SELECT audience, state FROM scenario_runs")
    assert row == {"audience": 100, "state": "running"}


def test_capacity_takes_the_same_people_every_time(world: World) -> None:
    world.write(capacity=10, reentry="always")
    _, cohort = world.select()
    expected = sorted(PEOPLE[::2], key=lambda name: share("capacity|trial", name))[:10]
    assert sorted(row["customer_id"] for row in world.members(cohort)) == sorted(expected)


def decided(run: str, customer: str, day: str) -> dict[str, Any]:
    return {
        "run_id": run,
        "step_id": "best",
        "scenario_id": "trial",
        "customer_id": customer,
        "decided_at": f"{day} 10:00",
        "decided_date": day,
    }


def ran(run: str, day: str, scenario: str = "trial") -> dict[str, Any]:
    return {"run_id": run, "scenario_id": scenario, "slot_at": f"{day} 09:00", "slot_date": day, "state": "finished"}


def test_re_entry_is_counted_from_the_slot(world: World) -> None:
    runs = [ran("R1", "2026-11-16"), ran("R2", "2026-11-10"), ran("R3", "2026-11-20", "other")]
    told = [
        decided("R1", "C000", "2026-11-16"),
        decided("R2", "C002", "2026-11-20"),
        decided("R3", "C004", "2026-11-20"),
    ]
    world.services.warehouse.append("scenario_runs", arrow("scenario_runs", runs))
    told[2]["scenario_id"] = "other"
    world.services.warehouse.append("decisions", arrow("decisions", told))
    _, cohort = world.select()
    entered = {row["customer_id"] for row in world.members(cohort)}
    assert set(PEOPLE[::2]) - entered == {"C000"}


def test_who_is_still_inside_does_not_enter_again(world: World) -> None:
    world.select("2026-11-21T00:00:00Z")
    assert world.select("2026-11-22T00:00:00Z")[1] == {"refs": [], "size": 0}
    assert world.select("2026-11-29T00:00:00Z")[1]["size"] == 100


def test_never_and_always(world: World) -> None:
    world.write(reentry="always")
    assert [world.select(f"2026-11-2{day}T00:00:00Z")[1]["size"] for day in (1, 2)] == [100, 100]
    world.write(reentry="never")
    assert world.select("2026-12-25T00:00:00Z")[1]["size"] == 0


def test_a_branch_parts_the_cohort(world: World) -> None:
    run, cohort = world.select()
    arms = world.perform("branch", run=run, step="s2", at=SLOT, cohort=cohort)["arms"]
    assert {name: arm["size"] for name, arm in arms.items()} == {"a": 50, "otherwise": 50}
    assert {row["customer_id"] for row in world.members(arms["a"])} == set(PEOPLE[::4])
    assert world.perform("branch", run=run, step="s2", at=SLOT, cohort=cohort)["arms"] == arms


def test_a_merged_person_is_asked_as_the_survivor(world: World) -> None:
    run, cohort = world.select()
    merged = [{"customer_id": "C002", "status": "merged", "merged_into": "C000"}]
    world.services.warehouse.upsert(
        "customers", arrow("customers", merged).select(["customer_id", "status", "merged_into"])
    )
    arms = world.perform("branch", run=run, step="s2", at=SLOT, cohort=cohort)["arms"]
    assert "C002" in {row["customer_id"] for row in world.members(arms["a"])}


def test_a_split_is_stable_and_names_the_variant(world: World) -> None:
    run, cohort = world.select()
    arms = world.perform("split", run=run, step="ab", at=SLOT, cohort=cohort)["arms"]
    in_a = {name for name in PEOPLE[::2] if share("split|trial|ab", name) < 0.3}
    assert {row["customer_id"] for row in world.members(arms["A"])} == in_a
    assert arms["A"]["size"] + arms["B"]["size"] == 100
    assert {row["variant"] for row in world.members(arms["B"])} == {"B"}
    parted = world.perform("branch", run=run, step="s2", at=SLOT, cohort=arms["A"])["arms"]
    assert {row["variant"] for row in world.members(parted["a"])} == {"A"}


def test_arms_meet_with_everybody_who_goes_on(world: World) -> None:
    run, cohort = world.select()
    arms = world.perform("branch", run=run, step="s2", at=SLOT, cohort=cohort)["arms"]
    nobody = {"refs": [], "size": 0}
    ends = [
        {"at": "2026-11-23T03:00:00Z", "cohort": arms["a"]},
        {"at": SLOT, "cohort": arms["otherwise"]},
        {"at": "2027-01-01T00:00:00Z", "cohort": nobody},
    ]
    met = world.perform("join", run=run, step="s2", ends=ends)
    assert met["at"] == "2026-11-23T03:00:00Z"
    assert {row["customer_id"] for row in world.members(met["cohort"])} == set(PEOPLE[::2])
    again = world.perform("split", run=run, step="ab", at=met["at"], cohort=met["cohort"])["arms"]
    assert sum(arm["size"] for arm in again.values()) == 100


def test_nobody_takes_no_arm(world: World) -> None:
    run, _ = world.select()
    nobody = {"refs": [], "size": 0}
    assert world.perform("branch", run=run, step="s2", at=SLOT, cohort=nobody)["arms"] == {
        "a": nobody,
        "otherwise": nobody,
    }
    assert world.perform("lanes", run=run, step="best", at=SLOT, cohort=nobody) == {"lanes": [], "at": SLOT}


@pytest.mark.parametrize(
    ("step", "at", "until"),
    [
        ("s1", "2026-11-21T08:59:00Z", "2026-11-21T09:00:00Z"),
        ("s1", "2026-11-21T09:00:00Z", "2026-11-21T09:00:00Z"),
        ("s1", "2026-11-21T09:00:01Z", "2026-11-22T09:00:00Z"),
        ("noon", "2026-11-21T01:00:00Z", "2026-11-23T03:00:00Z"),
        ("noon", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ],
)
def test_waits_end_by_the_clock_of_the_shop(world: World, step: str, at: str, until: str) -> None:
    run = world.open()["run"]
    assert world.perform("wait", run=run, step=step, at=at) == {"until": until}


def test_lanes_are_each_persons_own_hours(world: World) -> None:
    """C000 clicks at 20, C004 buys online at 7, which is still quiet, C008 opens at 12 once and buys at 9 twice;
    a machine's opens count for nobody. Everybody else takes the hour that weighs most: 20."""
    world.services.warehouse.append(
        "messages",
        arrow(
            "messages",
            [
                {"message_id": f"M{c}", "customer_id": c, "sent_at": "2026-11-01 10:00"}
                for c in ("C000", "C008", "C012")
            ],
        ),
    )
    events = [
        {"event_id": "1", "message_id": "MC000", "event_type": "click", "event_at": "2026-11-02 20:15"},
        {"event_id": "2", "message_id": "MC000", "event_type": "click", "event_at": "2026-11-03 20:45"},
        {"event_id": "3", "message_id": "MC008", "event_type": "open", "event_at": "2026-11-02 12:00"},
        {
            "event_id": "4",
            "message_id": "MC012",
            "event_type": "open",
            "event_at": "2026-11-02 15:00",
            "is_machine": True,
        },
    ]
    world.services.warehouse.append("message_events", arrow("message_events", events))
    bought = [
        ("O1", "C004", "2026-11-05 07:30"),
        ("O2", "C008", "2026-11-05 09:10"),
        ("O3", "C008", "2026-11-06 09:50"),
        ("O4", "C008", "2026-11-07 09:50"),
    ]
    orders = [{"order_id": order, "customer_id": who, "ordered_at": at, "channel": "ec"} for order, who, at in bought]
    world.services.warehouse.append("orders", arrow("orders", orders))
    run, cohort = world.select()
    answer = world.perform("lanes", run=run, step="best", at="2026-11-21T03:30:00Z", cohort=cohort)
    assert [(lane["lane"], lane["at"], lane["cohort"]["size"]) for lane in answer["lanes"]] == [
        ("20", "2026-11-21T11:00:00Z", 99),
        ("09", "2026-11-22T00:00:00Z", 1),
    ]
    assert answer["at"] == "2026-11-22T00:00:00Z"
    assert [row["customer_id"] for row in world.members(answer["lanes"][1]["cohort"])] == ["C008"]


def test_without_any_habit_the_present_hour_is_taken(world: World) -> None:
    run, cohort = world.select()
    answer = world.perform("lanes", run=run, step="best", at="2026-11-21T03:30:00Z", cohort=cohort)
    assert [(lane["lane"], lane["at"]) for lane in answer["lanes"]] == [("12", "2026-11-21T03:30:00Z")]
    assert Counter(row["arm"] for row in world.members(answer["lanes"][0]["cohort"])) == {"12": 100}


def test_a_payload_that_is_none_is_named_without_its_values(world: World) -> None:
    with pytest.raises(RunError, match=r"task wait: run\.slot_at does not hold") as caught:
        world.perform(
            "wait",
            run={"id": "R1", "scenario": "x", "version": "v", "slot_at": "taro@example.jp", "from": SLOT},
            step="s1",
            at=SLOT,
        )
    assert "taro" not in str(caught.value)


def test_an_unknown_task_is_refused(world: World) -> None:
    with pytest.raises(NotSupportedError, match="there is no task 'sned'"):
        world.perform("sned")
