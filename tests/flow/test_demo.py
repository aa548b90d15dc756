"""The whole loop as a user runs it: the demo's command, twice, and the README's commands after it."""

from __future__ import annotations

import email
import email.policy
import json
import re
import shlex
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from enishi.cli.main import app
from enishi.flow.prepare import Payload, step_query
from enishi.lake.sql import parse
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import from_environment

REPOSITORY = Path(__file__).parents[2]
ENISHI = Path(sys.executable).with_name("enishi")
MEMBERS = "600"


def demo(home: Path, *arguments: str) -> str:
    """What the installed command says: the demo is a process of its own."""
    words = [str(ENISHI), "--home", str(home), "demo", "--members", MEMBERS, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


def called(home: Path, *arguments: str) -> str:
    """What a command of the same program says, without the start of a process."""
    done = CliRunner().invoke(app, ["--home", str(home), *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def answer(home: Path, *arguments: str) -> Any:
    return json.loads(called(home, *arguments))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def first(home: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(demo(home, "--format", "json"))
    return summary


def test_every_message_is_a_file_and_three_channels_are_used(home: Path, first: dict[str, Any]) -> None:
    files = [path for path in (home / "outbox").rglob("*") if path.suffix in {".eml", ".json"}]
    assert len(files) == first["messages"] == first["sent_now"] > 100
    assert set(first["channels"]) == {"mail", "line", "push"}


def test_nobody_is_lost_or_doubled(home: Path, first: dict[str, Any]) -> None:
    balance = first["balance"]
    outcomes = ("accepted", "refused", "suppressed", "unknown", "holdout", "quarantined")
    assert first["duplicates"] == 0
    assert balance["arrivals"] == sum(balance[name] for name in outcomes)
    assert balance["accepted"] == first["messages"]
    for step in answer(home, "results", "--balance", "--format", "json"):
        assert step["arrivals"] == sum(step[name] for name in outcomes), step["step_id"]


def test_all_seven_scenarios_ran(home: Path, first: dict[str, Any]) -> None:
    assert first["runs_failed"] == []
    ran = {row["scenario"] for row in answer(home, "results", "--format", "json")}
    assert len(ran) == 7


def test_a_mail_is_what_the_law_and_a_reader_expect(home: Path, first: dict[str, Any]) -> None:
    assert first["messages"]
    for path in (home / "outbox").rglob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        page = message.get_body(("html",))
        assert page is not None
        text = page.get_content()
        assert "えにし電器株式会社" in text
        assert "配信を停止" in text
        assert "{{" not in text
        assert "undefined" not in text.lower()


def test_reactions_landed_and_the_report_stands_alone(home: Path, first: dict[str, Any]) -> None:
    delivered = answer(
        home, "--format", "json", "sql", "SELECT count(*) AS n FROM message_events WHERE event_type = 'delivered'"
    )
    assert delivered[0]["n"] > 0.9 * first["messages"]
    page = (home / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 7
    assert not re.search(r'(src|href)="https?://', page)


def test_the_second_run_sends_nothing_and_says_so(home: Path, first: dict[str, Any]) -> None:
    assert "Nothing was sent again" in demo(home)
    files = [path for path in (home / "outbox").rglob("*") if path.suffix in {".eml", ".json"}]
    assert len(files) == first["messages"]


def steps_of(services: Services) -> list[Payload]:
    """Every step that a run came to, over the run's whole audience."""
    asked = "SELECT r.run_id, r.scenario_id, r.scenario_version, r.slot_at, r.audience, s.step_id, s.entered_at"
    joined = " FROM scenario_runs AS r JOIN scenario_steps AS s ON s.run_id = r.run_id ORDER BY 1, 6"
    rows = services.warehouse.query(parse(asked + joined, "test")).to_pylist()
    latest = {(row["scenario_id"], row["step_id"]): row for row in rows}
    return [_payload(row) for row in latest.values()]


def _payload(row: dict[str, Any]) -> Payload:
    slot = row["slot_at"].replace(tzinfo=UTC)
    run = {"id": row["run_id"], "scenario": row["scenario_id"], "version": row["scenario_version"]}
    cohort = {"refs": [{"id": row["run_id"], "arm": "all"}], "size": row["audience"]}
    times = {"slot_at": slot, "from": slot - timedelta(days=1)}
    step = {"step": row["step_id"], "lane": "all", "at": row["entered_at"].replace(tzinfo=UTC)}
    return Payload.model_validate({"run": {**run, **times}, "cohort": cohort, **step})


def test_a_step_finds_the_same_when_views_read_its_people_only(home: Path, first: dict[str, Any]) -> None:
    assert first["messages"]
    services = local_services(from_environment(home=home))
    narrowed, people = 0, 0
    for payload in steps_of(services):
        queries = [step_query(services, payload, narrow=narrow) for narrow in (True, False)]
        narrowed += queries[0] != queries[1]
        found, whole = (services.warehouse.query(query).sort_by("customer_id") for query in queries)
        people += found.num_rows
        assert found.equals(whole), (payload.run.scenario, payload.step)
    assert narrowed >= 5
    assert people > 100


def commands_of(page: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    lines = re.findall(r"^\$ \.venv/bin/(enishi .*)$", text, re.MULTILINE)
    return [line for line in lines if " demo" not in line]


@pytest.mark.parametrize("command", dict.fromkeys([*commands_of("README.md"), *commands_of("README.ja.md")]))
def test_the_readmes_commands_run(command: str, home: Path, first: dict[str, Any]) -> None:
    assert first["messages"]
    assert called(home, *shlex.split(command)[1:]).strip()


def test_the_core_system_gets_its_files(home: Path, first: dict[str, Any]) -> None:
    """Every message of a person with a store number is one fixed record; the same again is none."""
    assert first["messages"]
    [history] = answer(home, "writeback", "run", "contact_history", "--format", "json")
    intended = answer(home, "sql", "SELECT count(*) AS n FROM messages", "--format", "json")[0]["n"]
    assert history["rows"] + history["without_number"] == intended
    content = (home / "exports" / history["file"]).read_bytes()
    head, *records, trailer, end = content.split(b"\r\n")
    assert (head[:1], end, int(trailer[1:])) == (b"H", b"", history["rows"])
    assert {len(record) for record in records} == {100}
    assert (home / "exports" / "contact_history" / history["file"].rpartition("/")[2].replace(".DAT", ".END")).is_file()
    [again] = answer(home, "writeback", "run", "contact_history", "--format", "json")
    assert again["rows"] == 0
    [same] = answer(home, "writeback", "run", "contact_history", "--again", history["run"], "--format", "json")
    assert (same["same"], same["sha256"]) == (True, history["sha256"])


def test_reactions_go_back_in_the_online_shops_numbers(home: Path, first: dict[str, Any]) -> None:
    assert first["messages"]
    [report] = answer(home, "writeback", "run", "reactions", "--format", "json")
    lines = (home / "exports" / report["file"]).read_text("utf-8").splitlines()
    assert lines[0] == '"account_id","reacted_at","reaction","channel","scenario","message_id","times"'
    assert len(lines) - 1 == report["rows"] > 0
    [members] = answer(home, "writeback", "run", "vip_members", "--format", "json")
    text = (home / "exports" / members["file"]).read_bytes().decode("cp932")
    assert text.startswith("会員番号,抽出日,リスト名\r\n")
