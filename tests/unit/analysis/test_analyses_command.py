"""`enishi analyses` as it is called: lists, answers in every format, cells, chains, and errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from enishi import wiring
from enishi.cli import main as cli
from enishi.flow import select
from enishi.flow.payload import Run as Run_
from enishi.scenario.library import library
from enishi.settings import Settings
from tests.unit.analysis.small_shop import CASES, PRESENT, open_shop

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the rows of worlds/shop.yaml; the present is noon of 2026-11-22."""
    return _workspace(tmp_path_factory.mktemp("shop"), "shop")


@pytest.fixture
def mailings(tmp_path: Path) -> Path:
    """A workspace with the rows of worlds/mailings.yaml, at the same moment."""
    return _workspace(tmp_path, "mailings")


def _workspace(home: Path, world: str) -> Path:
    open_shop(home, yaml.safe_load((CASES / "worlds" / f"{world}.yaml").read_text(encoding="utf-8"))["tables"])
    (home / "workspace.yaml").write_text(f"present: {PRESENT.isoformat()}\n", encoding="utf-8")
    return home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def called(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["enishi", "--home", str(home), *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return called


def _json(run: Run, *words: str) -> Any:
    status, out, err = run(*words, "--format", "json")
    assert status == 0, err
    return json.loads(out)


def test_the_list_is_found_by_category_and_by_word(run: Run) -> None:
    every = _json(run, "analyses", "list")
    assert {"id", "name", "question", "category", "tier"} == set(every[0])
    assert "decile_analysis" in [row["id"] for row in _json(run, "analyses", "list", "--find", "デシル")]
    status, _, err = run("analyses", "list", "--category", "overvew")
    assert (status, "Did you mean overview" in err) == (2, True)


def test_an_answer_without_rows_says_so(run: Run, tmp_path: Path) -> None:
    given = ("analyses", "run", "sales_trend", "-p", "period_start=2001-01-01", "-p", "period_end=2001-01-31")
    answer = _json(run, *given)
    assert (answer["rows"], "条件を広げて" in answer["reason"]) == ([], True)
    status, _, _ = run(*given, "--format", "html", "--out", str(tmp_path / "empty.html"))
    assert status == 0
    assert answer["reason"] in (tmp_path / "empty.html").read_text(encoding="utf-8")


def test_an_answer_as_json_says_how_to_ask_again(run: Run) -> None:
    answer = _json(run, "analyses", "run", "purchase_conversion_timing", "-p", "max_n=1")
    assert [(row["n"], row["buyers"]) for row in answer["rows"]] == [(0, 3), (1, 3), (2, 2)]
    assert answer["parameters"]["as_of"] == "2026-11-21"
    assert answer["columns"][1] == {"name": "buyers", "label": "購買者数", "type": "int", "unit": "people"}
    assert {"table": "orders", "last_day": "2026-11-20"}.items() <= next(
        mark for mark in answer["watermarks"] if mark["table"] == "orders"
    ).items()


def test_a_table_for_people(run: Run) -> None:
    _, out, _ = run("analyses", "run", "decile_analysis", "-p", "tiles=2")
    assert "購入金額" in out
    assert "158,000" in out
    assert "98.8%" in out


def test_a_table_says_words_and_a_cell_is_named_by_word_or_code(mailings: Path, run: Run) -> None:
    asked = ("--home", str(mailings), "analyses", "run", "engagement_tiers")
    _, table, _ = run(*asked)
    assert "反応なし" in table
    assert "never" not in table
    _, data, _ = run(*asked, "--format", "csv")
    assert "never" in data
    opened = [_json(run, *asked, "--cell", f"tier={said}") for said in ("反応なし", "never")]
    assert [row["customer_id"] for row in opened[0]] == ["D", "H"]
    assert opened[0] == opened[1]
    _, said, _ = run(*asked, "--cell", "tier=never")
    assert re.search(r"2 customers: .*\[tier=never]", said, re.DOTALL)


def test_csv_and_files(run: Run, tmp_path: Path) -> None:
    _, out, _ = run("analyses", "run", "cross_tab", "-p", "rows=gender", "-p", "columns=status", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["row_value"], row["value"]) for row in rows] == [("女性", "3.0"), ("男性", "3.0")]
    for form, begins in (("parquet", b"PAR1"), ("png", b"\x89PNG"), ("html", b"<!doctype html>")):
        path = tmp_path / f"answer.{form}"
        status, _, err = run("analyses", "run", "decile_analysis", "--format", form, "--out", str(path))
        assert (status, err) == (0, "")
        assert path.read_bytes().startswith(begins)
    assert pq.read_table(tmp_path / "answer.parquet").num_rows == 3
    page = (tmp_path / "answer.html").read_text(encoding="utf-8")
    assert "デシル分析" in page
    assert 'src="http' not in page


def test_rows_beyond_the_limit_are_said(run: Run) -> None:
    answer = _json(run, "analyses", "run", "purchase_conversion_timing", "--limit", "2")
    assert (len(answer["rows"]), answer["cut"]) == (2, 3)


def test_a_chain_from_a_cell_to_a_segment(run: Run) -> None:
    """Row N = 2 → a cross table of these people → a cell of it, kept → counted and used as the next base."""
    base = "purchase_conversion_timing[n=2]"
    crossed = _json(run, "analyses", "run", "cross_tab", "--base", base, "-p", "rows=gender", "-p", "columns=status")
    assert [(row["row_value"], row["value"]) for row in crossed["rows"]] == [("女性", 1), ("男性", 1)]
    cell = ["--cell", "row_value=女性", "--save-segment", "women_twice"]
    saved = _json(run, "analyses", "run", "cross_tab", "--base", base, "-p", "rows=gender", *cell)
    assert saved == [{"segment_id": "women_twice", "as_of": "2026-11-21", "members": 1}]
    assert _json(run, "segments", "count", "women_twice")[0]["customers"] == 1
    again = _json(run, "analyses", "run", "purchase_conversion_timing", "--base", "women_twice", "-p", "max_n=1")
    assert [row["buyers"] for row in again["rows"]] == [0, 1, 1]
    others = _json(run, "analyses", "run", "cross_tab", "--cell", "row_value=女性", "--complement", "-p", "rows=gender")
    assert sorted(row["customer_id"] for row in others) == ["B", "D", "F"]


def test_a_saved_cell_is_a_scenarios_target(run: Run, home: Path) -> None:
    """The end of the chain: who is in the audience of a scenario is who was in the cell."""
    cell = ["--cell", "n=2", "--save-segment", "bought_twice"]
    _json(run, "analyses", "run", "purchase_conversion_timing", *cell)
    status, _, err = run("scenarios", "new", "second_purchase", "--from", "season", "--target", "bought_twice")
    assert (status, err) == (0, "")
    definition = library(Settings(home=home)).read("second_purchase")
    assert definition.scenario.target == {"all": [{"segment": "bought_twice"}]}
    payload = select.Payload(run=_a_run(definition.bundle.version), at=PRESENT)
    services = wiring.services(Settings(home=home, present=PRESENT))
    audience = services.warehouse.query(select.audience(services, payload, definition.scenario))
    assert sorted(audience.column("customer_id").to_pylist()) == ["A", "B"]
    status, _, err = run("scenarios", "new", "other", "--from", "season", "--target", "nobody_saved")
    assert (status, "there is no segment nobody_saved" in err) == (2, True)


def _a_run(version: str) -> Run_:
    said = {"id": "R1", "scenario": "second_purchase", "version": version, "slot_at": PRESENT, "from": PRESENT}
    return Run_.model_validate(said)


def test_products_of_a_cell_are_a_set_for_the_next_analysis(run: Run) -> None:
    cell = ["--cell", "n=4", "--products", "--save-segment", "fourth"]
    assert _json(run, "analyses", "run", "purchase_conversion_timing", *cell)[0]["members"] == 2
    chosen = _json(
        run, "analyses", "run", "purchase_conversion_timing", "-p", "product_filter=set:fourth", "-p", "max_n=1"
    )
    assert [row["buyers"] for row in chosen["rows"]] == [5, 1, 1]


def test_the_sql_is_there_to_see(run: Run) -> None:
    _, out, _ = run("analyses", "show", "decile_analysis", "--sql", "athena", "-p", "tiles=7")
    assert "WITH" in out
    assert " 7" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["decile_analysi"], "there is no analysis decile_analysi. Did you mean decile_analysis"),
        (["decile_analysis", "-p", "tils=5"], "decile_analysis has no parameter tils. Did you mean tiles"),
        (["decile_analysis", "-p", "tiles=many"], "-p tiles: 'many' is not a whole number"),
        (["decile_analysis", "-p", "tiles=1"], "-p tiles: 1 is outside 2..100"),
        (["decile_analysis", "-p", "measure=money"], "-p measure: 'money' is not a choice of it"),
        (["decile_analysis", "-p", "period_start=soon"], "-p period_start: 'soon' is not a day"),
        (["decile_analysis", "-p", "period_start=2027-01-01"], "ends before it starts"),
        (["decile_analysis", "-p", "tiles"], "'tiles' is not name=value"),
        (["decile_analysis", "--cell", "ten=1"], "decile_analysis has no cell key ten. Use one of decile."),
        (["decile_analysis", "--cell", "decile=best"], "'best' is not a value of decile"),
        (["decile_analysis", "--save-segment", "x"], "a segment needs a cell"),
        (["decile_analysis", "--format", "pdf"], "there is no format pdf"),
        (["early_window_category_count"], "early_window_category_count needs category"),
        (["cross_tab", "-p", "rows=prefectur"], "there is no axis prefectur. Did you mean prefecture"),
        (["cross_tab", "--base", "nobody"], "there is no segment nobody"),
        (["cross_tab", "--base", "decile_analysi[decile=1]"], "Did you mean decile_analysis"),
    ],
)
def test_an_error_says_where_and_what_to_do(run: Run, words: list[str], said: str) -> None:
    status, _, err = run("analyses", "run", *words)
    assert status == 2
    assert said in err


