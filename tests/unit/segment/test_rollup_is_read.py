"""Who counts, previews, saves and targets people reads `customer_facts` when it is enough.

The rollup is made and one buyer taken out of it: whoever reads it does not find her, whoever reads the lines does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from enishi import wiring
from enishi.cli.context import Session
from enishi.cli.segments import app
from enishi.flow import select
from enishi.flow.facts import refresh
from enishi.flow.payload import Run, RunPayload
from enishi.lake.sql import column, literal
from enishi.ports import Services
from enishi.scenario.library import library, load
from enishi.segment.model import condition
from enishi.settings import Settings
from tests.unit.segment.small_lake import Lake

PRESENT = datetime(2026, 11, 21, 12, tzinfo=UTC)
BUYERS = {"title": "購入者", "purchase": {"in": "90 days", "at_least": 1}}
PEOPLE = ["A", "B", "C"]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """Three buyers, of whom C is not in the rollup."""
    made = wiring.services(Settings(home=tmp_path, present=PRESENT))
    bought = [{"by": one, "at": "2026-11-01 10:00", "amount": 500} for one in PEOPLE]
    Lake(made.warehouse).fill({"people": PEOPLE, "purchases": bought})
    refresh(made)
    made.warehouse.delete("customer_facts", column("", "customer_id").eq(literal("C")))
    return made


@pytest.fixture
def enishi(services: Services) -> Callable[..., Any]:
    """Call `enishi segments …`; its answer as JSON."""
    root = typer.Typer()

    @root.callback()
    def session(ctx: typer.Context) -> None:
        ctx.obj = Session(services.settings)

    root.add_typer(app, name="segments")

    def call(*words: str) -> Any:
        result = CliRunner().invoke(root, ["segments", *words, "--format", "json"])
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads(result.stdout)

    return call


def test_count_and_preview(enishi: Callable[..., Any]) -> None:
    written = json.dumps(BUYERS)
    assert enishi("count", written)[0]["customers"] == 2
    assert [row["customer_id"] for row in enishi("preview", written)] == ["A", "B"]


def test_a_past_day_reads_the_lines(enishi: Callable[..., Any], services: Services) -> None:
    assert enishi("count", json.dumps(BUYERS), "--as-of", "2026-10-31")[0]["customers"] == 0
    late = {"by": "A", "at": "2026-11-20 10:00", "amount": 500, "id": "LATE"}
    Lake(services.warehouse).fill({"purchases": [late]})
    assert enishi("count", json.dumps(BUYERS))[0]["customers"] == 3


def test_saved_members(enishi: Callable[..., Any]) -> None:
    assert enishi("save", json.dumps(BUYERS), "--id", "buyers")[0]["members"] == 2


def test_audience_of_a_run(services: Services, tmp_path: Path) -> None:
    scenario = load(library(Settings(home=tmp_path)).paths["f2_conversion"])
    target = condition({"purchase": {"in": "90 days", "at_least": 1}})
    run = Run.model_validate(
        {"id": "R1", "scenario": scenario.id, "version": "v", "slot_at": PRESENT, "from": PRESENT},
    )
    payload = RunPayload(run=run, at=PRESENT)
    found = select.audience(services, payload, scenario.model_copy(update={"target": target, "capacity": None}))
    assert sorted(services.warehouse.query(found).column("customer_id").to_pylist()) == ["A", "B"]
