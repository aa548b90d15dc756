"""Text to tree and back, in Athena's dialect."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.expressions import apply_index_offset

from enishi.errors import QueryError

DIALECT = "athena"


def parse(text: str, where: str) -> exp.Query:
    """The query that `text` is; `where` names its file or field in errors.

    Raises:
        QueryError: not one Athena query.
    """
    tree = _parsed(text, where)
    if isinstance(tree, exp.Query):
        return tree
    raise QueryError("this is not a query", where=where, remedy="Write one SELECT (WITH and UNION are fine).")


def parse_condition(text: str, where: str) -> exp.Expr:
    """The condition that `text` is, as it may stand after WHERE.

    Raises:
        QueryError: not one expression.
    """
    query = parse(f"SELECT 1 WHERE {text}", where)
    given = {name for name, value in query.args.items() if value}
    if given != {"expressions", "where"}:
        raise QueryError("this is not one condition", where=where, remedy="Write what may stand after WHERE.")
    condition: exp.Expr = query.args["where"].this.copy()
    return condition


def _parsed(text: str, where: str) -> exp.Expr:
    try:
        statements = sqlglot.parse(text, read=DIALECT, error_level=ErrorLevel.IMMEDIATE)
    except SqlglotError as error:
        raise QueryError(f"this is not SQL: {_first(error)}", where=where, remedy="Correct the statement.") from error
    if len(statements) != 1 or statements[0] is None:
        raise QueryError(f"{len(statements)} statements where one is expected", where=where, remedy="Write one query.")
    return _subscripts_as_written(_without_positions(statements[0]))


def _without_positions(tree: exp.Expr) -> exp.Expr:
    """`tree` without the places in the text that the parser notes: copying them costs more than copying the tree."""
    for node in tree.walk():
        node._meta = None
    return tree


def _subscripts_as_written(tree: exp.Expr) -> exp.Expr:
    """`tree` with the subscripts that were written: the parser counts from zero where it knows a whole number."""
    for node in tree.find_all(exp.Bracket):
        if not node.args.get("offset"):
            written = apply_index_offset(node.this, node.expressions, 1, dialect=DIALECT)
            node.set("expressions", [_without_nothing(key) for key in written])
            node.set("offset", 1)
    return tree


def _without_nothing(key: exp.Expr) -> exp.Expr:
    """`x` for `x + 0`."""
    added = isinstance(key, exp.Add) and isinstance(key.expression, exp.Literal) and key.expression.name == "0"
    return key.this if added else key


def _first(error: SqlglotError) -> str:
    """The parser's first complaint, without its colours."""
    details = getattr(error, "errors", None)
    if not details:
        return str(error).splitlines()[0]
    first = details[0]
    return f"{first['description']} at line {first['line']}, column {first['col']} ('{first['highlight']}')"


def to_athena(tree: exp.Expr) -> str:
    """The text that Athena runs. A bare TIMESTAMP becomes microseconds: its default would round to millis."""
    return _in_microseconds(tree).sql(dialect=DIALECT)


def _in_microseconds(tree: exp.Expr) -> exp.Expr:
    return tree.transform(_with_precision)


def _with_precision(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.TIMESTAMP and not node.expressions:
        return exp.DataType(this=node.this, expressions=[exp.DataTypeParam(this=exp.Literal.number(6))], nested=False)
    return node
