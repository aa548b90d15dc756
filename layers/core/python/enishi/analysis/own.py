"""A statement of the planner's own (SQLでの集計) as an analysis: checked, its names filled in, its columns shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.analysis.model import Analysis, Cell, Chart, Column, ColumnType, Title
from enishi.errors import AnalysisError
from enishi.lake import schema
from enishi.lake.sql import literal, parse, tables_of, to_athena, view_names, with_views
from enishi.segment.problems import did_you_mean

ROWS = "asked"
"""The CTE that cells read: the statement itself."""
SEGMENT = "segment"
"""`FROM segment.vip`: the customers of a saved segment, one column customer_id."""
_OPENED = Title(ja="その行の顧客（商品）", en="customer (product) set")
_WHERE = "-p sql"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_KINDS: tuple[tuple[Callable[[pa.DataType], bool], ColumnType], ...] = (
    (pa.types.is_boolean, "bool"),
    (pa.types.is_integer, "int"),
    (pa.types.is_floating, "double"),
    (pa.types.is_decimal, "double"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_nested, "list"),
)


def statement(text: str, segment: Callable[[str], exp.Query]) -> exp.Query:
    """The planner's SELECT over lake tables, views and saved segments, segments written out.

    Args:
        segment: the customers of a saved segment by its id.

    Raises:
        QueryError, AnalysisError: not one query, a table that may not be read, or a column without a name of its own.
    """
    tree = parse(text, _WHERE)
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            raise _refused(f"{table.this.sql()} is no table", "Read tables and views of the lake.")
    for table in list(tables_of(tree)):
        _admit(table, segment)
    _check_names(tree)
    return tree


def _admit(table: exp.Table, segment: Callable[[str], exp.Query]) -> None:
    """Let a table or a view of the lake pass, put a segment's customers in its place, refuse anything else."""
    if table.catalog:
        raise _refused(f"{table.catalog}.{table.db} is no database of the lake", "Name the table alone.")
    if table.db == SEGMENT:
        named = exp.TableAlias(this=exp.to_identifier(table.alias_or_name))
        table.replace(exp.Subquery(this=segment(table.name), alias=named))
        return
    readable = [*view_names(), *(one.name for one in schema.tables().values() if one.database == "lake")]
    known = schema.tables().get(table.name)
    if known is not None and known.database != "lake":
        why = "holds personal data" if known.database == "pii" else "holds work in progress"
        raise _refused(f"{known.qualified} {why}", "Read tables of the lake; people are known by customer_id.")
    if table.db not in ("", "lake") or table.name not in readable:
        shown = f"{table.db}.{table.name}" if table.db else table.name
        raise _refused(f"there is no table {shown} to read", did_you_mean(table.name, readable))
    table.set("db", None)


def _check_names(tree: exp.Query) -> None:
    """Both engines name a column alike only where the statement does."""
    names = [column.output_name for column in tree.selects]
    for column, name in zip(tree.selects, names, strict=True):
        if not name and not column.is_star:
            raise _refused(f"the column {column.sql()} has no name", f"Name it: {column.sql()} AS orders.")
        if name and names.count(name) > 1:
            raise _refused(f"two columns are called {name}", "Name them differently with AS.")


def _refused(what: str, remedy: str) -> AnalysisError:
    return AnalysisError(what, where=_WHERE, remedy=remedy)


def capped(tree: exp.Query, parameters: Mapping[str, Any]) -> exp.Query:
    """The statement with one row more than is kept, so that a cut shows; a limit of its own stays."""
    if not tree.args.get("limit"):
        tree.set("limit", exp.Limit(expression=literal(parameters["row_limit"] + 1)))
    return tree


def named_values(given: tuple[str, ...] | None) -> dict[str, Any]:
    """`from_day=2026-10-01`, `channels=ec|app`: what `:from_day` and `IN (:channels)` stand for.

    Raises:
        AnalysisError: a part without a name.
    """
    values: dict[str, Any] = {}
    for part in given or ():
        name, equals, text = part.partition("=")
        if not equals or not _KEY.fullmatch(name.strip()):
            raise AnalysisError(
                f"{part!r} is not name=value", where="-p params", remedy="Write from_day=2026-10-01,channels=ec|app."
            )
        values[name.strip()] = _value(text.strip())
    return values


def _value(text: str) -> Any:
    """A day, a number, yes or no, or text; several with | between them."""
    if "|" in text:
        return tuple(_value(part.strip()) for part in text.split("|"))
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    if number := _NUMBER.fullmatch(text):
        return Decimal(text) if number[1] else int(text)
    return {"true": True, "false": False, "null": None}.get(text, text)


def described(analysis: Analysis, tree: exp.Query, answer: pa.Schema) -> Analysis:
    """The analysis whose statement is `tree`: the columns that it gives, charts of them, and its rows as a cell."""
    columns = tuple(Column(name=field.name, type=_kind(field.type), label_ja=field.name) for field in answer)
    return analysis.model_copy(
        update={
            "sql": to_athena(tree),
            "place": _WHERE,
            "columns": columns,
            "charts": tuple(_charts(columns)),
            "cells": tuple(_cells(columns)),
        }
    )


def _kind(given: pa.DataType) -> ColumnType:
    return next((kind for fits, kind in _KINDS if fits(given)), "string")


def _charts(columns: tuple[Column, ...]) -> Iterator[Chart]:
    """A line over days, bars over words, and the table."""
    measure = next((one.name for one in columns if one.type in ("int", "double")), "")
    day = next((one.name for one in columns if one.type in ("date", "timestamp")), "")
    word = next((one.name for one in columns if one.type == "string"), "")
    if measure and day:
        yield Chart(kind="line", x=day, y=measure, color=word)
    elif measure and word:
        yield Chart(kind="bar", x=word, y=measure)
    yield Chart(kind="table")


def _cells(columns: tuple[Column, ...]) -> Iterator[Cell]:
    """The rows open where they name customers or products."""
    names = {one.name for one in columns}
    customers, products = (ROWS if f"{entity}_id" in names else "" for entity in ("customer", "product"))
    keys = tuple(one.name for one in columns if _KEY.fullmatch(one.name) and one.type != "list")
    if customers or products:
        yield Cell(name="rows", keys=keys, customers=customers, products=products, becomes=_OPENED)


def with_rows(tree: exp.Query) -> exp.With:
    """The statement's CTEs, and the statement itself as the last of them."""
    clause = tree.args.get("with_")
    body = tree.copy()
    body.set("with_", None)
    inner = {cte.alias: cte.this for cte in clause.expressions} if clause else {}
    whole: exp.With = with_views(exp.select("*").from_(ROWS), {**inner, ROWS: body}).args["with_"]
    whole.set("recursive", bool(clause and clause.args.get("recursive")))
    return whole


def example(analysis: Analysis) -> Mapping[str, Any]:
    """The parameters of the catalogue's page; where the planner gives the statement, the file's own is the example."""
    return {**({analysis.given_by: analysis.sql} if analysis.given_by else {}), **analysis.example}
