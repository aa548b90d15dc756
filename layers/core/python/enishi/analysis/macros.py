"""Macros (`macros/<name>.sql`): relations that apply the shared parameters, inlined as CTEs of the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from sqlglot import exp

from enishi.lake.sql import parse, tables_of, with_views


@cache
def _places() -> Mapping[str, Traversable]:
    """The file of each macro, by name."""
    folder = files("enishi.analysis") / "macros"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    return MappingProxyType({path.name[:-4]: path for path in paths})


@cache
def _macro(name: str) -> exp.Query:
    """A macro's tree; not to be changed."""
    return parse(_places()[name].read_text("utf-8"), f"macros/{name}.sql")


def with_macros(tree: exp.Query) -> exp.Query:
    """`tree` itself with each macro that it reads, directly or through another, as a CTE before its own."""
    return with_views(tree, {name: _macro(name).copy() for name in needed(tree)})


def needed(tree: exp.Expr) -> list[str]:
    """The macros that `tree` reads, each after those that it reads itself."""
    found: list[str] = []
    _collect(tree, found)
    return found


def _collect(tree: exp.Expr, found: list[str]) -> None:
    for table in tables_of(tree):
        if not table.db and table.name in _places() and table.name not in found:
            _collect(_macro(table.name), found)
            found.append(table.name)
