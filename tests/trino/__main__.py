"""`make trino`: every construct, view, segment and analysis case on a real Trino, over the files of the local lake.

Ends with 0 when every row is the same as DuckDB's, 1 when one differs, 2 when the server cannot be had. What differed
stands in build/trino.json, with the statement that Trino ran.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.trino import collect, server
from tests.trino.asked import Asked
from tests.trino.client import Client, Refused
from tests.trino.collect import Collector, Wanted
from tests.trino.compare import Difference, differences

REPORT = Path("build/trino.json")
AT_ONCE = 3
"""Questions on the way at one time: planning waits more than it works."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that the server is stopped on the way out
    console = Console()
    chosen = _arguments()
    parts = {name: part for name, part in _parts(chosen).items() if not chosen.only or name in chosen.only}
    start = time.monotonic()
    try:
        server.install()
        with tempfile.TemporaryDirectory(prefix="enishi-trino-") as folder, _progress(console) as progress:
            asked = _collected(parts, Path(folder), _wanted(chosen), progress)
            with server.running() as trino:
                client = Client(trino.port)
                labels, found = _compared(asked, client, progress)
                memory = trino.memory
    except server.Unavailable as reason:
        console.print(f"[red]No Trino:[/red] {reason}")
        return 2
    _report(console, labels, found, f"{time.monotonic() - start:.0f} s, the server at most {memory:.1f} GB")
    console.print(f"Most stages: {client.most_stages()}; written first: {client.divided} questions")
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.trino", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*collect.ALL, "home"], help="these parts only")
    parser.add_argument("-k", default="", help="only cases whose name holds this text")
    parser.add_argument("--first", action="store_true", help="of each analysis the first case only")
    parser.add_argument("--home", type=Path, help="also every analysis on the lake of this home (a copy of it)")
    return parser.parse_args()


def _wanted(chosen: argparse.Namespace) -> Wanted:
    later = collect.later_cases() if chosen.first else frozenset()
    return lambda label: chosen.k in label and label not in later


def _parts(chosen: argparse.Namespace) -> Mapping[str, Collector]:
    return {**collect.ALL, "home": collect.of_home(chosen.home)} if chosen.home else collect.ALL


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _collected(parts: Mapping[str, Collector], folder: Path, wanted: Wanted, progress: Progress) -> Iterator[Asked]:
    for name, part in parts.items():
        bar = progress.add_task(f"DuckDB: {name}", total=None)
        count = 0
        for one in part(folder, wanted):
            count += 1
            progress.update(bar, advance=1)
            yield one
        progress.update(bar, total=count)


def _compared(asked: Iterator[Asked], client: Client, progress: Progress) -> tuple[list[str], list[Difference]]:
    """The label of every question, and what differed. Trino is asked while the next cases run on DuckDB."""
    bar = progress.add_task("Trino", total=None)
    labels: list[str] = []
    found: list[Difference] = []

    def work(one: Asked) -> None:
        differs = _difference(client, one)
        for each in differs:
            progress.console.print(_line(each), highlight=False, soft_wrap=True)
        found.extend(differs)
        progress.update(bar, advance=1)

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        asking = []
        for one in asked:
            labels.append(one.label)
            asking.append(pool.submit(work, one))
        progress.update(bar, total=len(labels))
        for each in asking:
            each.result()
    finally:
        pool.shutdown(cancel_futures=True)
    return labels, sorted(found, key=lambda one: one.label)


def _line(one: Difference) -> str:
    return f"[red]{one.kind}[/red] {escape(one.label)}\n    {escape(one.told[:600])}"


def _difference(client: Client, one: Asked) -> list[Difference]:
    """What is wrong with one question, at most one thing."""
    try:
        statement, answer = client.ask(one)
    except Refused as refusal:
        return (
            [] if one.run and one.rows is None else [Difference(one.label, "refused", str(refusal), refusal.statement)]
        )
    if not one.run:
        return []
    if one.rows is None:
        return [Difference(one.label, "not refused", f"Trino says {answer.rows[:1]}", statement)]
    kind, _, told = differences(one, answer).partition(": ")
    return [Difference(one.label, kind, told, statement)] if kind else []


def _report(console: Console, labels: list[str], found: list[Difference], spent: str) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1), encoding="utf-8")
    cases = len(set(labels))
    wrong = len({one.label for one in found})
    console.print(f"{cases} cases, {len(labels)} questions on Trino {server.VERSION} and DuckDB: {spent}.")
    console.print(f"{cases - wrong} passed, {wrong} failed")


if __name__ == "__main__":
    sys.exit(main())
