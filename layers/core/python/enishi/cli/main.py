"""The `enishi` command: one file a group of commands, this one puts them together."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer._click.exceptions import ClickException  # typer has no public base of usage errors
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from enishi import __version__
from enishi.cli.context import Session
from enishi.errors import EnishiError

HELP = """\
Enishi (縁): one-to-one marketing for retailers with stores and an online shop.

Start with `enishi demo`: it makes a sample retailer, runs seven scenarios over a business day and shows what came out.
Every command works in one folder (`--home`); every command that lists or answers takes `--format json`.
"""

COMMANDS: Mapping[str, str] = {
    "demo": "Make or take a retailer's raw files, load and unify them, run the scenarios over a business day and its "
    "waits.",
    "ingest": "Load files of a retailer's own layout. The same content again changes nothing; bad rows go to "
    "`quarantine`.",
    "unify": "Find the records that are one person and join them; run it again and nothing changes.",
    "sql": "Ask the lake in Athena SQL: lake tables and views bare, `pii.customer_contacts`, `work.cohorts`.",
    "results": "What came of each scenario: audience, sent, delivered, opened, clicked, bought, increment over the "
    "holdout.",
    "erase": "Erase a person from tables, their past, files, runs under way and records; write a signed report.",
    "access": "Write all that is held about a person as JSON and as a page for them; on the screen only counts.",
    "retain": "Delete rows and snapshots past their age (tables declare it, `retention` of workspace.yaml overrides).",
}
GROUPS: Mapping[str, str] = {
    "analyses": "Analyses: 196 questions, each with a table, a chart and cells that open customers and products.",
    "sources": "Mappings from the retailer's own file layouts to tables.",
    "loads": "The load log: one row a file.",
    "quarantine": "Rows that were refused: see, repair, retry, discard.",
    "segments": "Segments: conditions that select customers.",
    "scenarios": "Scenarios: list, show, lint, compile, copy and run.",
    "collect": "What comes over the web, on this machine: events of the tag, clicks and opt-outs.",
    "identity": "One person, several records: evidence, merges, splits, review.",
    "connectors": "Sources that are fetched: Redshift, BigQuery, buckets.",
    "writeback": "Files for the core system: contact history, reactions, segments.",
}
"""Name of the module → the line that `enishi --help` shows. A test holds it to what the module itself says: listing
commands must not import what they work with."""


class _OnDemand(TyperGroup):
    """Imports a command's module when the command is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {name: TyperCommand(name, help=line) for name, line in {**COMMANDS, **GROUPS}.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, known, rest = super().resolve_command(ctx, args)
        return name, _command(name) if name else known, rest


def _command(name: str) -> Any:
    """The command or group, with its module."""
    module, alone = import_module(f"enishi.cli.{name}"), typer.Typer(rich_markup_mode="markdown")
    if name in GROUPS:
        alone.add_typer(module.app, name=name)
    else:
        alone.command(name)(module.command)
    return get_group(alone).commands[name]


app = typer.Typer(
    help=HELP, cls=_OnDemand, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown"
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"enishi {__version__}")
        raise typer.Exit


@app.callback()
def session(
    ctx: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Workspace folder; default ./.enishi")] = None,
    env: Annotated[str | None, typer.Option(help="A deployed environment; default local")] = None,
    format: Annotated[str, typer.Option(help="table, json or csv")] = "table",
    _version: Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True)] = False,
) -> None:
    from enishi.settings import from_environment

    ctx.obj = Session(from_environment(home=home, env=env), format)


def main() -> None:
    """Run a command; an error a user can meet is one paragraph on stderr and exit status 2, never a stack trace."""
    asked_json = "json" in sys.argv[1:]
    try:
        status = app(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except EnishiError as error:
        _explain(error, as_json=asked_json)
        sys.exit(2)
    except typer.Abort:
        sys.stderr.write("Stopped. Run the same command again: it goes on where it was.\n")
        sys.exit(130)
    except ClickException as error:
        error.show()
        sys.exit(error.exit_code)


def _explain(error: EnishiError, *, as_json: bool) -> None:
    text = json.dumps(error.as_dict(), ensure_ascii=False) if as_json else f"enishi: {error}"
    sys.stderr.write(text + "\n")
