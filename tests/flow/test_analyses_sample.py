"""Every analysis of the catalogue on the sample retailer: its files loaded, its scenarios run, reactions landed.

The answers of the sample are plausible, not proven: what is right stands in tests/cases/analyses. Here nothing is
empty, shares are shares, charts can be drawn, and groups add up to what they are groups of.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.analysis import charts, library, own, runner
from enishi.analysis.answer import Answer
from enishi.analysis.charts.drawing import Drawing
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import from_environment

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("sample")]
ENISHI = Path(sys.executable).with_name("enishi")
CASES = Path(__file__).parents[1] / "cases" / "sample"
STATED: Mapping[str, Mapping[str, Any]] = yaml.safe_load((CASES / "analyses.yaml").read_text("utf-8"))
RECONCILES: Mapping[str, Mapping[str, Any]] = yaml.safe_load((CASES / "reconciles.yaml").read_text("utf-8"))
EVER = "2020-01-01"
MEASURES = frozenset({"int", "double", "money", "ratio"})
SETS = {"vip": ("decile_analysis", "decile=1"), "women30": ("cross_tab", "row_value=30代, column_value=女性")}
"""Segments that planners saved from cells: analyses of saved segments compare these."""


def run(home: Path, *arguments: str) -> None:
    command = [str(ENISHI), "--home", str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    home = tmp_path_factory.mktemp("sample") / "home"
    run(home, "demo", "--members", "3000")
    for name, (analysis, cell) in SETS.items():
        run(home, "analyses", "run", analysis, "--cell", cell, "--save-segment", name)
    services = local_services(from_environment(home=home))
    yield services
    services.warehouse.close()  # type: ignore[attr-defined]


def ask(services: Services, name: str, **given: Any) -> Answer:
    analysis = library.get(name)
    question = runner.ask(services, analysis, {**own.example(analysis), **given})
    return runner.run(services, question, cap=1_000_000)


def said_of(name: str) -> dict[str, Any]:
    stated = STATED["given"].get(name, {})
    return {parameter: str(value) for parameter, value in stated.items() if parameter != "why"}


@pytest.mark.parametrize("name", sorted(library.shipped()))
def test_an_analysis_has_an_answer(name: str, retailer: Services) -> None:
    answer = ask(retailer, name, **said_of(name))
    assert answer.reason == ""
    rows = answer.rows.to_pylist()
    assert rows
    measures = [column for column in answer.columns if column.type in MEASURES]
    assert any(row[column.name] for column in measures for row in rows), "every measure is null or 0"
    assert [name for name in shares_of(answer) if not all(_is_share(row[name]) for row in rows)] == []
    assert all(charts.spec(answer, chart) for chart in charts.drawn(answer))
    assert [chart for chart in charts.drawn(answer) if mixes(Drawing(answer, chart))] == []


def mixes(d: Drawing) -> bool:
    """Whether a chart puts different shares or means into one place, and does not say how they make one."""
    if d.chart.kind not in ("bar", "histogram", "line", "heatmap", "stacked_bar") or "weight" in d.chart.options:
        return False
    colour = d.chart.color
    measure = colour if d.chart.kind == "heatmap" else d.y
    if not measure or d.adds_up(measure):
        return False
    keys = [key for key in (d.x, d.y if d.chart.kind == "heatmap" else colour) if key]
    found: dict[tuple[Any, ...], set[Any]] = {}
    for row in d.rows:
        place = tuple(row[key] for key in keys)
        found.setdefault(place, set()).update({row[measure]} - {None} if None not in place else ())
    return any(len(values) > 1 for values in found.values())


def shares_of(answer: Answer) -> list[str]:
    free = STATED["over_one"].get(answer.analysis.id, {})
    return [c.name for c in answer.columns if c.type == "ratio" and c.name.endswith("share") and c.name not in free]


def _is_share(value: Any) -> bool:
    return value is None or -1e-9 <= value <= 1 + 1e-9


def test_every_analysis_that_reconciles_is_reconciled() -> None:
    declared = {name for name, analysis in library.shipped().items() if "RECON" in analysis.rules}
    assert sorted(name for part in RECONCILES.values() for name in part) == sorted(declared)


def total(rows: Iterable[Mapping[str, Any]], column: str) -> Decimal:
    return sum((Decimal(str(row[column])) for row in rows if row[column] is not None), Decimal(0))


def sales(services: Services, **given: Any) -> dict[str, Decimal]:
    """売上推移, all of it and what members alone bought."""
    rows = ask(services, "sales_trend", **given).rows.to_pylist()
    whole = total(rows, "amount")
    return {"amount": whole, "members": whole - total(rows, "guest_amount")}


@pytest.mark.parametrize("name", RECONCILES["adds_up"])
def test_groups_add_up_to_the_sales_trend(name: str, retailer: Services) -> None:
    case = RECONCILES["adds_up"][name]
    answer = ask(retailer, name, **case.get("given", {}))
    kept = case.get("where", {}).items()
    rows = [row for row in answer.rows.to_pylist() if all(row[column] == value for column, value in kept)]
    below = sum((Decimal(str(dict(answer.footnotes)[label])) for label in case.get("below", [])), Decimal(0))
    wanted = sales(retailer, **({"period_start": EVER} if case.get("ever") else {}))[case.get("of", "amount")]
    assert wanted > 0
    assert abs(total(rows, case["sum"]) + below - wanted) < Decimal("0.5")


@pytest.mark.parametrize("name", RECONCILES["balances"])
def test_what_closes_a_period_opens_the_next(name: str, retailer: Services) -> None:
    case = RECONCILES["balances"][name]
    rows = ask(retailer, name).rows.to_pylist()
    closed: dict[Any, Any] = {}
    for row in sorted(rows, key=lambda row: row["bucket"]):
        group = row.get(case.get("group", ""))
        assert row["opening"] == closed.get(group, row["opening"]), row
        change = sum(row[name] for name in case["plus"]) - sum(row[name] for name in case["minus"])
        assert row["opening"] + change == row["closing"], row
        closed[group] = row["closing"]
    assert any(closed.values())


def test_effects_of_factors_add_up_to_the_change_of_sales(retailer: Services) -> None:
    answer = ask(retailer, "sales_factor_decomposition")
    rows = [row for row in answer.rows.to_pylist() if row["split_value"] == "合計"]
    changed = next(row["effect"] for row in rows if row["factor"] == "売上")
    effects = total((row for row in rows if row["factor"] != "売上"), "effect")
    spans = {name: str(answer.parameters[name]) for name in ("period_start", "period_end")}
    before = {"period_start": answer.parameters["compare_start"], "period_end": answer.parameters["compare_end"]}
    now, then = sales(retailer, **spans), sales(retailer, **{name: str(day) for name, day in before.items()})
    assert abs(effects - changed) < Decimal("0.5")
    assert abs(now["amount"] - then["amount"] - changed) < Decimal("0.5")


def test_visits_of_all_sources_are_all_visits(retailer: Services) -> None:
    sources = ask(retailer, "traffic_source").rows.to_pylist()
    sessions = ask(retailer, "session_analysis").rows.to_pylist()
    for column in ("sessions", "amount"):
        assert total(sources, column) == total(sessions, column) > 0


def test_shares_of_scenarios_are_of_all_credited_sales(retailer: Services) -> None:
    rows = ask(retailer, "scenario_contribution").rows.to_pylist()
    credited = total(rows, "amount")
    for bucket in {row["bucket"] for row in rows}:
        of_bucket = [row for row in rows if row["bucket"] == bucket]
        assert abs(float(total(of_bucket, "share")) - 1) < 1e-9 or total(of_bucket, "amount") == 0
    assert credited > 0
