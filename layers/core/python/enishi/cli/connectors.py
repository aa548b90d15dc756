"""`enishi connectors`: sources that are fetched from databases and buckets; and what is due when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import MappingError
from enishi.flow import fetch as flow
from enishi.flow.import_due import expectations
from enishi.flow.ingest import catalogue
from enishi.flow.pick_up import pick_up
from enishi.ingest.connectors.due import Expectation
from enishi.ingest.connectors.window import asked_of
from enishi.ingest.mapping import Mapping

app = typer.Typer(help="Sources that are fetched: Redshift, BigQuery, buckets.", no_args_is_help=True)

Format = Annotated[str | None, typer.Option(help="table, json or csv")]
_STEPS = {"newest": "asking what is new", "extract": "the database writes files", "load": "loading"}


@app.command("list")
def list_(ctx: typer.Context, format: Format = None) -> None:
    """Every source with a connector, and up to where it is loaded."""
    session: Session = ctx.obj
    rows = [_line(session, source) for source in _fetched(session)]
    columns = ["source", "connector", "from", "incremental", "watermark", "schedule"]
    show(session, rows, title="Connectors", format=format, columns=columns)


@app.command()
def check(ctx: typer.Context, source: str, format: Format = None) -> None:
    """Try what a fetch needs without taking a row; shows the columns that would come, and where they go."""
    session: Session = ctx.obj
    mapping = catalogue(session.services)[source]
    names = flow.check(session.services, mapping)
    known = {name.lower() for name in names}
    if missing := [name for name in mapping.needed if name.lower() not in known]:
        remedy = "Ask for it under from (columns or query), or correct the mapping."
        raise MappingError(f"the database does not bring {', '.join(missing)}", where=f"source {source}", remedy=remedy)
    rows = [{"column": name, "goes to": mapping.needed.get(name, _elsewhere(mapping, name))} for name in names]
    show(session, rows, title=f"{source}: readable", format=format)


@app.command()
def fetch(
    ctx: typer.Context,
    source: str,
    since: Annotated[
        str | None, typer.Option(help="Start here instead of where the last fetch ended, as the database writes it")
    ] = None,
    format: Format = None,
) -> None:
    """Fetch what is new and load it. The same again changes nothing."""
    session: Session = ctx.obj
    mapping = catalogue(session.services)[source]
    if mapping.origin and mapping.origin.s3:
        row = pick_up(session.services, mapping, mapping.origin.s3)
    else:
        with _progress(session) as progress:
            row = flow.fetch(session.services, mapping, since=since, progress=progress).as_dict()
    show(session, [row], title=f"{source}: fetched", format=format)


@app.command()
def due(ctx: typer.Context, format: Format = None) -> None:
    """What is expected by when, and what came of it."""
    session: Session = ctx.obj
    rows = [_expected(session, one) for one in expectations(session.services)]
    show(session, rows, title="Deliveries", format=format, columns=["source", "due", "standing", "arrived"])


@app.command()
def late(ctx: typer.Context, format: Format = None) -> None:
    """Deliveries that were due and are not there. Exit status 1 when there are any."""
    session: Session = ctx.obj
    found = [one for one in expectations(session.services) if one.behind]
    columns = ["source", "due", "standing", "arrived"]
    show(session, [_expected(session, one) for one in found], title="Late", format=format, columns=columns)
    if found:
        raise typer.Exit(1)


def _expected(session: Session, one: Expectation) -> dict[str, Any]:
    zone = session.settings.tz
    arrived = one.arrived_at.astimezone(zone) if one.arrived_at else None
    return {
        "source": one.source,
        "due": f"{one.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "standing": str(one.standing),
        "arrived": f"{arrived:%Y-%m-%d %H:%M}" if arrived else None,
    }


def _fetched(session: Session) -> list[Mapping]:
    known = catalogue(session.services)
    return [known[name] for name in known if known[name].origin is not None]


def _line(session: Session, source: Mapping) -> dict[str, Any]:
    origin = source.origin
    if origin is None:
        raise AssertionError("only sources with a connector are listed")
    said = source.schedule.trigger if source.schedule else {}
    line: dict[str, Any] = {"source": source.id, "connector": origin.kind}
    if origin.s3:
        place = f"s3://{origin.s3.bucket}/{origin.s3.prefix}" if origin.s3.bucket else f"drop/{source.id}/"
        line |= {"from": place, "incremental": None, "watermark": None}
    else:
        asked = asked_of(source)
        column = asked.incremental.column if asked.incremental else None
        mark = flow.watermark(session.services, source)
        line |= {"from": asked.table or "query", "incremental": column, "watermark": mark}
    return line | {"schedule": said.get("cron") or said.get("at")}


def _elsewhere(mapping: Mapping, name: str) -> str:
    if name in mapping.inputs:
        return "-"
    return "attributes" if any(target.attributes for target in mapping.tables) else "nowhere"


@contextmanager
def _progress(session: Session) -> Iterator[flow.Progress]:
    columns: tuple[Any, ...] = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=session.errors, transient=True, disable=not session.errors.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def step(what: str, done: int, total: int) -> None:
            bars.update(bar, description=_STEPS[what], completed=done, total=total or None)

        yield step
