"""`enishi sql`: Athena SQL on the lake."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlglot import exp

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.lake import sql


def command(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT in Athena's (Trino's) SQL")],
    rows: Annotated[int, typer.Option(min=1, help="Print at most so many rows")] = 1000,
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """Ask the lake in Athena SQL: lake tables and views bare, `pii.customer_contacts`, `work.cohorts`.

    A function that is not proven equal on both engines is refused, with what to write instead.
    """
    session: Session = ctx.obj
    query = sql.parse(text, "query")
    sql.check(query, "query")
    answer = session.services.warehouse.query(_capped(query, rows + 1))
    show(session, answer.slice(0, rows).to_pylist(), columns=answer.column_names, format=format)
    if answer.num_rows > rows:
        session.errors.print(f"Cut after {rows:,} rows; there are more. Ask for them with --rows.")


def _capped(query: exp.Query, rows: int) -> exp.Query:
    """The query with a limit around it, unless it has one of its own: one row more than is printed shows a cut."""
    if query.args.get("limit") or not isinstance(query, exp.Select):
        return query
    return query.limit(rows)
