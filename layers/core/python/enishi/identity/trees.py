"""SQL of this package: `.sql` files as trees, their `:holes` filled, one query standing on another as a CTE."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlglot import exp

from enishi.lake.sql import literal, parse
from enishi.lake.sql.build import Value


def tree(path: str, **holes: Value | exp.Expr) -> exp.Query:
    """The query of `identity/<path>.sql`; every `:hole` becomes a literal, or the tree that is given."""
    query = _parsed(path).copy()
    for hole in list(query.find_all(exp.Placeholder)):
        given = holes[str(hole.this)]
        hole.replace(given.copy() if isinstance(given, exp.Expr) else literal(given))
    return query


def standing_on(query: exp.Query, **parts: exp.Query) -> exp.Query:
    """`query`, which is changed, with `parts` before its own CTEs, in the given order; each reads those before it."""
    own = query.args.pop("with_", None) or query.args.pop("with", None)
    named = [_cte(name, part.copy()) for name, part in parts.items()]
    inner = list(own.expressions) if own is not None else []
    query.set("with_", exp.With(expressions=[*named, *inner]))
    return query


def _cte(name: str, query: exp.Query) -> exp.CTE:
    return exp.CTE(this=query, alias=exp.TableAlias(this=exp.to_identifier(name)))


@cache
def _parsed(path: str) -> exp.Query:
    text = files("enishi.identity").joinpath(f"{path}.sql").read_text(encoding="utf-8")
    parsed = parse(text, f"identity/{path}.sql")
    for node in parsed.walk():
        node.comments = None
    return parsed
