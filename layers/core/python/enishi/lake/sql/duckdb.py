"""The one place that turns Athena (Trino) SQL into DuckDB SQL with the same meaning.

Rules rewrite nodes from the leaves up; what a node becomes is either plain DuckDB or a macro of `duckdb_macros.sql`,
which `setup()` returns for a new connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from enishi.errors import QueryError
from enishi.lake.sql import duckdb_arrays, duckdb_values
from enishi.lake.sql.rules import Rule

RULES: Mapping[str, Rule] = {**duckdb_values.RULES, **duckdb_arrays.RULES}
"""By node class, or by the lower-case name of a function that the parser does not know."""


SETTINGS = "SET TimeZone = 'UTC'; SET integer_division = true; SET default_null_order = 'nulls_last'"
"""What a connection sets first: the macros are parsed under these settings."""


@cache
def macros() -> str:
    """Statements that a connection runs once after `SETTINGS`, before any translated query."""
    return (files("enishi.lake.sql") / "duckdb_macros.sql").read_text("utf-8")


def to_duckdb(tree: exp.Expr) -> str:
    """`tree` in DuckDB's words. Names of tables are left as they are; expand views before.

    Raises:
        QueryError: the tree holds something that DuckDB cannot say.
    """
    return render(rewritten(tree))


def render(tree: exp.Expr) -> str:
    """The text of a tree that is in DuckDB's words already; the tree is used up.

    Raises:
        QueryError: the tree holds something that DuckDB cannot say.
    """
    try:
        return tree.sql(dialect="duckdb", copy=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        remedy = "Write it with functions of docs/lake.md."
        raise QueryError(f"the local engine cannot say this: {error}", remedy=remedy) from error


def rewritten(tree: exp.Expr) -> exp.Expr:
    """A copy of `tree` with every rule applied, children before parents."""
    root = exp.Tuple(expressions=[tree.copy()])
    for node in reversed(list(root.walk(bfs=False))):
        _rewrite(node)
    done: exp.Expr = root.expressions[0]
    return done


def _rewrite(node: exp.Expr) -> None:
    """Put what the rule gives in the node's place; the rule may wrap the node itself."""
    rule, parent, key, index = RULES.get(_name(node)), node.parent, node.arg_key, node.index
    if rule is None or parent is None or key is None:
        return
    new = rule(node)
    if new is not node:
        parent.set(key, new, index)


def _name(node: exp.Expr) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
