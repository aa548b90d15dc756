"""`enishi quarantine` and `enishi loads` as they are called: see, export, repair, discard; the log of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from enishi.cli import ingest, loads, quarantine
from enishi.cli.context import Session
from enishi.errors import LoadStoppedError, SettingsError
from enishi.settings import Settings

Run = Callable[..., Result]
MAPPING = """
id: shops
files: "shop*.csv"
checks: {most: 3}
tables:
  - table: stores
    columns: {store_id: code, name: name, open_date: {from: open, format: "%Y%m%d"}}
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    sources = tmp_path / "home" / "raw" / "sources"
    sources.mkdir(parents=True)
    (sources / "shops.yaml").write_text(MAPPING)
    app = typer.Typer()

    @app.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=tmp_path / "home"), "json")

    app.add_typer(quarantine.app, name="quarantine")
    app.add_typer(loads.app, name="loads")
    app.command("ingest")(ingest.command)
    return lambda *words: CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)


def test_bad_rows_are_seen_exported_repaired_and_discarded(run: Run, tmp_path: Path) -> None:
    file, export = tmp_path / "shop1.csv", tmp_path / "bad.csv"
    file.write_text("code,name,open\n1,a,20200101\n2,b,2020\n3,c,x\n")
    [report] = json.loads(run("ingest", "shops", file).stdout)
    assert (report["rows_in"], report["rows_rejected"], report["rejected"][0]["first"]) == (3, 2, [3, 4])
    [counted] = json.loads(run("quarantine", "list").stdout)
    assert (counted["source_id"], counted["state"], counted["reason"], counted["n"]) == (
        "shops",
        "open",
        "impossible_date",
        2,
    )
    assert "raw" not in json.loads(run("quarantine", "show", "shops").stdout)[0]
    assert json.loads(run("quarantine", "show", "shops", "--raw").stdout)[1]["raw"] == "3,c,x"
    run("quarantine", "export", "shops", export)
    assert export.stat().st_mode & 0o077 == 0
    export.write_bytes(export.read_bytes().replace(b",2020\r", b",20200202\r"))
    [again] = json.loads(run("quarantine", "repair", "shops", export, "--by", "hanako").stdout)
    assert (again["rows"], again["quarantined"]) == (2, 1)
    assert run("quarantine", "discard", "shops", "--why", "closed long ago").exit_code == 0
    states = {row["state"] for row in json.loads(run("quarantine", "list").stdout)}
    assert states == {"repaired", "discarded"}
    log = json.loads(run("loads", "list").stdout)
    assert sorted(row["status"] for row in log) == ["loaded", "repaired"]
    [table] = json.loads(run("loads", "show", report["load_id"]).stdout)
    assert (table["table_name"], table["rows_offered"], table["rows_rejected"]) == ("stores", 1, 2)


def test_a_stopped_file_is_logged_and_passes_with_a_reason(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop2.csv"
    file.write_text("code,name,open\n" + "".join(f"{n},x,\n" for n in range(4)))
    with pytest.raises(LoadStoppedError, match="number of rows is 4, allowed is at most 3"):
        run("ingest", "shops", file)
    assert run("ingest", "shops", file, "--accept", "a new region").exit_code == 0
    log = json.loads(run("loads", "list", "--source", "shops").stdout)
    assert {(row["status"], row["accepted"]) for row in log} == {("stopped", None), ("loaded", "a new region")}


def test_an_unknown_load_is_said_to_be_unknown(run: Run) -> None:
    with pytest.raises(SettingsError, match="no such load"):
        run("loads", "show", "L1")
