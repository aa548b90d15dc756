"""`enishi sql` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from enishi.cli.context import Session
from enishi.cli.sql import command
from enishi.errors import QueryError
from enishi.settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> typer.Typer:
    made = typer.Typer()

    @made.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(Settings(home=tmp_path))

    made.command("sql")(command)
    return made


def test_an_answer_as_json(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["sql", "SELECT COUNT(*) AS n FROM orders", "--format", "json"])
    assert json.loads(done.stdout) == [{"n": 0}]


def test_a_cut_answer_says_so(app: typer.Typer) -> None:
    text = "SELECT x FROM UNNEST(SEQUENCE(1, 5)) AS u(x)"
    done = CliRunner().invoke(app, ["sql", text, "--rows", "2", "--format", "csv"])
    assert done.stdout.splitlines() == ["x", "1", "2"]
    assert "Cut after 2 rows" in done.stderr


def test_an_empty_answer_keeps_its_header(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["sql", "SELECT order_id, channel FROM orders", "--format", "csv"])
    assert done.stdout.splitlines() == ["order_id,channel"]


def test_what_is_not_proven_is_refused(app: typer.Typer) -> None:
    with pytest.raises(QueryError, match="percent_rank"):
        CliRunner().invoke(app, ["sql", "SELECT NTILE(2) OVER (ORDER BY 1)"], catch_exceptions=False)
