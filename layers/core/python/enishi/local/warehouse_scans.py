"""CTEs that are read again by each of their readers: holding the rows of a large table costs more than scanning it.

DuckDB holds the rows of every CTE that has several readers, and spills what does not fit. Where a CTE only leaves rows
and columns out, each reader can leave out what it does not need in the scan itself.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

_SHAPES = ("group", "distinct", "having", "qualify", "order", "limit", "offset", "windows")


def read_again(tree: exp.Expr, is_held: Callable[[str], bool]) -> exp.Expr:
    """`tree` itself, in DuckDB's words, its CTEs that are mere scans not held, where it reads a large table.

    Args:
        is_held: whether a table of the lake is in memory as it is.
    """
    if all(is_held(table.name) for table in tree.find_all(exp.Table) if table.db):
        return tree
    for cte in tree.find_all(exp.CTE):
        if _is_scan(cte.this):
            cte.set("materialized", False)
    return tree


def _is_scan(body: exp.Expr) -> bool:
    """A SELECT that leaves rows and columns out of one relation, with look-ups in derived ones at most; what it names
    for itself is of the same kind. Going through a list again costs more than holding what was found in it."""
    if not isinstance(body, exp.Select) or any(body.args.get(shape) for shape in _SHAPES):
        return False
    if not all(_is_scan(cte.this) for cte in body.ctes):
        return False
    if any(column.find(exp.AggFunc, exp.Window, exp.Unnest, exp.Lambda) for column in body.selects):
        return False
    source = body.args.get("from_")
    joins = body.args.get("joins") or ()
    return source is not None and _is_read(source.this) and all(_is_look_up(join) for join in joins)


def _is_read(source: exp.Expr) -> bool:
    """A table, work files (which are said as text: `warehouse_reads`) or a scan in its place."""
    return isinstance(source, exp.Table) or (
        isinstance(source, exp.Subquery) and (isinstance(source.this, exp.Var) or _is_scan(source.this))
    )


def _is_look_up(join: exp.Join) -> bool:
    return join.side == "LEFT" and isinstance(join.this, exp.Subquery)
