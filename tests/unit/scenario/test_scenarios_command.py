"""The command, as a person and a script use it."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from enishi.cli.context import Session
from enishi.cli.scenarios import app
from enishi.errors import NotSupportedError, ScenarioError
from enishi.scenario import asl
from enishi.settings import Settings


@pytest.fixture
def enishi(tmp_path: Path, base: str, written: Any) -> Any:
    """Call `enishi scenarios …` on a library of one scenario."""
    written(base)
    root = typer.Typer()

    @root.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=tmp_path / "home", scenarios_path=tmp_path))

    root.add_typer(app, name="scenarios")
    return lambda *words: CliRunner().invoke(root, ["scenarios", *words])


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_list_names_every_scenario(enishi: Any) -> None:
    (row,) = answer(enishi("list", "--format", "json"))
    assert (row["id"], row["stage"], row["title"], row["steps"]) == ("welcome", "research", "カート放棄", 6)
    assert row["starts"] == "cart_abandoned, gathered over 1 hour"


def test_show_reads_the_steps_back(enishi: Any) -> None:
    shown = enishi("show", "welcome", "--format", "csv").stdout
    assert "s1,wait 1 hour" in shown
    assert 's4,"send again by mail, at each person\'s best hour, only with items"' in shown
    assert answer(enishi("show", "welcome", "--format", "json"))["holdout"] == "10%"
    assert "購入直前で離れた人に戻ってもらう" in enishi("show", "welcome").stdout


def test_lint_is_silent_when_all_is_well(enishi: Any) -> None:
    assert answer(enishi("lint", "--format", "json")) == []


def test_lint_says_everything_and_fails(enishi: Any, base: str, written: Any) -> None:
    written(base.replace("template: again", "template: agian").replace("holdout: 10%", "holdout: 80%"))
    result = enishi("lint", "welcome", "--format", "json")
    assert isinstance(result.exception, ScenarioError)
    assert [finding["rule"] for finding in json.loads(result.stdout)] == ["template-missing", "holdout"]


def test_lint_tells_of_a_file_that_cannot_be_read(enishi: Any, base: str, tmp_path: Path) -> None:
    (tmp_path / "research" / "welcome" / "scenario.yaml").write_text(base + "holdot: 1\n", encoding="utf-8")
    (finding,) = json.loads(enishi("lint", "--format", "json").stdout)
    assert (finding["rule"], finding["where"]) == ("language", "research/welcome/scenario.yaml:27")


def test_compile_prints_a_definition(enishi: Any) -> None:
    assert asl.findings(answer(enishi("compile", "welcome"))) == []


def test_new_copies_a_scenario(enishi: Any) -> None:
    assert enishi("new", "mine", "--from", "welcome", "--title", "うちの").exit_code == 0
    assert [row["title"] for row in answer(enishi("list", "--format", "json"))] == ["うちの", "カート放棄"]
    assert isinstance(enishi("new", "mine", "--from", "welcome").exception, ScenarioError)


def test_run_sends_nothing_to_nobody(enishi: Any) -> None:
    words = ("run", "welcome", "--slot", "2026-11-21 10:00", "--format", "json")
    assert answer(enishi(*words)) == []
    assert "this slot ran before" in enishi(*words[:-2]).stdout


@pytest.mark.parametrize("command", ["replay"])
def test_what_is_not_there_yet_is_said(enishi: Any, command: str) -> None:
    assert isinstance(enishi(command, "welcome").exception, NotSupportedError)


def test_preview_shows_a_message_with_made_up_blocks(enishi: Any, tmp_path: Path) -> None:
    out = tmp_path / "mail.html"
    result = enishi("preview", "welcome", "--step", "s4", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "こんにちは" in result.stdout
    assert "<title>こんにちは</title>" in out.read_text("utf-8")


def test_lint_names_the_line_of_a_template(enishi: Any, tmp_path: Path) -> None:
    template = tmp_path / "research" / "welcome" / "again" / "mail.html.j2"
    template.write_text(
        template.read_text("utf-8").replace("<p>こんにちは", "<p>{{ itmes[0].name }}"), encoding="utf-8"
    )
    result = enishi("lint", "welcome", "--format", "json")
    (finding,) = json.loads(result.stdout)
    assert (finding["what"], finding["where"]) == ("'itmes' is undefined", "research/welcome/again/mail.html.j2:3")
    assert isinstance(result.exception, ScenarioError)
