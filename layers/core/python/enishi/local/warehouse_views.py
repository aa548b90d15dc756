"""Views in DuckDB's words, translated once a process: translating them with every query costs more than running it."""

from __future__ import annotations

from functools import cache

from sqlglot import exp

from enishi.lake import sql
from enishi.lake.schema import Table, named
from enishi.lake.sql.duckdb import render, rewritten
from enishi.local.warehouse_engine import rows_of


def body(name: str) -> exp.Expr:
    """The view's query as finished text, to stand in a CTE."""
    return exp.Var(this=_text(name))


@cache
def base_tables(name: str) -> tuple[Table, ...]:
    """The tables that the view itself names."""
    return tuple({table.name: named(table.db, table.name) for table in _tables(sql.view(name))}.values())


@cache
def _text(name: str) -> str:
    tree = rewritten(sql.view(name))
    for reference in _tables(tree):
        shown = rows_of(named(reference.db, reference.name))
        shown.set("alias", reference.args.get("alias") or exp.TableAlias(this=exp.to_identifier(reference.name)))
        reference.replace(shown)
    return render(tree)


def _tables(tree: exp.Expr) -> list[exp.Table]:
    return [table for table in sql.tables_of(tree) if not sql.is_view(table)]
