"""The whole loop as a user runs it: the demo's command, twice, and the README's commands after it."""

from __future__ import annotations

import email
import email.policy
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
ENISHI = Path(sys.executable).with_name("enishi")
MEMBERS = "600"


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ENISHI), "--home", str(home), *arguments], capture_output=True, text=True, check=False, timeout=280
    )


def answer(home: Path, *arguments: str) -> Any:
    done = run(home, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def first(home: Path) -> dict[str, Any]:
    summary: dict[str, Any] = answer(home, "demo", "--members", MEMBERS, "--format", "json")
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
    again = run(home, "demo", "--members", MEMBERS)
    assert again.returncode == 0, again.stderr
    assert "Nothing was sent again" in again.stdout
    files = [path for path in (home / "outbox").rglob("*") if path.suffix in {".eml", ".json"}]
    assert len(files) == first["messages"]


def commands_of(page: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    lines = re.findall(r"^\$ \.venv/bin/(enishi .*)$", text, re.MULTILINE)
    return [line for line in lines if " demo" not in line]


@pytest.mark.parametrize("command", [*commands_of("README.md"), *commands_of("README.ja.md")])
def test_the_readmes_commands_run(command: str, home: Path, first: dict[str, Any]) -> None:
    assert first["messages"]
    done = run(home, *shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
