"""`enishi retain`: what is too old goes, and its files with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from enishi import wiring
from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.flow.retain import retain

COLUMNS = ("table", "row_days", "rows", "snapshot_days", "snapshots", "files", "bytes", "tables")


def command(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; delete nothing")] = False,
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """Delete rows and snapshots past their age (tables declare it, `retention` of workspace.yaml overrides)."""
    session: Session = ctx.obj
    gone = retain(wiring.privacy_tools(session.services), dry_run=dry_run)
    title = "Would go" if dry_run else "Gone"
    show(session, [asdict(one) for one in gone], title=title, format=format, columns=COLUMNS)
