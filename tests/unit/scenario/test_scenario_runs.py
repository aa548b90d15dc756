"""A whole scenario on the local machine, with the real tasks: who gets what, what a repeat and a resume do."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.clock import ManualClock, from_text
from enishi.errors import LakeError
from enishi.flow.tasks import perform
from enishi.ids import share
from enishi.lake.sql import parse
from enishi.local.machine import Execution, Machine, Status
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.scenario.compile import compile_scenario
from enishi.scenario.library import library
from enishi.settings import Settings
from tests.unit.segment.small_lake import arrow

SHARED = Path(__file__).parents[3] / "scenarios" / "_shared"
SLOT = "2026-11-21T00:00:00Z"
PEOPLE = [f"C{number:02}" for number in range(40)]
MAIL = """\
{% extends "_shared/layouts/mail.html.j2" %}
{% block subject %}お知らせ {{ variant }}{% endblock %}
{% block preheader %}お知らせです{% endblock %}
{% block eyebrow %}お知らせ{% endblock %}
{% block headline %}お知らせ{% endblock %}
{% block content %}<p>こんにちは</p>{% endblock %}
"""
SCENARIO: dict[str, Any] = {
    "title": "通しの試し",
    "purpose": "p",
    "kpi": ["k"],
    "tips": "t",
    "trigger": {"at": "09:00"},
    "target": {"attribute": {"prefecture": "13"}},
    "holdout": "20%",
    "reentry": "never",
    "steps": [
        {"id": "ab", "split": {"A": 50, "B": 50}},
        {
            "id": "who",
            "branch": [
                {"when": {"attribute": {"gender": "female"}}, "name": "women", "steps": [{"wait": "1 day"}]},
                {"when": {"attribute": {"gender": "unknown"}}, "name": "gone", "steps": ["end"]},
                {"otherwise": []},
            ],
        },
        {"id": "notice", "send": {"template": "notice", "channel": "mail"}},
    ],
}


@dataclass
class Shop:
    """A workspace with one scenario and forty customers, thirty of them in its target."""

    settings: Settings

    def services(self, clock: ManualClock) -> Services:
        return local_services(self.settings, clock)

    def run(self, execution: str = "one", tasks: Callable[..., Any] = perform, **given: Any) -> Execution:
        clock = ManualClock(from_text(SLOT))
        services = self.services(clock)
        machine = Machine(lambda name, payload: tasks(services, name, payload), clock, services.work)
        definition = compile_scenario(library(self.settings).load("trial"))
        found = machine.start(definition, execution, {"slot_at": SLOT, **given})
        machine.run()
        return found

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.services(ManualClock(from_text(SLOT))).warehouse.query(parse(text, "test")).to_pylist()

    @property
    def mails(self) -> list[Path]:
        return sorted((self.settings.home / "outbox").rglob("*.eml"))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Of C00-C29 (Tokyo), every third is a woman, every third is of unknown gender; C03 never agreed to mail."""
    folder = tmp_path / "scenarios" / "stage" / "trial"
    (folder / "notice").mkdir(parents=True)
    (folder / "notice" / "mail.html.j2").write_text(MAIL, encoding="utf-8")
    (folder / "scenario.yaml").write_text(yaml.safe_dump(SCENARIO, allow_unicode=True), encoding="utf-8")
    shutil.copytree(SHARED, tmp_path / "scenarios" / "_shared")
    made = Shop(Settings(home=tmp_path / "home", scenarios_path=tmp_path / "scenarios", chunk_size=4))
    genders = ("female", "unknown", "male")
    people = [
        {"customer_id": name, "prefecture": "13" if at < 30 else "27", "gender": genders[at % 3]}
        for at, name in enumerate(PEOPLE)
    ]
    agreed = [
        {"customer_id": name, "changed_at": "2026-01-01 10:00", "evidence": "form"} for name in PEOPLE if name != "C03"
    ]
    contacts = [{"customer_id": name, "channel": "mail", "address": f"{name.lower()}@example.jp"} for name in PEOPLE]
    warehouse = made.services(ManualClock(from_text(SLOT))).warehouse
    warehouse.append("customers", arrow("customers", people))
    warehouse.append("consents", arrow("consents", agreed))
    warehouse.append("customer_contacts", arrow("customer_contacts", contacts))
    return made


