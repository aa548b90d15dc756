"""`enishi sources`: the mappings of the retailer's own layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import SettingsError
from enishi.flow import ingest as flow
from enishi.ingest.mapping import Mapping
from enishi.ingest.propose import propose
from enishi.ingest.sources import FOLDER

app = typer.Typer(help="Mappings from the retailer's own file layouts to tables.", no_args_is_help=True)

Format = Annotated[str | None, typer.Option(help="table, json or csv")]


@app.command("list")
def list_(ctx: typer.Context, format: Format = None) -> None:
    """Every source in force."""
    session: Session = ctx.obj
    known = flow.catalogue(session.services)
    show(session, [_line(known[source]) for source in known], title="Sources", format=format)


def _line(mapping: Mapping) -> dict[str, Any]:
    return {
        "id": mapping.id,
        "title": mapping.title,
        "files": " ".join(mapping.files),
        "format": f"{mapping.format.kind} {mapping.format.encoding}",
        "tables": ", ".join(dict.fromkeys(target.table for target in mapping.tables)),
    }


@app.command("show")
def show_(ctx: typer.Context, source: str, format: Format = None) -> None:
    """Which column of the file becomes which column of a table."""
    session: Session = ctx.obj
    mapping = flow.catalogue(session.services)[source]
    rows = [
        {"table": target.table, "column": name, "from": " + ".join(column.inputs) or "-", "how": _how(column)}
        for target in mapping.tables
        for name, column in target.columns.items()
    ]
    show(session, rows, title=f"{mapping.id} {mapping.title}", format=format)


def _how(column: Any) -> str:
    said = column.model_dump(exclude_defaults=True, exclude={"from_", "add", "times", "line_of"})
    return ", ".join(f"{key}: {value}" for key, value in said.items())


@app.command()
def check(ctx: typer.Context, source: str, files: list[Path], format: Format = None) -> None:
    """Read files dry: what would load, what would be quarantined and why."""
    session: Session = ctx.obj
    mapping = flow.catalogue(session.services)[source]
    rows: list[dict[str, Any]] = []
    for path in files:
        _must_be(path)
        report = flow.ingest(session.services, mapping, flow.drop(session.services, mapping, path), dry_run=True)
        rows += [{"file": path.name, "what": f"→ {load.table}", "rows": load.rows} for load in report.tables]
        rows += [
            {
                "file": path.name,
                "what": f"quarantine: {found.reason} in {found.column or 'the row'}",
                "rows": found.rows,
            }
            for found in report.rejected
        ]
        rows += [{"file": path.name, "what": f"own column: {name}", "rows": None} for name in report.new_columns]
    show(session, rows, title=f"{mapping.id}: nothing was loaded", format=format)


@app.command()
def new(
    ctx: typer.Context,
    file: Path,
    source: Annotated[str | None, typer.Option("--id", help="Id of the source; default from the file's name")] = None,
    save: Annotated[bool, typer.Option(help="Put it in force instead of printing it")] = False,
) -> None:
    """Look at a file and propose a mapping, each guess with its reason, ready to edit."""
    session: Session = ctx.obj
    _must_be(file)
    with file.open("rb") as stream:
        proposal = propose(stream, file.name, source)
    if not save:
        typer.echo(proposal.text)
        return
    session.services.raw.put(f"{FOLDER}{proposal.source}.yaml", proposal.text.encode())
    session.errors.print(
        f"{proposal.source}: in force; edit {session.settings.home / 'raw' / FOLDER}{proposal.source}.yaml"
    )


def _must_be(path: Path) -> None:
    if not path.is_file():
        raise SettingsError("there is no such file", where=str(path), remedy="Correct the path.")
