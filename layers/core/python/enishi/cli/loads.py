"""`enishi loads`: which files came, and what came of them."""

from __future__ import annotations

from typing import Annotated

import typer

from enishi.cli import connectors
from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import SettingsError
from enishi.ingest.queries import ask

app = typer.Typer(help="The load log: one row a file.", no_args_is_help=True)

Format = Annotated[str | None, typer.Option(help="table, json or csv")]


@app.command("list")
def list_(
    ctx: typer.Context,
    source: Annotated[str, typer.Option(help="Only of this source")] = "",
    most: Annotated[int, typer.Option(help="At most so many, the newest")] = 50,
    format: Format = None,
) -> None:
    """The latest loads, stopped ones among them."""
    session: Session = ctx.obj
    rows = ask(session.services.warehouse, "loads", source=source, most=most).to_pylist()
    show(session, rows, title="Loads", format=format)


app.command("late")(connectors.late)


@app.command("show")
def show_(ctx: typer.Context, load: str, format: Format = None) -> None:
    """The tables of one load."""
    session: Session = ctx.obj
    rows = ask(session.services.warehouse, "load", prefix=f"{load}.").to_pylist()
    if not rows:
        raise SettingsError("there is no such load", where=load, remedy="`enishi loads list` shows them.")
    show(session, rows, title=load, format=format)
