"""`enishi segments`, as a person and a script use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from enishi.cli.context import Session
from enishi.cli.segments import app
from enishi.errors import SegmentError
from enishi.settings import Settings
from tests.unit.segment.small_lake import Lake

Enishi = Callable[..., Result]


@pytest.fixture
def enishi(lake: Lake, tmp_path: Path) -> Enishi:
    """Call `enishi segments …` on a lake of three customers."""
    lake.fill(
        {
            "customers": [
                {"customer_id": "A", "gender": "female", "postal_code": "1600023", "attributes": {"電話": "0000"}},
                {"customer_id": "B", "gender": "female", "registered_date": "2026-11-01"},
                {"customer_id": "C", "gender": "male"},
            ],
            "purchases": [{"by": "A", "at": "2026-11-01 10:00", "amount": 500}],
        }
    )
    root = typer.Typer()

    @root.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=tmp_path))

    root.add_typer(app, name="segments")
    return lambda *words: CliRunner().invoke(root, ["segments", *words])


def answer(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


WOMEN = '{"title": "女性", "attribute": {"gender": "female"}}'


def test_list_names_the_segments_of_the_product(enishi: Enishi) -> None:
    rows = answer(enishi("list", "--format", "json"))
    assert {"id": "dormant", "title": "休眠顧客", "kind": "condition"} in rows


def test_count_of_inline_json_a_file_and_an_id(enishi: Enishi, tmp_path: Path) -> None:
    path = tmp_path / "women.yaml"
    path.write_text("title: 女性\nattribute: {gender: female}\n", encoding="utf-8")
    assert answer(enishi("count", WOMEN, "--format", "json"))[0]["customers"] == 2
    assert answer(enishi("count", str(path), "--format", "json"))[0]["customers"] == 2
    assert answer(enishi("count", "mail_allowed", "--format", "json"))[0]["customers"] == 0


def test_count_as_of_a_past_day(enishi: Enishi) -> None:
    (row,) = answer(enishi("count", WOMEN, "--as-of", "2026-10-31", "--format", "json"))
    assert (row["as_of"], row["customers"]) == ("2026-10-31", 1)


def test_a_day_to_come_is_refused(enishi: Enishi) -> None:
    result = enishi("count", WOMEN, "--as-of", "2999-01-01")
    assert isinstance(result.exception, SegmentError)
    assert "has not come yet" in str(result.exception)


def test_preview_shows_nothing_personal(enishi: Enishi) -> None:
    rows = answer(enishi("preview", WOMEN, "--format", "json"))
    assert [(row["customer_id"], row["purchases"]) for row in rows] == [("A", 1), ("B", 0)]
    assert not {"postal_code", "birth_date", "attributes", "latitude", "name_hash"} & set(rows[0])


def test_show_reads_the_condition_back(enishi: Enishi) -> None:
    (row,) = answer(enishi("show", "considering_in_store", "--format", "json"))
    assert row["definition"]["all"][0] == {"visit": {"reason": "下見", "result": "検討中", "in": "7 days"}}
    assert row["tables"] == "orders, service_visits"


@pytest.mark.parametrize(("dialect", "said"), [("athena", "CAST('2026-11-21' AS DATE)"), ("duckdb", "2026-11-21")])
def test_the_sql_is_there_to_see(enishi: Enishi, dialect: str, said: str) -> None:
    result = enishi("show", "dormant", "--sql", dialect, "--as-of", "2026-11-21")
    assert result.exit_code == 0
    assert "v_purchases" in result.stdout
    assert said in result.stdout


def test_an_unknown_dialect(enishi: Enishi) -> None:
    assert "Use one of athena, duckdb" in str(enishi("show", "dormant", "--sql", "oracle").exception)


def test_save_and_name_it_in_another(enishi: Enishi) -> None:
    (saved,) = answer(enishi("save", WOMEN, "--id", "women", "--format", "json"))
    assert (saved["segment_id"], saved["members"]) == ("women", 2)
    assert {"id": "women", "title": "女性", "kind": "saved set"} in answer(enishi("list", "--format", "json"))
    both = '{"all": [{"segment": "women"}, {"purchase": {"ever": true}}]}'
    assert answer(enishi("count", both, "--format", "json"))[0]["customers"] == 1
    assert answer(enishi("show", "women", "--format", "json"))[0]["title"] == "女性"


def test_an_unknown_id_names_the_closest(enishi: Enishi) -> None:
    assert "Did you mean dormant" in str(enishi("count", "dormnat").exception)


def test_a_missing_file(enishi: Enishi) -> None:
    assert "there is no such file" in str(enishi("count", "nowhere.yaml").exception)
