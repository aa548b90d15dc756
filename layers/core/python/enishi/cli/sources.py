"""`enishi sources`: the mappings of the retailer's own layouts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from enishi.cli.connectors import due
from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import SettingsError
from enishi.flow import ingest as flow
from enishi.flow.check_source import Checked, check_file
from enishi.ingest.mapping import Mapping, parse
from enishi.ingest.proposal import Proposal, propose
from enishi.ingest.sources import FOLDER

app = typer.Typer(help="Mappings from the retailer's own file layouts to tables.", no_args_is_help=True)
app.command("due")(due)

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
    said = column.model_dump(exclude_defaults=True, exclude={"from_", "add", "times", "line_of", "occurrence"})
    return ", ".join(f"{key}: {value}" for key, value in said.items())


@app.command()
def check(
    ctx: typer.Context,
    mapping: Annotated[str, typer.Argument(help="A mapping file (.yaml), or the id of a source in force")],
    files: Annotated[list[Path], typer.Argument(help="Files in that layout")],
    format: Format = None,
) -> None:
    """Read files dry: what would load, what would be quarantined and why. Exit status 1 when it would be stopped."""
    session: Session = ctx.obj
    source = _mapping(session, mapping)
    for path in files:
        flow.readable(path).close()
    checked = [check_file(session.services, source, path) for path in files]
    if (format or session.format) == "json":
        show(session, [one.as_dict() for one in checked], format="json")
    else:
        rows = [row for one in checked for row in one.rows()]
        show(session, rows, title=f"{source.id}: nothing was loaded", format=format)
        session.errors.print(_verdict(source, checked, mapping, files), markup=False, highlight=False, soft_wrap=True)
    if any(one.stopped for one in checked):
        raise typer.Exit(1)


def _mapping(session: Session, name: str) -> Mapping:
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        flow.readable(path).close()
        return parse(path.read_text(encoding="utf-8"), path.name)
    return flow.catalogue(session.services)[name]


def _verdict(source: Mapping, checked: Sequence[Checked], mapping: str, files: Sequence[Path]) -> str:
    stopped = [one.file for one in checked if one.stopped]
    if stopped:
        return f"Would be stopped: {', '.join(stopped)}. Correct the file or the mapping."
    names = " ".join(path.name for path in files)
    first = f"enishi sources save {mapping} && " if mapping.endswith((".yaml", ".yml")) else ""
    return f"Would load. Next: {first}enishi ingest {source.id} {names}"


@app.command()
def new(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="One file of a layout, or several of different days")],
    source: Annotated[str | None, typer.Option("--id", help="Id of the source; default from the file's name")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it; default <id>.yaml here")] = None,
    text: Annotated[bool, typer.Option("--print", help="Print the mapping instead of writing it")] = False,
    format: Format = None,
) -> None:
    """Look at files and propose a mapping, each guess with its reason, ready to edit."""
    session: Session = ctx.obj
    proposal = _proposal(session, files, source)
    if text:
        typer.echo(proposal.text, nl=False)
        return
    path = _written(proposal, out)
    if (format or session.format) == "json":
        show(session, [proposal.as_dict() | {"written": str(path)}], format="json")
        return
    show(session, proposal.rows(), title=f"{proposal.source}: {_title(proposal)}", format=format)
    for doubt in proposal.found.doubts:
        session.errors.print(f"? {doubt}", markup=False, highlight=False, soft_wrap=True)
    said = f"Written to {path}. Look at the lines with `# ?`. Next: enishi sources check {path} {_names(files)}"
    session.errors.print(said, markup=False, highlight=False, soft_wrap=True)


def _proposal(session: Session, files: Sequence[Path], source: str | None) -> Proposal:
    with ExitStack() as opened:
        streams = [(path.name, opened.enter_context(flow.readable(path))) for path in files]
        return propose(streams, source, zone=session.settings.zone)


def _written(proposal: Proposal, out: Path | None) -> Path:
    path = out or Path(f"{proposal.source}.yaml")
    if path.exists():
        remedy = "Say another place with --out, or another id with --id."
        raise SettingsError("there is a file already, perhaps with somebody's work", where=str(path), remedy=remedy)
    path.write_text(proposal.text, encoding="utf-8")
    return path


def _title(proposal: Proposal) -> str:
    found = proposal.found
    return f"{found.sight.form.kind} {found.sight.form.encoding}, zone {found.zone.name}, table {found.place.table}"


def _names(files: Sequence[Path]) -> str:
    return " ".join(str(path) for path in files)


@app.command()
def save(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A mapping file (.yaml)")]) -> None:
    """Put a mapping in force: the next file in its layout loads by it."""
    session: Session = ctx.obj
    with flow.readable(file) as given:
        text = given.read().decode("utf-8")
    mapping = parse(text, file.name)
    session.services.raw.put(f"{FOLDER}{mapping.id}.yaml", text.encode())
    said = f"{mapping.id} is in force. Next: enishi ingest {mapping.id} FILE..."
    session.errors.print(said, markup=False, highlight=False, soft_wrap=True)