def by_status(shop: Shop) -> Counter[str]:
    return Counter(row["status"] for row in shop.rows("SELECT m.status FROM messages AS m"))


def expected() -> dict[str, int]:
    """Worked out by hand: 30 in the target, 10 of them leave; a holdout passes the same guards as everybody."""
    going = [name for at, name in enumerate(PEOPLE[:30]) if at % 3 != 1 and name != "C03"]
    held = sum(share("holdout|trial", name) < 0.2 for name in going)
    return {"sent": len(going) - held, "control": held, "suppressed": 1}


def test_everybody_is_accounted_for(shop: Shop) -> None:
    execution = shop.run()
    assert execution.status is Status.SUCCEEDED, execution.faults
    assert by_status(shop) == expected()
    assert len(shop.mails) == expected()["sent"]
    (run,) = shop.rows("SELECT state, audience, ended_at FROM scenario_runs")
    assert (run["state"], run["audience"], run["ended_at"].isoformat()) == ("finished", 30, "2026-11-22T00:00:00")
    (step,) = shop.rows("SELECT arrivals, lane FROM scenario_steps")
    assert step == {"arrivals": 20, "lane": "all"}


def test_the_split_stands_in_the_messages(shop: Shop) -> None:
    shop.run()
    drawn = {name: "A" if share("split|trial|ab", name) < 0.5 else "B" for name in PEOPLE}
    rows = shop.rows("SELECT m.customer_id, m.variant, m.subject FROM messages AS m WHERE m.status = 'sent'")
    assert {row["customer_id"]: row["variant"] for row in rows} == {
        row["customer_id"]: drawn[row["customer_id"]] for row in rows
    }
    assert {row["subject"] for row in rows} == {"お知らせ A", "お知らせ B"}


def test_arms_meet_after_the_longer_wait(shop: Shop) -> None:
    entered = {entry.state: entry.at for entry in shop.run().trace.entered}
    assert entered["notice prepare"] == from_text("2026-11-22T00:00:00Z")
    assert "who.gone.1 leave" in entered


def test_the_same_slot_again_sends_nothing(shop: Shop) -> None:
    shop.run()
    again = shop.run("two")
    assert (again.status, again.output["go"]) == (Status.SUCCEEDED, "skip")
    assert again.output["note"] == "this slot ran before"
    assert shop.run("one").output["note"] == "this slot ran before"
    assert len(shop.mails) == expected()["sent"]


def test_a_stopped_run_is_resumed_without_a_second_mail(shop: Shop) -> None:
    """The fourth send fails for good: the run is stopped. Resumed, it sends what is left, and nobody gets two."""
    sends = []

    def failing(services: Services, name: str, payload: Any) -> Any:
        sends.append(name)
        if name == "send" and sends.count("send") == 4:
            raise LakeError("the store is away")
        return perform(services, name, payload)

    stopped = shop.run(tasks=failing)
    assert (stopped.status, stopped.error) == (Status.FAILED, "RunStopped")
    assert [type(fault) for _, fault in stopped.faults] == [LakeError]
    (run,) = shop.rows("SELECT state, note FROM scenario_runs")
    assert run == {"state": "stopped", "note": "States.ExceedToleratedFailureThreshold"}
    before = set(shop.mails)
    assert 0 < len(before) < expected()["sent"]

    resumed = shop.run("mended", resume="one")
    assert resumed.status is Status.SUCCEEDED, resumed.faults
    assert before < set(shop.mails)
    assert len(shop.mails) == expected()["sent"]
    assert by_status(shop) == expected()
