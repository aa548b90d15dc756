"""docs/web-tag.md says what the tag and the endpoint do: its commands run, its names are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from enishi.cli import collect, sql
from enishi.cli.context import Session
from enishi.ingest.collector import endpoint
from enishi.lake.schema import table
from enishi.settings import Settings
from infra.environments import Environment

ROOT = Path(__file__).parents[3]
TAG = ROOT / "layers" / "core" / "python" / "enishi" / "ingest" / "collector" / "tag"
PAGE = (ROOT / "docs" / "web-tag.md").read_text("utf-8")
SOURCE = (TAG / "enishi.js").read_text("utf-8")


def camel(attribute: str) -> str:
    """data-enishi-page → enishiPage, as a browser calls it."""
    first, *rest = attribute.removeprefix("data-").split("-")
    return first + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("attribute", sorted(set(re.findall(r"data-[a-z]+(?:-[a-z]+)*", PAGE))))
def test_every_attribute_is_read_by_the_tag(attribute: str) -> None:
    name = camel(attribute)
    assert f".{name}" in SOURCE or f"'{name}' in" in SOURCE


@pytest.mark.parametrize("command", ["consent", "login", "signup", "member", "logout", "view", "event"])
def test_every_command_is_one_of_the_tag(command: str) -> None:
    assert f"'{command}'" in PAGE
    assert re.search(rf"^    {command}[:,]", SOURCE, re.M)


def test_the_snippet_is_the_one_of_the_demo() -> None:
    (snippet,) = re.findall(r"<script>.*?</script>", PAGE)
    assert snippet in (TAG / "demo.html").read_text("utf-8")


def test_its_limits_are_those_of_the_endpoint() -> None:
    assert (endpoint.LARGEST, endpoint.MOST_EVENTS) == (64 * 1024, 50)
    assert "up to 64 kB and 50 events" in PAGE


@pytest.mark.parametrize("setting", ["web_sites", "web_internal", "web_rate", "web_seconds"])
def test_its_settings_are_those_of_an_environment(setting: str) -> None:
    assert f"`{setting}=" in PAGE
    default = getattr(Environment("docs"), setting)
    assert not isinstance(default, int) or f"`{setting}={default}`" in PAGE


def test_the_columns_that_it_names_exist() -> None:
    for name in ("product_id", "order_id", "dwell_ms", "is_bot", "event_id", "attributes"):
        assert table("web_events").column(name)


def test_its_commands_run(tmp_path: Path) -> None:
    commands = [shlex.split(line.split("   ")[0]) for line in PAGE.split("```")[3].strip().splitlines()]
    session = Session(Settings(home=tmp_path))
    served = [words for words in commands if words[1:3] == ["collect", "serve"]]
    others = [words for words in commands if words not in served]
    assert [len(served), len(others)] == [2, 2]
    for words in others:
        app = {"collect": collect.app, "sql": sql_app()}[words[1]]
        done = CliRunner().invoke(app, words[2:], obj=session)
        assert done.exit_code == 0, done.output


def sql_app() -> typer.Typer:
    made = typer.Typer()
    made.command("sql")(sql.command)
    return made
