"""What is asked of a database, as trees of its own dialect. A retailer's query stays as it is, inside."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from enishi.errors import MappingError
from enishi.ports import Question, Range

_INNER = "asked"
_KINDS = {
    "timestamp": exp.DataType.Type.TIMESTAMPTZ,
    "datetime": exp.DataType.Type.TIMESTAMP,
    "date": exp.DataType.Type.DATE,
    "integer": exp.DataType.Type.BIGINT,
}


def rows(question: Question, dialect: str) -> exp.Select:
    """The rows of the question, or of its range.

    Raises:
        MappingError: the query is not one SELECT of this dialect.
    """
    wanted: list[exp.Expr] = [_column(name) for name in question.columns]
    query = exp.select(*(wanted or [exp.Star()])).from_(_inner(question, dialect))
    return query.where(*_within(question.range)) if question.range else query


def newest(question: Question, column: str, dialect: str) -> exp.Select:
    """The greatest value of `column`, as text."""
    greatest = exp.Cast(this=exp.Max(this=_column(column)), to=exp.DataType.build("varchar"))
    return exp.select(exp.alias_(greatest, "newest")).from_(_inner(question, dialect))


def shape(question: Question, dialect: str) -> exp.Select:
    """The same columns without a row: proves every right that reading needs, and costs nothing."""
    return rows(question, dialect).where(exp.false())


def _inner(question: Question, dialect: str) -> exp.Expr:
    """The table, or the query in brackets."""
    if question.table:
        return exp.alias_(exp.to_table(question.table, dialect=dialect), _INNER, table=True)
    return _parsed(question, dialect).subquery(_INNER)


def _parsed(question: Question, dialect: str) -> exp.Query:
    where = f"source {question.source}: from.query"
    try:
        found = sqlglot.parse_one(question.query, read=dialect, error_level=ErrorLevel.IMMEDIATE)
    except SqlglotError as error:
        raise MappingError(
            f"the query does not read as {dialect} SQL", where=where, remedy="Correct the query."
        ) from error
    if not isinstance(found, exp.Query):
        raise MappingError("the query is not a SELECT", where=where, remedy="A source only reads: write one SELECT.")
    return found


def _within(span: Range) -> list[exp.Expr]:
    column = _column(span.column)
    bounds: list[exp.Expr] = [exp.LTE(this=column, expression=_value(span.until, span.kind))]
    if span.since is not None:
        bounds.insert(0, exp.GTE(this=column.copy(), expression=_value(span.since, span.kind)))
    return bounds


def _value(text: str, kind: str) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType(this=_KINDS[kind]))


def _column(name: str) -> exp.Column:
    """A column by its name; quoted only where the name needs it, since databases fold plain names."""
    return exp.column(name, table=_INNER, quoted=not name.replace("_", "a").isalnum() or not name.isascii())
