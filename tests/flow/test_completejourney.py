"""The demo on real purchases: what it sends, what it must not see, and the figures that others computed."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from enishi.cli import demo, results, segments, sql
from enishi.cli.context import Session
from enishi.local.completejourney import PACKAGE, data_folder
from enishi.settings import from_environment

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(find_spec(PACKAGE) is None, reason="the data set is not installed"),
]
PAGE = (Path(__file__).parents[2] / "docs" / "completejourney.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^\$ enishi --home journey (.+)\n((?:(?!\$|```).+\n)*)", re.MULTILINE)
TOLD = [pytest.param(line, answer, id=line[:60]) for line, answer in COMMAND.findall(PAGE)]
SIMULATED = {"sent", "delivered", "opened", "clicked", "credited"}
"""Columns of the results that hang on simulated reactions: another wording is another message and another draw."""
OUTCOMES = ("accepted", "refused", "suppressed", "unknown", "holdout", "quarantined")

BOUNDS = {"r": [0, 8, 15, 31, 91], "f": [1, 10, 50, 100, 200], "m": [0, 100, 500, 1000, 3000]}
"""RFM as of 2018-01-01, computed with pandas and DuckDB on the same files (completejourney, oracle.json)."""
BANDS = {"r": (1244, 484, 322, 275, 144), "f": (283, 1084, 644, 361, 97), "m": (145, 503, 443, 885, 493)}

COFFEE = """
CREATE TABLE coffee AS
SELECT
  CAST(household_id AS VARCHAR) AS household,
  basket_id,
  CAST(timezone('America/New_York', timezone('UTC', transaction_timestamp)) AS DATE) AS day