def test_the_catalogue_has_a_page_of_each(run: Run, tmp_path: Path) -> None:
    status, _, err = run("analyses", "catalogue", "--out", str(tmp_path), "--category", "overview")
    assert status == 0, err
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "売上推移" in index
    assert "<svg" in (tmp_path / "cross_tab.svg").read_text(encoding="utf-8")
    assert 'src="vega.js"' in (tmp_path / "cross_tab.html").read_text(encoding="utf-8")


def test_stores_stand_by_their_names_and_open_by_their_ids(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "answer.html"
    status, _, err = run(
        "analyses", "run", "member_sales_ratio", "-p", "stores=S1,S2", "--format", "html", "--out", str(path)
    )
    assert (status, err) == (0, "")
    page = path.read_text(encoding="utf-8")
    assert "<td>渋谷店 (S1)、梅田店 (S2)</td>" in page
    assert ">渋谷店 (S1)</td>" in page
    assert '"split_value": "渋谷店"' in page
    assert "stores=S1,S2" in page


def test_a_table_says_what_was_asked_in_words(run: Run) -> None:
    given = ["-p", "grain=week", "-p", "stores=S1", "--base", "purchase_conversion_timing[n=2]"]
    _, out, _ = run("analyses", "run", "sales_trend", *given)
    asked = "母集団: 購入転換率・タイミング分析 [n=2]、店舗: 渋谷店 (S1)、集計単位: 週"
    assert out.splitlines()[0] == f"売上推移  (2026-11-21、{asked})"
    assert out.splitlines()[-1] == "データの最終日: 取引明細 2026-11-20、取引(受注)ヘッダ 2026-11-20"


def test_what_may_be_chosen_is_listed_in_both_languages(run: Run) -> None:
    _, out, _ = run("analyses", "show", "sales_trend")
    assert [word for word in ("net_excl_tax", "値引後・税抜", "after discounts without tax") if word not in out] == []
    described = _json(run, "analyses", "show", "sales_trend")[0]
    grain = next(one for one in described["parameters"] if one["name"] == "grain")
    assert grain["choices"]["week"] == {"ja": "週", "en": "week"}


def test_saved_segments_stand_by_their_titles(run: Run, tmp_path: Path) -> None:
    cell = ["--cell", "n=1", "--save-segment", "bought_once"]
    _json(run, "analyses", "run", "purchase_conversion_timing", *cell)
    path = tmp_path / "answer.html"
    given = ["-p", "segments=bought_once,bought_once_again", "--format", "html", "--out", str(path)]
    _json(run, "analyses", "run", "purchase_conversion_timing", *cell[:-1], "bought_once_again")
    status, _, err = run("analyses", "run", "segment_overlap", *given)
    assert (status, err) == (0, "")
    assert "購入転換率・タイミング分析 [n=1] (bought_once)" in path.read_text(encoding="utf-8")


def test_a_multiple_is_no_share(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "answer.html"
    given = ["-p", "min_customers=1", "--format", "html", "--out", str(path)]
    status, _, err = run("analyses", "run", "category_cross_matrix", *given)
    assert (status, err) == (0, "")
    heads = re.sub(r"\s+", " ", path.read_text(encoding="utf-8").partition("<thead>")[2].partition("</thead>")[0])
    units = dict(re.findall(r"<th[^>]*>([^<]+?) ?<small>([^<]*)</small>", heads))
    assert (units["併買率"], units["リフト値"]) == ("%", "倍")
