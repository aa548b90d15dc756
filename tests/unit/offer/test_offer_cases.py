"""Every case of tests/cases/offers/*.yaml: what each block source gives to whom, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlglot import exp

from enishi import offer
from enishi.flow.cut import plain
from enishi.flow.prepare import with_relations
from enishi.lake.sql import lint, parse, to_athena
from enishi.local.warehouse import LocalWarehouse
from enishi.offer.blocks import SOURCES
from enishi.segment.as_of import as_of
from enishi.segment.moment import Moment
from enishi.settings import Settings
from tests.unit.segment.small_lake import TOKYO, Lake, local

SHOP = yaml.safe_load((Path(__file__).parents[2] / "cases" / "offers" / "shop.yaml").read_text("utf-8"))
CASES = [pytest.param(case, id=case["name"]) for case in SHOP["cases"]]
NOW = Moment.of(local(SHOP["at"]), TOKYO)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    home = tmp_path_factory.mktemp("shop")
    return Lake(LocalWarehouse(home, Settings(home=home))).fill(SHOP["tables"])


def asked(given: Mapping[str, Any]) -> exp.Query:
    """The query of the block `items` over the cohort of the file."""
    people = " UNION ALL ".join(f"SELECT '{name}' AS customer_id, FALSE AS holdout" for name in SHOP["cohort"])
    query = parse("SELECT customer_id, items FROM block_items", "test")
    return as_of(with_relations(query, {"cohort": parse(people, "test"), **offer.load(given).ctes(NOW)}), NOW)


def shown(items: list[dict[str, Any]], fields: list[str]) -> list[list[Any]]:
    return [[item[field] for field in fields] for item in plain(items)]


@pytest.mark.parametrize("case", CASES)
def test_block_gives_what_was_worked_out(case: dict[str, Any], shop: Lake) -> None:
    rows = shop.warehouse.query(asked(case["offer"])).to_pylist()
    assert {row["customer_id"]: shown(row["items"], case["shows"]) for row in rows} == case["gives"]


@pytest.mark.parametrize("case", CASES)
def test_block_is_proven_athena_sql(case: dict[str, Any]) -> None:
    query = asked(case["offer"])
    assert list(lint(query)) == []
    assert to_athena(query).startswith("WITH ")


def test_every_source_has_a_case() -> None:
    assert {block["from"] for case in SHOP["cases"] for block in case["offer"].values()} == set(SOURCES)
