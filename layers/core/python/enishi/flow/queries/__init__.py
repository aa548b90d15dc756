"""Queries of the flow as files, with `:holes` filled by values or by parts of a tree."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlglot import exp

from enishi.lake.sql import literal, parse
from enishi.lake.sql.build import Value


def query(name: str, **holes: Value | exp.Expr) -> exp.Query:
    """The query of `<name>.sql` with every `:hole` filled: a value as a literal, a tree as it is."""
    tree = _parsed(name).copy()
    for hole in list(tree.find_all(exp.Placeholder)):
        given = holes[str(hole.this)]
        hole.replace(given.copy() if isinstance(given, exp.Expr) else literal(given))
    return tree


@cache
def _parsed(name: str) -> exp.Query:
    text = (files("enishi.flow.queries") / f"{name}.sql").read_text(encoding="utf-8")
    tree = parse(text, f"flow/queries/{name}.sql")
    for node in tree.walk():
        node.comments = None
    return tree
