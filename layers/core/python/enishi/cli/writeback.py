"""`enishi writeback`: results and segments as files in the core system's own layout."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.flow import write_back as flow
from enishi.flow.write_back_log import Log
from enishi.results.writeback.declaration import WriteBack
from enishi.results.writeback.library import named

app = typer.Typer(help="Files for the core system: contact history, reactions, segments.", no_args_is_help=True)

Format = Annotated[str | None, typer.Option(help="table, json or csv")]
_SHOWN = ("run_id", "sequence", "state", "since_at", "until_at", "row_count", "without_number", "replaced", "file")


@app.command("list")
def list_(ctx: typer.Context, format: Format = None) -> None:
    """Every write-back in force, and its last file."""
    session: Session = ctx.obj
    known = flow.catalogue(session.services)
    show(session, [_line(session, known[name]) for name in sorted(known)], title="Write-backs", format=format)


@app.command()
def run(
    ctx: typer.Context,
    name: str,
    since: Annotated[
        datetime | None, typer.Option(help="Everything after it, also what went out before (the retailer's zone)")
    ] = None,
    again: Annotated[str | None, typer.Option(help="Write the file of this run once more")] = None,
    format: Format = None,
) -> None:
    """Write the next file: what happened since the last acknowledged one."""
    session: Session = ctx.obj
    declared = named(flow.catalogue(session.services), name)
    start = since.replace(tzinfo=session.settings.tz) if since else None
    report = (
        flow.write_again(session.services, declared, again)
        if again
        else flow.write_back(session.services, declared, since=start)
    )
    row = {key: value for key, value in report.as_dict().items() if value is not None}
    show(session, [row], title=f"{name}: exports/{report.file}" if report.file else f"{name}: no rows", format=format)


@app.command()
def log(ctx: typer.Context, name: str, format: Format = None) -> None:
    """What was written, with windows, rows and checksums."""
    session: Session = ctx.obj
    runs = [asdict(one) for one in Log(session.services, named(flow.catalogue(session.services), name)).runs()]
    wanted = (*_SHOWN, "sha256") if (format or session.format) != "table" else _SHOWN
    rows = [{key: one[key] for key in wanted} for one in reversed(runs)]
    show(session, rows, title=f"Files of {name}", format=format, columns=wanted)


@app.command()
def ack(ctx: typer.Context, name: str, run_id: str, format: Format = None) -> None:
    """Say that the core system has the file of a run (for write-backs with acknowledge: receipt)."""
    session: Session = ctx.obj
    done = flow.acknowledge(session.services, named(flow.catalogue(session.services), name), run_id)
    show(session, [{"acknowledged": one} for one in done], title=name, format=format, columns=["acknowledged"])


def _line(session: Session, declared: WriteBack) -> dict[str, Any]:
    runs = Log(session.services, declared).runs()
    last = runs[-1] if runs else None
    return {
        "id": declared.id,
        "title": declared.title,
        "rows": declared.rows.set or declared.rows.segment or "query",
        "layout": f"{declared.format.kind} {declared.format.encoding}",
        "incremental": declared.incremental,
        "last file": last.file if last else None,
        "last rows": last.row_count if last else None,
    }
