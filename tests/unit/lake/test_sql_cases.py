"""Every proven construct on DuckDB, with the value that Trino's documentation says. Cases are data: tests/cases/sql."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from sqlglot import exp

from enishi.lake import sql
from enishi.lake.sql.lint import PROVEN_NAMES, PROVEN_NODES, function_name
from enishi.lake.sql.shape import PROVEN_PARTS, PROVEN_TYPES

PROVEN_ELSEWHERE = {"Version"}
"""FOR TIMESTAMP AS OF needs a table with a past: tests/unit/segment/test_past_days.py."""
_FOLDER = Path(__file__).parents[2] / "cases" / "sql"


@dataclass(frozen=True)
class Case:
    name: str
    sql: str
    gives: Any = None
    fails: bool = False

    @property
    def query(self) -> exp.Query:
        text = self.sql if self.sql.startswith(("SELECT", "WITH")) else f"SELECT {self.sql}"
        return sql.parse(text, self.name)


def _cases() -> Iterator[Case]:
    for path in sorted(_FOLDER.glob("*.yaml")):
        yield from (Case(**case) for case in yaml.safe_load(path.read_text("utf-8")))


CASES = list(_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_construct_means_the_same(case: Case, engine: duckdb.DuckDBPyConnection) -> None:
    assert sql.lint(case.query) == []
    text = sql.to_duckdb(case.query)
    if case.fails:
        with pytest.raises(duckdb.Error):
            engine.execute(text).fetchall()
        return
    [[value]] = engine.execute(text).fetchall()
    assert _plain(value) == case.gives


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_athena_text_reads_back_as_the_same_tree(case: Case) -> None:
    text = sql.to_athena(case.query)
    assert sql.to_athena(sql.parse(text, case.name)) == text


def test_nothing_is_called_proven_without_a_case() -> None:
    used = {function_name(node) for case in CASES for node in case.query.walk() if isinstance(node, exp.Func)}
    assert (PROVEN_NODES | PROVEN_NAMES) - used == set()


def test_no_clause_operator_or_type_is_called_proven_without_a_case() -> None:
    nodes = [node for case in CASES for node in case.query.walk()]
    used = {type(node).__name__ for node in nodes}
    types = {node.this.name for node in nodes if isinstance(node, exp.DataType)}
    assert PROVEN_PARTS - used - PROVEN_ELSEWHERE == set()
    assert PROVEN_TYPES - types == set()


def _plain(value: object) -> object:
    """As a case's YAML writes it."""
    match value:
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else str(value)
    return value
