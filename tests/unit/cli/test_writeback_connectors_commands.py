"""`enishi connectors`, `enishi writeback`, `enishi sources due` as they are called; the commands of their docs."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from enishi.cli import connectors, loads, results, sources, writeback
from enishi.cli.context import Session
from enishi.clock import from_text
from enishi.errors import ConnectorError, MappingError, NotSupportedError
from enishi.ingest.connectors.declaration import DueBy, Origin, Schedule
from enishi.results.writeback.declaration import parse
from enishi.settings import Settings

ROOT = Path(__file__).parents[3]
CONNECTORS = (ROOT / "docs" / "connectors.md").read_text("utf-8")
CORE = (ROOT / "docs" / "core-system.md").read_text("utf-8")
SOURCE = """
id: dwh_orders
from:
  redshift: {workgroup: dwh, database: sales, role: default, table: mart.orders, incremental: updated_at}
schedule: "05:30"
due_by: "07:00"
tables:
  - table: orders
    columns: {order_id: order_no, ordered_at: ordered_at}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "raw" / "sources"
    folder.mkdir(parents=True)
    (folder / "dwh_orders.yaml").write_text(SOURCE, "utf-8")
    return tmp_path


@pytest.fixture
def app(home: Path) -> typer.Typer:
    made = typer.Typer()

    @made.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=home, present=from_text("2026-11-20T23:00:00Z")))

    groups = {"connectors": connectors, "sources": sources, "writeback": writeback, "loads": loads}
    for name, group in groups.items():
        made.add_typer(group.app, name=name)
    made.command("results")(results.command)
    return made


def run(app: typer.Typer, *words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def answer(app: typer.Typer, *words: str) -> Any:
    return json.loads(run(app, *words, "--format", "json").stdout)


def test_connectors_are_listed_with_their_watermark(app: typer.Typer) -> None:
    [row] = answer(app, "connectors", "list")
    assert row == {
        "source": "dwh_orders",
        "connector": "redshift",
        "from": "mart.orders",
        "incremental": "updated_at",
        "watermark": None,
        "schedule": "05:30",
    }


def test_a_fetch_that_cannot_be_says_how_it_can(app: typer.Typer) -> None:
    with pytest.raises(NotSupportedError, match="--env NAME"):
        run(app, "connectors", "fetch", "dwh_orders")
    with pytest.raises(MappingError, match="asks no database"):
        run(app, "connectors", "check", "members")


def test_what_is_late_is_an_exit_status(app: typer.Typer) -> None:
    due = answer(app, "sources", "due")
    assert [(row["due"], row["standing"]) for row in due] == [
        ("2026-11-21 07:00", "missing"),
        ("2026-11-22 07:00", "expected"),
    ]
    assert run(app, "connectors", "late").exit_code == 1
    late = run(app, "loads", "late", "--format", "json")
    assert (late.exit_code, [row["source"] for row in json.loads(late.stdout)]) == (1, ["dwh_orders"])


def test_the_report_says_what_has_not_come(app: typer.Typer, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run(app, "results", "--html", str(page)).exit_code == 0
    row = re.search(r"<tr><td>dwh_orders.*?</tr>", page.read_text("utf-8"))
    assert row is not None
    cells = re.findall(r"<td>(.*?)</td>", row[0])
    assert cells[1:] == ["2026-11-21 07:00", "<b>未着</b>", "-", "2026-11-22 07:00"]


def test_an_empty_workspace_writes_an_empty_file(app: typer.Typer, home: Path) -> None:
    [report] = answer(app, "writeback", "run", "contact_history")
    assert report["rows"] == 0
    lines = (home / "exports" / report["file"]).read_bytes().split(b"\r\n")
    assert lines == [b"H202611210001", b"T00000000", b""]
    [run_row] = answer(app, "writeback", "log", "contact_history")
    [again] = answer(app, "writeback", "run", "contact_history", "--again", run_row["run_id"])
    assert again["same"] is True
    assert [row["last rows"] for row in answer(app, "writeback", "list")] == [0, None, None]


def commands(page: str) -> list[str]:
    shown = re.findall(r"^enishi (.*?)(?:  .*)?$", page, re.MULTILINE)
    return [line for line in shown if "check" not in line and "fetch" not in line]


@pytest.mark.parametrize("command", [*commands(CONNECTORS), *commands(CORE)])
def test_the_docs_commands_run(app: typer.Typer, command: str) -> None:
    if "RUN" in command:
        run(app, "writeback", "run", "contact_history")
        [first] = answer(app, "writeback", "log", "contact_history")
        command = command.replace("RUN", first["run_id"])
    assert run(app, *shlex.split(command)).exit_code in ((0, 1) if "late" in command else (0,))


def examples(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)


def test_the_docs_examples_hold() -> None:
    for text in examples(CONNECTORS):
        said = yaml.safe_load(text.replace("tables: […]", ""))
        Origin.model_validate(said["from"])
        Schedule.model_validate(said.get("schedule", "05:30"))
    for inline in ('{at: "07:00", days: business, country: JP, closed: ["12-31"]}',):
        assert inline in CONNECTORS
        DueBy.model_validate(yaml.safe_load(inline))
    [example] = examples(CORE)
    assert parse(example, "docs").id == "contact_history"


def test_an_error_is_one_of_the_connectors() -> None:
    assert ConnectorError("x", where="y").as_dict()["error"] == "connector"
