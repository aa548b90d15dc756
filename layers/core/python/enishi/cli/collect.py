"""`enishi collect`: the web collector on this machine."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import EnishiError, NotSupportedError
from enishi.flow import ingest as flow
from enishi.ingest.collector import sites
from enishi.ingest.collector.endpoint import Collector, Outcome, collector
from enishi.ingest.report import LoadReport, Status

SOURCE = "web_collector"
DEMO = "demo"

app = typer.Typer(help="Web events: the tag's endpoint on this machine.", no_args_is_help=True)


class Tally:
    """What came so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.kept = self.refused = 0

    def add(self, outcome: Outcome) -> None:
        with self._lock:
            self.kept += outcome.events - outcome.refused
            self.refused += outcome.refused

    def __str__(self) -> str:
        return f"{self.kept:,} events, {self.refused:,} refused"


@app.command()
def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one")] = 8078,
    roll: Annotated[float, typer.Option(help="Seconds until what came becomes a raw file", min=0.1)] = 30,
    load: Annotated[bool, typer.Option("--load", help="Load each raw file into the lake at once")] = False,
) -> None:
    """Serve the tag (/e.js), the endpoint (/e) and a small shop to try them on (/demo), until Ctrl-C."""
    session: Session = ctx.obj
    _serve(session, port, roll, load=load, stop=threading.Event())


@app.command("load")
def load_(ctx: typer.Context, format: Annotated[str | None, typer.Option(help="table, json or csv")] = None) -> None:
    """Load the collector's raw files that are not in the lake yet."""
    session: Session = ctx.obj
    reports = [_load(session, key) for key in _keys(session)]
    fresh = [report.as_row() for report in reports if report.status is not Status.ALREADY]
    show(session, fresh, title=f"{len(fresh):,} of {len(reports):,} files loaded now", format=format)


def _serve(session: Session, port: int, roll: float, *, load: bool, stop: threading.Event) -> None:
    """Rolls and loads in this thread; Ctrl-C (or `stop`) rolls what is left and ends."""
    from enishi.local.collector_server import CollectorServer
    from enishi.local.collector_spool import Spool

    if session.settings.env != "local":
        raise NotSupportedError("the collector of a deployed environment is deployed", remedy="Leave --env away.")
    services, tally = session.services, Tally()
    known = collector(session.settings)
    spool = Spool(session.settings.home / "collector", services.raw, services.clock)

    def take() -> None:
        key = spool.roll()
        if key and load:
            _try_load(session, key)

    take()
    with CollectorServer(partial(_with_demo, known), spool, services.clock, port, watch=tally.add) as server:
        _greet(session, server.url)
        try:
            while not stop.wait(roll):
                take()
        except KeyboardInterrupt:
            session.errors.print("Stopping.")
    take()
    session.errors.print(f"{tally}. {_where(session, load=load)}")


def _with_demo(known: Collector, url: str) -> Collector:
    """The demo's own site beside those of the settings."""
    origins = frozenset({url, url.replace("localhost", "127.0.0.1")})
    return replace(known, sites={**known.sites, DEMO: sites.Site(DEMO, origins)})


def _greet(session: Session, url: str) -> None:
    lines = (f"Tag       {url}/e.js", f"Endpoint  {url}/e", f"Try it    {url}/demo", "Ctrl-C stops.")
    for line in lines:
        session.errors.print(line, highlight=False)


def _where(session: Session, *, load: bool) -> str:
    folder = session.settings.home / "raw" / "drop"
    return "They are in the lake: web_events." if load else f"Raw files: {folder}. Next: enishi collect load."


def _say(session: Session, report: LoadReport) -> None:
    rows = ", ".join(f"{table.table} {table.rows:,}" for table in report.tables)
    text = f"{Path(report.file).name}: {rows}; {report.rows_rejected:,} in quarantine"
    session.errors.print(text, highlight=False, markup=False)


def _try_load(session: Session, key: str) -> None:
    """A file that cannot be loaded stays where it is, and the server goes on."""
    try:
        _say(session, _load(session, key))
    except EnishiError as error:
        session.errors.print(f"enishi: {error}", highlight=False, markup=False)


def _load(session: Session, key: str) -> LoadReport:
    mapping = flow.catalogue(session.services)[SOURCE]
    return flow.ingest(session.services, mapping, key)


def _keys(session: Session) -> list[str]:
    return [key for key in session.services.raw.list(flow.DROP) if PurePosixPath(key).parent.name == SOURCE]
