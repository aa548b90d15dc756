"""`enishi access`: everything held about a person, for them to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from enishi import wiring
from enishi.cli.context import Session
from enishi.cli.erase import private
from enishi.cli.output import plain, show
from enishi.flow.access import held
from enishi.privacy.report import held_html


def command(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(help="A customer id of the person")],
    out: Annotated[Path, typer.Option(help="Folder for the two files, readable by you alone")],
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """Write all that is held about a person as JSON and as a page for them; on the screen only counts."""
    session: Session = ctx.obj
    found = held(wiring.privacy_tools(session.services), customer)
    out.mkdir(parents=True, exist_ok=True)
    name = f"access-{found['customer_id']}"
    private(out / f"{name}.json", json.dumps(found, ensure_ascii=False, indent=2, default=plain))
    private(out / f"{name}.html", held_html(found))
    rows = [{"place": place["place"], "ja": place["ja"], "rows": len(place["rows"])} for place in found["places"]]
    rows.append({"place": "outbox", "ja": "送信したメッセージの本文", "rows": len(found["messages"])})
    show(session, rows, title=f"{out / name}.html and .json", format=format, columns=("place", "ja", "rows"))
