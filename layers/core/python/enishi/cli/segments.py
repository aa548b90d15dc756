"""`enishi segments`: extraction without SQL, with the SQL always there to see."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import sqlglot
import typer
from sqlglot import exp

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.clock import business_day
from enishi.errors import SegmentError
from enishi.lake import facts
from enishi.lake.sql import to_athena, to_duckdb
from enishi.segment import compile as segment_compile
from enishi.segment import preview as segment_preview
from enishi.segment import store
from enishi.segment.as_of import as_it_stood
from enishi.segment.library import Library
from enishi.segment.model import Segment, load, load_text
from enishi.segment.moment import Moment
from enishi.segment.problems import did_you_mean

app = typer.Typer(help="Segments: conditions that select customers.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="An id, a YAML file, or JSON as it is")]
AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The end of that day; default now")]
States = Annotated[
    str, typer.Option(help="With --as-of: `now` = who people are as known today, `then` = tables as they stood")
]
Format = Annotated[str | None, typer.Option(help="table, json or csv")]
STATES = ("now", "then")
DIALECTS = {"athena": to_athena, "duckdb": to_duckdb}


@app.command("list")
def list_segments(ctx: typer.Context, format: Format = None) -> None:
    """Segments of the product and saved ones."""
    session: Session = ctx.obj
    library = store.load_library(session.services)
    rows = [{"id": name, "title": segment.title, "kind": "condition"} for name, segment in library.segments.items()]
    rows += [{"id": name, "title": _title(session, name), "kind": "saved set"} for name in sorted(library.saved)]
    show(session, rows, title="Segments", format=format, columns=("id", "title", "kind"))


def _title(session: Session, segment_id: str) -> str:
    found = store.saved_definition(session.services, segment_id)
    return found.title if found else ""


@app.command("show")
def show_segment(
    ctx: typer.Context,
    segment: Id,
    sql: Annotated[str | None, typer.Option(help="The SQL instead: athena or duckdb")] = None,
    as_of: AsOf = None,
    format: Format = None,
) -> None:
    """What a segment says, which tables it reads, and its SQL with `--sql athena`."""
    session: Session = ctx.obj
    library = store.load_library(session.services)
    found = _find(session, library, segment)
    if sql is not None:
        typer.echo(_sql(found, _moment(session, as_of), library, sql))
        return
    row = {
        "id": found.id,
        "title": found.title,
        "description": found.description,
        "definition": found.definition,
        "tables": ", ".join(sorted(segment_compile.tables(found, library))),
    }
    show(session, [row], format=format)


@app.command("count")
def count_members(
    ctx: typer.Context, segment: Id, as_of: AsOf = None, states: States = "now", format: Format = None
) -> None:
    """How many customers a segment holds."""
    session: Session = ctx.obj
    library = store.load_library(session.services)
    found, moment = _find(session, library, segment), _moment(session, as_of)
    people = _people(session, found, moment, library, states)
    counted = session.services.warehouse.query(segment_preview.count(people)).to_pylist()
    row = {"segment": found.id or found.title or "-", "as_of": moment.day.isoformat(), **counted[0]}
    show(session, [row], format=format)


@app.command("preview")
def preview_members(
    ctx: typer.Context,
    segment: Id,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_of: AsOf = None,
    states: States = "now",
    format: Format = None,
) -> None:
    """Some customers of a segment, without personal data."""
    session: Session = ctx.obj
    library = store.load_library(session.services)
    moment = _moment(session, as_of)
    people = _people(session, _find(session, library, segment), moment, library, states)
    rows = session.services.warehouse.query(segment_preview.preview(people, limit)).to_pylist()
    show(session, rows, title=f"First {limit} customers by id", format=format, columns=segment_preview.SHOWN)


@app.command("save")
def save_segment(
    ctx: typer.Context,
    segment: Id,
    id: Annotated[str | None, typer.Option(help="The id to save under; default its own")] = None,
    dynamic: Annotated[bool, typer.Option("--dynamic", help="Ask the condition anew each time")] = False,
    as_of: AsOf = None,
    format: Format = None,
) -> None:
    """Keep a segment and its members of the day, for other segments and scenarios to name."""
    session: Session = ctx.obj
    found = _find(session, store.load_library(session.services), segment)
    kept = found.renamed(id) if id else found
    refresh: store.Refresh = "dynamic" if dynamic else "static"
    saved = store.save(session.services, kept, _moment(session, as_of), refresh=refresh)
    show(session, [asdict(saved)], title="Saved", format=format)


def _find(session: Session, library: Library, given: str) -> Segment:
    """A segment by inline JSON, by file, by library id or by saved id."""
    if given.lstrip().startswith("{"):
        return load_text(given, "inline")
    if given in library.segments:
        return library.segments[given]
    if (path := Path(given)).is_file():
        return load(path)
    if given.endswith((".yaml", ".yml", ".json")):
        raise SegmentError("there is no such file", where=given, remedy="Check the path.")
    if saved := store.saved_definition(session.services, given):
        return saved
    return library.get(given)


def _moment(session: Session, as_of: datetime | None) -> Moment:
    zone = session.settings.tz
    if as_of is None:
        return Moment.of(session.services.clock.now(), zone)
    day = date(as_of.year, as_of.month, as_of.day)
    today = business_day(session.services.clock.now(), zone)
    return Moment.end_of(day, zone) if day <= today else _in_the_future(day)


def _people(session: Session, segment: Segment, moment: Moment, library: Library, states: str) -> exp.Select:
    """Who is in the segment; tables as they stood are asked themselves, the rollup is made of the present ones."""
    if states not in STATES:
        raise SegmentError(f"there is no {states!r} of states", where="--states", remedy="Say now or then.")
    if states == "then":
        return as_it_stood(segment_compile.members(segment, moment, library), moment)
    rollup = facts.present(session.services.warehouse)
    return segment_compile.members(segment, moment, library, rollup=rollup)


def _in_the_future(day: date) -> Moment:
    raise SegmentError(f"{day} has not come yet", where="--as-of", remedy="Give today or a past day.")


def _sql(segment: Segment, moment: Moment, library: Library, dialect: str) -> str:
    if dialect not in DIALECTS:
        raise SegmentError(f"there is no dialect {dialect}", where="--sql", remedy=did_you_mean(dialect, DIALECTS))
    text = DIALECTS[dialect](segment_compile.members(segment, moment, library))
    return sqlglot.parse_one(text, read=dialect).sql(dialect=dialect, pretty=True)
