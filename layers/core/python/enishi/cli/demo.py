"""`enishi demo`: the whole loop in one command."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import RunError
from enishi.local import forks

if TYPE_CHECKING:
    from enishi.local.demo import Dataset, Stage, Summary

OUTCOMES = ("accepted", "refused", "suppressed", "unknown", "holdout", "quarantined")


def command(
    ctx: typer.Context,
    dataset_name: Annotated[str, typer.Option("--dataset", help="sample, or completejourney (real data)")] = "sample",
    members: Annotated[int, typer.Option(min=100, help="Members of the sample retailer")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed, another retailer")] = 1,
    business_date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day that is played")] = None,
    format: Annotated[str | None, typer.Option(help="table or json")] = None,
) -> None:
    """Make or take a retailer's raw files, load and unify them, run the scenarios over a business day and its waits.

    Messages are written to the outbox as files that you can open; people's reactions are simulated, landed and
    attributed; a report shows what came of each scenario. Run it again: nothing is sent twice.
    """
    forks.warm()
    from enishi.local.demo import dataset, run_demo

    session: Session = ctx.obj
    day: date | None = business_date.date() if business_date else None
    chosen = dataset(dataset_name, members=members, seed=seed, day=day)
    with _Bars(session.errors) as bars:
        summary = run_demo(session.settings, chosen, bars.watch)
    if (format or session.format) == "json":
        sys.stdout.write(json.dumps(summary.to_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        _tell(session, chosen, summary)
    _insist(summary)


def _insist(summary: Summary) -> None:
    """A demo that lost or doubled something is an error."""
    if summary.failed:
        raise RunError(f"{len(summary.failed)} run(s) stopped", where=summary.failed[0], remedy="Run the demo again.")
    if summary.duplicates or not summary.balanced:
        raise RunError(
            f"{summary.duplicates} duplicates; balanced: {summary.balanced}",
            where=str(summary.home),
            remedy="See `enishi results --balance`.",
        )


class _Bars:
    """Progress bars, one a station, on stderr."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description:<26}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
        )
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def watch(self, stage: Stage) -> None:
        if stage.title not in self._tasks:
            self._tasks[stage.title] = self._progress.add_task(stage.title, total=stage.total, note="")
        note = stage.note if stage.done < stage.total else ""
        self._progress.update(self._tasks[stage.title], completed=stage.done, total=stage.total, note=note)


def _tell(session: Session, chosen: Dataset, summary: Summary) -> None:
    console = session.console
    if summary.sent_now == 0 and summary.messages:
        console.print(
            f"\nNothing was sent again: all {summary.skipped} runs had finished before, "
            f"and their {summary.messages:,} messages stand in the outbox."
        )
    else:
        channels = ", ".join(f"{channel} {count:,}" for channel, count in summary.channels.items())
        console.print(f"\n[bold]{chosen.retailer}[/bold], {chosen.day}: {summary.messages:,} messages ({channels})")
    for note in chosen.notes:
        console.print(note, style="dim")
    console.print(f"Duplicates (customer × step): {summary.duplicates}")
    show(
        session, _balance(summary), title="The ledger's balance: audience = accepted + … + quarantined", format="table"
    )
    console.print("[bold]Look at[/bold]")
    for what, path in (("the report", "report.html"), ("the mails, LINE messages and pushes", "outbox")):
        console.print(f"  {what:<36} {summary.home / path}", soft_wrap=True)
    home = f"--home {summary.home} " if str(summary.home) != ".enishi" else ""
    console.print(f"  {'the tables':<36} enishi {home}segments list, enishi {home}results", soft_wrap=True)


def _balance(summary: Summary) -> list[dict[str, Any]]:
    steps = [
        {"scenario": step.scenario_id, "step": step.step_id, "audience": step.arrivals}
        | {name: getattr(step, name) for name in OUTCOMES}
        | {"balance": "ok" if step.not_yet == 0 else f"{step.not_yet:+,}"}
        for step in summary.balances
    ]
    total: dict[str, Any] = {"scenario": "all", "step": "", "audience": summary.total("arrivals")}
    total |= {name: summary.total(name) for name in OUTCOMES}
    return [*steps, {**total, "balance": "ok" if summary.balanced else "NOT BALANCED"}]
