"""`enishi identity` and `enishi unify` as they are called."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import typer
from typer.testing import CliRunner

from enishi.cli import identity, unify
from enishi.cli.context import Session
from enishi.settings import Settings

AT_HOME = {"name": ["山崎優子"] * 2, "postal": ["1600023"] * 2, "street": ["西新宿1-2-3"] * 2}


@pytest.fixture
def app(tmp_path: Path) -> typer.Typer:
    session = Session(Settings(home=tmp_path), "json")
    warehouse = session.services.warehouse
    warehouse.upsert("customers", pa.table({"customer_id": ["a", "b"], "status": ["active", "active"]}))
    warehouse.upsert("pii.person_keys", pa.table({"customer_id": ["a", "b"], **AT_HOME}))
    made = typer.Typer()

    @made.callback()
    def given(ctx: typer.Context) -> None:
        ctx.obj = session

    made.command("unify")(unify.command)
    made.add_typer(identity.app, name="identity")
    return made


def test_a_pair_is_asked_decided_shown_and_split_again(app: typer.Typer) -> None:
    def ask(*words: str) -> str:
        done = CliRunner().invoke(app, [*words], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    (pair,) = json.loads(ask("unify", "--review"))
    assert (pair["low_id"], pair["high_id"]) == ("a", "b")
    assert "山崎" not in pair["evidence"]
    assert json.loads(ask("identity", "review", "accept", "a", "b", "--why", "asked"))[0]["people"] == 1
    assert json.loads(ask("identity", "review", "list")) == []
    assert '"same"' in ask("identity", "show", "b")
    assert json.loads(ask("identity", "split", "a", "--record", "b")) == [{"restored": "b", "was part of": "a"}]
    assert json.loads(ask("identity", "review", "list")) == []
