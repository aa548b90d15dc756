"""`enishi scenarios`: the library of scenarios, checked, compiled, copied and run."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from enishi.cli.context import Session
from enishi.cli.output import show as print_rows
from enishi.clock import SystemClock, business_day, from_text
from enishi.errors import NotSupportedError, RunError, ScenarioError
from enishi.flow.prepare import send_step
from enishi.flow.preview import first_send, shown
from enishi.flow.preview import preview as preview_step
from enishi.local.run_scenario import STEP_COLUMNS, Ran, run_scenario
from enishi.ports import Channel
from enishi.scenario import asl
from enishi.scenario.compile import compile_scenario
from enishi.scenario.findings import Finding
from enishi.scenario.library import FILE, Definition, Library, copy_text, library
from enishi.scenario.lint import lint as find
from enishi.scenario.lint_content import content_findings
from enishi.scenario.model import walk
from enishi.scenario.outline import outline, starts
from enishi.segment.store import load_library

app = typer.Typer(help="Scenarios: list, show, lint, compile, copy and run.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A scenario's id, or a path to its folder")]
Format = Annotated[str | None, typer.Option(help="table, json or csv")]


@app.command("list")
def list_(ctx: typer.Context, format: Format = None) -> None:
    """Every scenario of the library and of the workspace."""
    session: Session = ctx.obj
    scenarios = library(session.settings)
    rows = [_row(scenarios.read(name)) for name in scenarios.paths]
    print_rows(session, rows, title="Scenarios", format=format)


def _row(definition: Definition) -> dict[str, Any]:
    scenario = definition.scenario
    return {
        "id": scenario.id,
        "stage": scenario.stage,
        "title": scenario.title,
        "starts": starts(scenario.trigger),
        "steps": sum(1 for _ in walk(scenario.steps)),
        "holdout": scenario.holdout,
        "version": definition.bundle.version,
    }


@app.command()
def show(ctx: typer.Context, name: Name, format: Format = None) -> None:
    """What a scenario is for, who it is for, and what happens step by step."""
    session: Session = ctx.obj
    definition = library(session.settings).read(name)
    if (format or session.format) == "json":
        _print_json(definition.scenario.model_dump(mode="json") | {"version": definition.bundle.version})
        return
    if (format or session.format) == "table":
        _tell(session, definition)
    print_rows(session, outline(definition.scenario), title="Steps", format=format)


def _tell(session: Session, definition: Definition) -> None:
    scenario = definition.scenario
    facts = {
        "purpose": scenario.purpose,
        "starts": starts(scenario.trigger),
        "target": json.dumps(scenario.target, ensure_ascii=False),
        "exit": json.dumps(scenario.exit, ensure_ascii=False),
        "goal": json.dumps(scenario.goal.condition, ensure_ascii=False) if scenario.goal else "",
        "offer": ", ".join(scenario.offer),
        "holdout": f"{scenario.holdout:.0%}",
        "kpi": ", ".join(scenario.kpi),
        "data": ", ".join(scenario.data),
        "tips": scenario.tips.strip(),
    }
    session.console.print(f"[bold]{escape(scenario.title)}[/bold] ({scenario.stage}/{scenario.id})", highlight=False)
    for fact, told in facts.items():
        session.console.print(f"{fact:>8}  {told}", markup=False, highlight=False)


@app.command()
def lint(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Ids or paths; all when none is given")] = None,
    format: Format = None,
) -> None:
    """Say everything that is wrong with scenarios; exit status 2 when there is something."""
    session: Session = ctx.obj
    scenarios = library(session.settings)
    asked = names or list(scenarios.paths)
    findings = [finding for name in asked for finding in _findings(session, scenarios, name)]
    columns = ["where", "what", "remedy", "rule"]
    print_rows(session, [finding.as_dict() for finding in findings], columns=columns, format=format)
    if findings:
        what = f"{len(findings)} finding{'s' if len(findings) > 1 else ''} in {len(asked)} scenario(s)"
        raise ScenarioError(what, where=findings[0].where, remedy="Correct what the list says.")


def _findings(session: Session, scenarios: Library, name: str) -> list[Finding]:
    now = SystemClock().now()
    today = business_day(now, session.settings.tz)
    try:
        definition = scenarios.read(name)
        found = find(definition, session.settings, today)
        if not found:
            asl.check(compile_scenario(definition.scenario), definition.where())
            found = content_findings(definition, session.settings, now)
    except ScenarioError as error:
        return [Finding("language", error.what, error.where, error.remedy)]
    return found


@app.command("compile")
def compile_(ctx: typer.Context, name: Name) -> None:
    """Print the state machine (Amazon States Language) that the scenario becomes."""
    session: Session = ctx.obj
    definition = library(session.settings).read(name)
    compiled = compile_scenario(definition.scenario, claim_seconds=session.settings.claim_seconds)
    asl.check(compiled, definition.where())
    _print_json(compiled)


@app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Id of the new scenario: small letters, digits, underscores")],
    base: Annotated[str, typer.Option("--from", help="The scenario to copy")],
    title: Annotated[str | None, typer.Option(help="Its title; the base's when left out")] = None,
    target: Annotated[str | None, typer.Option(help="A saved segment as its target; the base's when left out")] = None,
) -> None:
    """Make a scenario in the workspace that copies another one and changes only what differs."""
    session: Session = ctx.obj
    scenarios = library(session.settings)
    original = scenarios.load(base)
    path = session.settings.home / "scenarios" / original.stage / name / FILE
    if name in scenarios.paths or path.exists():
        raise ScenarioError(f"there is a scenario {name!r} already", where=str(path), remedy="Choose another id.")
    if target is not None:
        _know(session, target)
    path.parent.mkdir(parents=True)
    path.write_text(copy_text(original, name, title or original.title, target), encoding="utf-8")
    library(session.settings).read(name)
    session.console.print(f"Wrote {path}", soft_wrap=True, highlight=False)


def _know(session: Session, segment: str) -> None:
    known = load_library(session.services)
    if segment not in known.saved:
        known.get(segment, "--target")


@app.command()
def run(
    ctx: typer.Context,
    name: Name,
    slot: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d %H:%M"], help="Slot, local time; now if none")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="A scenario started by hand needs it")] = False,
    format: Format = None,
) -> None:
    """Run a scenario for one slot on the local machine; its waits pass in no time, messages go to the outbox."""
    session: Session = ctx.obj
    if session.settings.env != "local":
        raise NotSupportedError(
            "a deployed scenario cannot be started from here in this version",
            remedy="Start its state machine with an input of slot_at.",
        )
    at = slot.replace(tzinfo=session.settings.tz) if slot else SystemClock().now()
    ran = run_scenario(session.settings, name, from_text(at.isoformat(timespec="seconds")), approved=approve)
    print_rows(session, ran.steps, title=_headline(ran), columns=STEP_COLUMNS, format=format)
    if ran.error:
        raise RunError(f"the run stopped: {ran.error}", where=name, remedy="Mend the cause and run it again.")


def _headline(ran: Ran) -> str:
    return f"{ran.run_id}: {ran.note}" if ran.note else f"{ran.run_id}: audience {ran.audience:,}"


@app.command()
def preview(
    ctx: typer.Context,
    name: Name,
    step: Annotated[str | None, typer.Option(help="A send step; the first when left out")] = None,
    channel: Annotated[Channel | None, typer.Option(help="The step's first channel when left out")] = None,
    customer: Annotated[str | None, typer.Option(help="For whom; with made-up blocks when left out")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the mail's HTML, or the JSON, here")] = None,
) -> None:
    """Show what a customer would be sent by a step now. Nothing is written to the lake, nothing goes out."""
    session: Session = ctx.obj
    definition = library(session.settings).read(name)
    chosen = send_step(definition.scenario, step) if step else first_send(definition.scenario)
    how = channel or chosen.send.channels[0]
    message = shown(preview_step(session.services, definition.bundle, chosen.id, how, customer_id=customer))
    if out is not None:
        out.write_text(message.html or message.payload, encoding="utf-8")
    said = (message.subject, message.payload or message.text)
    session.console.print(*said, sep="\n\n", markup=False, highlight=False, soft_wrap=True)


@app.command()
def replay(name: Name) -> None:
    """Run a scenario over past days without sending."""
    raise NotSupportedError(f"{name} cannot be replayed in this version", remedy="Count its target: segments count.")


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
