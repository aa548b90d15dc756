"""The `enishi` command: one file a group of commands, this one puts them together."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import click
import typer

from enishi import __version__
from enishi.cli.context import Session
from enishi.errors import EnishiError
from enishi.settings import from_environment

HELP = """\
Enishi (縁): one-to-one marketing for retailers with stores and an online shop.

Start with `enishi demo`: it makes a sample retailer, runs seven scenarios over a business day and shows what came out.
Every command works in one folder (`--home`); every command that lists or answers takes `--format json`.
"""

GROUPS = (
    "analyses",
    "sources",
    "loads",
    "quarantine",
    "segments",
    "scenarios",
    "collect",
    "identity",
    "connectors",
    "writeback",
)
COMMANDS = ("demo", "ingest", "unify", "sql", "results", "erase", "access", "retain")

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown")


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
    ctx.obj = Session(from_environment(home=home, env=env), format)


def _assemble() -> typer.Typer:
    for name in GROUPS:
        app.add_typer(import_module(f"enishi.cli.{name}").app, name=name)
    for name in COMMANDS:
        app.command(name)(import_module(f"enishi.cli.{name}").command)
    return app


def main() -> None:
    """Run a command; an error a user can meet is one paragraph on stderr and exit status 2, never a stack trace."""
    asked_json = "json" in sys.argv[1:]
    try:
        status = _assemble()(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except EnishiError as error:
        _explain(error, as_json=asked_json)
        sys.exit(2)
    except click.exceptions.Abort:
        sys.stderr.write("Stopped. Run the same command again: it goes on where it was.\n")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


def _explain(error: EnishiError, *, as_json: bool) -> None:
    text = json.dumps(error.as_dict(), ensure_ascii=False) if as_json else f"enishi: {error}"
    sys.stderr.write(text + "\n")
