"""SELECTs that give no row, whatever the tables hold: their conditions are settled once parameters are filled in."""

from __future__ import annotations

from sqlglot import exp


def gives_no_row(node: exp.Expr) -> bool:
    """Whether it is a SELECT that gives no row, whatever the tables hold."""
    if not isinstance(node, exp.Select) or node.args.get("where") is None:
        return False
    return _holds(node.args["where"].this) is False and not is_whole(node)


def is_whole(select: exp.Select) -> bool:
    """Whether aggregates stand without keys: one row, even of nothing."""
    if select.args.get("group") is not None:
        return False
    return any(
        not isinstance(found.parent, exp.Window) for one in select.selects for found in one.find_all(exp.AggFunc)
    )


def _holds(test: exp.Expr) -> bool | None:
    """Whether a test of literals alone holds; None where it depends on rows."""
    test = test.unnest()
    if isinstance(test, exp.Boolean):
        return bool(test.this)
    if isinstance(test, exp.Not):
        inner = _holds(test.this)
        return None if inner is None else not inner
    if isinstance(test, exp.And | exp.Or):
        return _joined(test)
    if isinstance(test, exp.EQ) and isinstance(test.this, exp.Literal) and isinstance(test.expression, exp.Literal):
        return bool(test.this == test.expression)
    return None


def _joined(test: exp.And | exp.Or) -> bool | None:
    sides, settles = {_holds(test.left), _holds(test.right)}, isinstance(test, exp.Or)
    if settles in sides:
        return settles
    return None if None in sides else not settles