FROM transactions JOIN products USING (product_id)
WHERE product_category = 'COFFEE' AND quantity > 0
"""


def command_line(home: Path) -> typer.Typer:
    """The commands that the page uses, in that workspace."""
    made = typer.Typer()

    @made.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(from_environment({}, home=home))

    made.command("demo")(demo.command)
    made.command("sql")(sql.command)
    made.command("results")(results.command)
    made.add_typer(segments.app, name="segments")
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journey") / "home"


def called(home: Path, *arguments: str) -> str:
    done = CliRunner().invoke(command_line(home), list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def rows(home: Path, question: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(called(home, "sql", question, "--format", "json", "--rows", "100000"))
    return found


@pytest.fixture(scope="module")
def played(home: Path) -> Any:
    return json.loads(called(home, "demo", "--dataset", "completejourney", "--format", "json"))


@pytest.fixture(scope="module")
def receipts() -> Iterator[duckdb.DuckDBPyConnection]:
    """The published files themselves: coffee as bought, with the day of the shops."""
    with duckdb.connect() as engine:
        for name in ("transactions", "products"):
            engine.read_parquet(str(data_folder() / f"{name}.parquet")).create_view(name)
        engine.execute(COFFEE)
        yield engine


def test_messages_go_out_over_two_channels_and_nobody_is_lost(played: Mapping[str, Any]) -> None:
    assert played["messages"] == played["sent_now"] >= 500
    assert set(played["channels"]) == {"mail", "push"}
    assert played["duplicates"] == 0
    assert played["runs"] == 3
    balance = played["balance"]
    assert balance["balanced"]
    assert balance["arrivals"] == sum(balance[outcome] for outcome in OUTCOMES)
    assert balance["quarantined"] == balance["unknown"] == 0


@pytest.mark.usefixtures("played")
def test_a_second_run_sends_nothing(home: Path) -> None:
    again = json.loads(called(home, "demo", "--dataset", "completejourney", "--format", "json"))
    assert (again["sent_now"], again["runs_finished_before"], again["runs"]) == (0, 3, 3)


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(("line", "answer"), TOLD)
def test_the_page_tells_what_comes_out(home: Path, line: str, answer: str) -> None:
    assert real(called(home, *shlex.split(line))) == real(answer)


def real(answer: str) -> list[dict[str, str]]:
    """The rows of an answer without what is simulated."""
    found = csv.DictReader(io.StringIO(answer))
    return [{name: value for name, value in row.items() if name not in SIMULATED} for row in found]


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(("axis", "band"), [(axis, band) for axis in BANDS for band in range(5)])
def test_rfm_bands(home: Path, axis: str, band: int) -> None:
    condition = json.dumps({"rfm": {"bounds": {axis: BOUNDS[axis]}, "cell": {axis: band}}})
    (row,) = json.loads(called(home, "segments", "count", condition, "--format", "json"))
    assert row["customers"] == BANDS[axis][band]


@pytest.mark.usefixtures("played")
def test_first_coffee_of_the_week_before_and_no_later_one(home: Path, receipts: duckdb.DuckDBPyConnection) -> None:
    """Against the published files: one basket with coffee before 21 November, between the 14th and the 20th."""
    firsts = receipts.sql(
        "SELECT household FROM coffee WHERE day <= DATE '2017-11-20' GROUP BY household"
        " HAVING MIN(day) >= DATE '2017-11-14' AND COUNT(DISTINCT basket_id) = 1"
    ).fetchall()
    entered = rows(
        home,
        "SELECT c.household_id AS household FROM messages AS m JOIN customers AS c ON c.customer_id = m.customer_id"
        " WHERE m.scenario_id = 'f2_coffee' AND m.step_id = 'thanks'",
    )
    agreeing = rows(
        home,
        "SELECT DISTINCT c.household_id AS household FROM consents AS k"
        " JOIN customers AS c ON c.customer_id = k.customer_id"
        " WHERE k.state = 'opt_in' AND k.changed_at <= TIMESTAMP '2017-11-21 15:00:00'",
    )
    expected = {household for (household,) in firsts} & {row["household"] for row in agreeing}
    assert {row["household"] for row in entered} == expected
    assert len(entered) == len(expected) > 10


@pytest.mark.usefixtures("played")
def test_whoever_bought_the_second_coffee_hears_no_more(home: Path, receipts: duckdb.DuckDBPyConnection) -> None:
    again = receipts.sql(
        "SELECT household FROM coffee WHERE day BETWEEN DATE '2017-11-21' AND DATE '2017-11-26' GROUP BY household"
    ).fetchall()
    written = rows(
        home,
        "SELECT c.household_id AS household, m.status FROM messages AS m"
        " JOIN customers AS c ON c.customer_id = m.customer_id"
        " WHERE m.scenario_id = 'f2_coffee' AND m.step_id = 'use' AND m.status = 'sent'",
    )
    assert written
    assert not {row["household"] for row in written} & {household for (household,) in again}


@pytest.mark.usefixtures("played")
def test_nobody_hears_of_a_shop_before_the_first_visit(home: Path) -> None:
    early = (
        "SELECT COUNT(*) AS n FROM messages AS m JOIN customers AS c ON c.customer_id = m.customer_id"
        " WHERE m.sent_at < c.registered_at"
    )
    assert rows(home, early) == [{"n": 0}]
    assert rows(home, "SELECT COUNT(*) AS n FROM customers WHERE registered_date > DATE '2017-11-21'") == [{"n": 9}]


@pytest.mark.usefixtures("played")
def test_each_best_customer_has_a_code_of_their_own(home: Path) -> None:
    issued = rows(home, "SELECT DISTINCT customer_id, attributes['code'] AS code FROM coupon_issues")
    assert len({row["code"] for row in issued}) == len({row["customer_id"] for row in issued}) == len(issued) > 300


@pytest.mark.usefixtures("played")
def test_an_honest_measure_shows_no_effect_where_there_was_none(home: Path) -> None:
    found = json.loads(called(home, "results", "--format", "json"))
    assert {row["scenario"] for row in found} == {"f2_coffee", "thanksgiving", "vip_coupon_usd"}
    for row in found:
        assert row["opened"] > row["clicked"] > 0
        assert row["low"] <= 0 <= row["high"], row["scenario"]


@pytest.mark.usefixtures("played")
def test_what_is_invented_says_so(home: Path) -> None:
    opted = rows(home, "SELECT DISTINCT evidence FROM consents WHERE state = 'opt_in'")
    assert [row["evidence"] for row in opted] == [
        "invented for the demonstration: the published data holds no permissions"
    ]
    strangers = (
        "SELECT COUNT(*) AS n FROM pii.customer_contacts WHERE channel = 'mail' AND address NOT LIKE '%@example.com'"
    )
    assert rows(home, strangers) == [{"n": 0}]
