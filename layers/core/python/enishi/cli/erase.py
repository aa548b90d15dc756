"""`enishi erase`: remove a person from everywhere, with a signed report."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from enishi import wiring
from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import InputError, SettingsError
from enishi.flow import erase as flow
from enishi.privacy.ports import Tools
from enishi.privacy.report import Request, html
from enishi.privacy.signatures import verified

COLUMNS = ("place", "ja", "action", "before", "after")


def command(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(help="A customer id of the person; or `verify`, to check a report")],
    report: Annotated[Path | None, typer.Argument(help="With `verify`: the report's JSON")] = None,
    by: Annotated[str, typer.Option(help="Desk or role that passed the request on; not the person")] = "",
    why: Annotated[str, typer.Option(help="Why, in words that name nobody")] = "",
    requested_at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="When they asked, UTC; default now")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what stands where; erase nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let an erased person register again; give --why")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the reports; default HOME/erasures")] = None,
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """Erase a person from tables, their past, files, runs under way and records; write a signed report.

    Stopped at any point, the same command goes on and completes. An import can never bring the person back; `--lift`
    takes that away again.
    """
    session: Session = ctx.obj
    if customer == "verify":
        show(session, [_verified(report)], format=format)
        return
    tools = wiring.privacy_tools(session.services)
    if lift:
        show(session, [{"lifted": _lifted(tools, customer, why)}], format=format)
        return
    asked = Request(requested_at.replace(tzinfo=UTC) if requested_at else session.services.clock.now(), by, why)
    found = flow.plan(tools, customer, asked)
    if dry_run or not (yes or _agreed(session, found)):
        show(session, _rows(found), title="Would be erased", format=format, columns=COLUMNS[:-1])
        return
    document = flow.erase(tools, found, lambda step: session.errors.print(step, style="dim", highlight=False))
    path = _write(out or session.settings.home / "erasures", document)
    show(session, document["report"]["places"], title=f"Erased; report {path}", format=format, columns=COLUMNS)
    if not document["report"]["clean"]:
        what = "something of the person is left"
        raise InputError(what, where=str(path), remedy="Run the same command again; the report says where.")


def _agreed(session: Session, found: flow.Plan) -> bool:
    show(session, _rows(found), title="To be erased", columns=COLUMNS[:-1])
    return typer.confirm(f"Erase these {found.rows:,} rows for good?", err=True)


def _rows(found: flow.Plan) -> list[dict[str, Any]]:
    rows = [vars(place) for place in found.places if place.before]
    return rows + [
        {"place": name, "ja": "ファイル", "action": "sweep", "before": count}
        for name, count in found.files.items()
        if count
    ]  # fmt: skip


def _lifted(tools: Tools, customer: str, why: str) -> int:
    if not why:
        remedy = "Say why with --why; it is kept beside the tombstones."
        raise SettingsError("a tombstone is lifted for a reason", where="--lift", remedy=remedy)
    return flow.lift(tools, customer, why)


def _write(folder: Path, document: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{document['report']['erasure_id']}.json"
    for target, text in ((path, json.dumps(document, ensure_ascii=False, indent=2)), (_page(path), html(document))):
        private(target, text)
    return path


def _page(path: Path) -> Path:
    return path.with_suffix(".html")


def private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _verified(path: Path | None) -> dict[str, Any]:
    if path is None or not path.is_file():
        raise SettingsError("there is no such report", where=str(path or "verify"), remedy="Give the report's JSON.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError("this is no report", where=str(path), remedy="Give the JSON that `erase` wrote.") from None
    signature = verified(document, str(path))
    report = document["report"]
    return {
        "erasure": report["erasure_id"],
        "finished_at": report["finished_at"],
        "clean": report["clean"],
        "signed_by": f"{signature.algorithm} {signature.key_id}",
    }
