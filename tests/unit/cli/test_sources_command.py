"""`enishi sources` as it is called: propose, check dry, put in force, load, ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from enishi.cli import ingest, sources, sql
from enishi.cli.context import Session
from enishi.errors import SettingsError
from enishi.settings import Settings

Run = Callable[..., Result]
PEOPLE = "会員番号,氏名,性別,メールアドレス,職業\n0001,山田 太郎,男,taro@example.com,会社員\n0002,鈴木 花子,女,,学生\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()

    @app.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=tmp_path / "home"))

    app.add_typer(sources.app, name="sources")
    app.command("ingest")(ingest.command)
    app.command("sql")(sql.command)
    return lambda *words: CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "KAIIN_20261121.csv"
    path.write_bytes(PEOPLE.encode("cp932"))
    return path


def answer(run: Run, text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("sql", text, "--format", "json").stdout)
    return found


def test_from_an_unknown_file_to_an_answer(run: Run, people: Path, tmp_path: Path) -> None:
    proposed = run("sources", "new", str(people))
    assert (tmp_path / "kaiin.yaml").is_file()
    assert "enishi sources check kaiin.yaml" in proposed.stderr
    assert "山田" not in proposed.output + (tmp_path / "kaiin.yaml").read_text("utf-8")
    assert run("sources", "check", "kaiin.yaml", str(people)).exit_code == 0
    assert answer(run, "SELECT COUNT(*) AS n FROM customers") == [{"n": 0}]
    run("sources", "save", "kaiin.yaml")
    run("ingest", "kaiin", str(people))
    asked = "SELECT gender, attributes['職業'] AS job FROM customers ORDER BY gender"
    assert answer(run, asked) == [{"gender": "female", "job": "学生"}, {"gender": "male", "job": "会社員"}]
    assert answer(run, "SELECT channel FROM pii.customer_contacts") == [{"channel": "mail"}]


def test_a_proposal_as_json(run: Run, people: Path) -> None:
    [found] = json.loads(run("sources", "new", str(people), "--format", "json").stdout)
    by_name = {row["column"]: row for row in found["columns"]}
    assert by_name["会員番号"]["becomes"].startswith("customers.customer_id")
    assert by_name["メールアドレス"]["sample"] == "****@*******.***"
    assert (by_name["職業"]["becomes"], by_name["職業"]["type"]) == ("attributes['職業']", "text")
    assert found["format"]["encoding"] == "cp932"
    assert found["keys"][0] == {"columns": ["会員番号"], "rows": 2, "whole": True}
    assert found["text"].startswith("# Proposed from KAIIN_20261121.csv")


def test_a_proposal_on_the_screen_alone(run: Run, people: Path, tmp_path: Path) -> None:
    assert run("sources", "new", str(people), "--print").stdout.startswith("# Proposed from")
    assert not (tmp_path / "kaiin.yaml").exists()


def test_somebodys_work_is_not_written_over(run: Run, people: Path, tmp_path: Path) -> None:
    (tmp_path / "kaiin.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match="there is a file already"):
        run("sources", "new", str(people))
    assert (tmp_path / "kaiin.yaml").read_text("utf-8") == "mine"


MAPPING = """
id: shops
files: "SHOP_*.csv"
tables:
  - table: stores
    attributes: true
    columns:
      store_id: code
      name: {from: name, required: true}
      open_date: {from: opened, optional: true}
"""
SHOPS = "code,name,opened\n01,A,2020-01-01\n02,B,2020-02-30\n03,,2020-03-01\n"


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    (tmp_path / "shops.yaml").write_text(MAPPING, encoding="utf-8")
    path = tmp_path / "SHOP_1.csv"
    path.write_text(SHOPS, encoding="utf-8")
    return path


def checked(run: Run, *files: Path) -> list[dict[str, object]]:
    done = run("sources", "check", "shops.yaml", *map(str, files), "--format", "json")
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_a_check_says_what_would_load_and_what_not(run: Run, shops: Path) -> None:
    [found] = checked(run, shops)
    assert (found["rows_in"], found["rows_rejected"]) == (3, 2)
    reasons = {(row["column"], row["reason"], row["rows"]) for row in found["rejected"]}  # type: ignore[attr-defined]
    assert reasons == {("opened", "impossible_date", 1), ("name", "missing", 1)}


def test_a_check_tells_new_from_changed_and_leaves_nothing(run: Run, shops: Path, tmp_path: Path) -> None:
    shops.write_text("code,name,opened\n01,A,2020-01-01\n02,B,2020-02-03\n", encoding="utf-8")
    run("sources", "save", "shops.yaml")
    run("ingest", "shops", str(shops))
    other = tmp_path / "SHOP_2.csv"
    other.write_text("code,name,opened\n01,A,2020-01-01\n02,Z,2020-02-03\n04,D,2020-01-01\n", encoding="utf-8")
    [found] = checked(run, other)
    [table] = found["tables"]  # type: ignore[misc]
    counts = (table["rows"], table["inserted"], table["updated"])  # type: ignore[index]
    assert counts == (3, 1, 1)
    assert answer(run, "SELECT name FROM stores ORDER BY name") == [{"name": "A"}, {"name": "B"}]
    assert not list((tmp_path / "home" / "raw").rglob("SHOP_2.csv"))


def test_a_check_names_columns_that_are_new_and_those_that_are_gone(run: Run, shops: Path) -> None:
    shops.write_text("code,name,floor,ranking\n01,A,120,3\n02,B,90,1\n", encoding="utf-8")
    [found] = checked(run, shops)
    assert found["new_columns"] == {"floor": "integer", "ranking": "integer"}
    assert found["lost_columns"] == ["opened"]


def test_a_file_that_would_be_stopped_is_exit_status_1(run: Run, shops: Path) -> None:
    shops.write_text("name,opened\nA,2020-01-01\n", encoding="utf-8")
    done = run("sources", "check", "shops.yaml", str(shops))
    assert done.exit_code == 1
    assert "Would be stopped: SHOP_1.csv" in done.stderr
    assert "'code'" in done.stdout


def test_a_mapping_that_is_not_there(run: Run, shops: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        run("sources", "check", "nothing.yaml", str(shops))
