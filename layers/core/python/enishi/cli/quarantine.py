"""`enishi quarantine`: bad rows, seen, repaired, retried, discarded."""

from __future__ import annotations

from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import SettingsError
from enishi.flow import ingest as files
from enishi.flow import quarantine as flow
from enishi.ingest.mapping import Mapping
from enishi.ingest.report import LoadReport

app = typer.Typer(help="Rows that were refused: see, repair, retry, discard.", no_args_is_help=True)

Format = Annotated[str | None, typer.Option(help="table, json or csv")]
Source = Annotated[str, typer.Option(help="Only of this source")]
Reason = Annotated[str, typer.Option(help="Only for this reason")]
By = Annotated[str | None, typer.Option(help="Who does it; default: the user of this machine")]


@app.command("list")
def list_(ctx: typer.Context, format: Format = None) -> None:
    """How many rows lie there, by source, state and reason."""
    session: Session = ctx.obj
    show(session, flow.counts(session.services), title="Quarantine", format=format)


@app.command("show")
def show_(
    ctx: typer.Context,
    source: str,
    reason: Reason = "",
    raw: Annotated[bool, typer.Option(help="Show the rows' text too: it may hold personal data")] = False,
    format: Format = None,
) -> None:
    """The open rows of a source: file, row, column, reason."""
    session: Session = ctx.obj
    mapping = files.catalogue(session.services)[source]
    entries = flow.bad_rows(session.services.warehouse, mapping.id, reason)
    rows: list[dict[str, Any]] = [
        {"file": entry.file, "row": entry.row_no, "column": entry.column, "reason": entry.reason, "load": entry.load_id}
        for entry in entries
    ]
    if raw:
        for row, entry in zip(rows, entries, strict=True):
            row["raw"] = entry.raw.decode(mapping.format.encoding, errors="replace")
    show(session, rows, title=f"{mapping.id}: {len(rows):,} open rows", format=format)


@app.command()
def export(ctx: typer.Context, source: str, file: Path, reason: Reason = "") -> None:
    """Write a source's open rows as a file to edit: its own layout and encoding, the reason before each row."""
    session: Session = ctx.obj
    data, count = flow.exported(session.services, _mapping(session, source), reason)
    file.touch(mode=0o600)
    file.write_bytes(data)
    session.errors.print(f"{count:,} rows in {file}. Correct them, then: enishi quarantine repair {source} {file}")


@app.command()
def repair(ctx: typer.Context, source: str, file: Path, by: By = None, format: Format = None) -> None:
    """Load the rows of an edited export in the place of those that were refused."""
    session: Session = ctx.obj
    if not file.is_file():
        raise SettingsError("there is no such file", where=str(file), remedy="Correct the path.")
    erased = files.tombstones(session.services)
    reports = flow.repair(
        session.services, _mapping(session, source), file.read_bytes(), str(file), by or getuser(), erased
    )
    _tell(session, reports, format)


@app.command()
def retry(ctx: typer.Context, source: Source = "", reason: Reason = "", by: By = None, format: Format = None) -> None:
    """Read open rows again as they are, by the mapping that is in force now."""
    session: Session = ctx.obj
    known = files.catalogue(session.services)
    erased = files.tombstones(session.services)
    wanted = [source] if source else sorted({row["source_id"] for row in flow.counts(session.services)} & set(known))
    reports = [
        report
        for name in wanted
        for report in flow.retry(session.services, known[name], by or getuser(), erased, reason=reason)
    ]
    _tell(session, reports, format)


@app.command()
def discard(
    ctx: typer.Context,
    source: str,
    why: Annotated[str, typer.Option(help="Why nobody will repair them; kept with the rows")],
    reason: Reason = "",
    by: By = None,
) -> None:
    """Close a source's open rows for good."""
    session: Session = ctx.obj
    count = flow.discard(session.services, source, by or getuser(), why, reason=reason)
    session.errors.print(f"{count:,} rows discarded")


def _mapping(session: Session, source: str) -> Mapping:
    return files.catalogue(session.services)[source]


def _tell(session: Session, reports: list[LoadReport], format: str | None) -> None:
    rows = sum(report.rows_in for report in reports)
    still = sum(report.rows_rejected for report in reports)
    title = f"{rows:,} rows read again, {still:,} still refused"
    show(session, [report.as_row() for report in reports], title=title, format=format)
