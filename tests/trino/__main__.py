"""`make trino`: every construct, view, segment and analysis case on a real Trino, over the files of the local lake.

Ends with 0 when every row is the same as DuckDB's, 1 when one differs, 2 when the server cannot be had. What became
of each case stands in build/trino.jsonl as soon as it is known, with Trino's statement where something differed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.trino import collect, server
from tests.trino.asked import Asked
from tests.trino.client import Client, Refused
from tests.trino.collect import Collector, Wanted
from tests.trino.compare import Difference, differences
from tests.trino.record import Outcome, Record

AT_ONCE = 3
"""Cases on the way at one time: planning waits more than it works."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that the server is stopped on the way out
    console = Console()
    chosen = _arguments()
    parts = {name: part for name, part in _parts(chosen).items() if not chosen.only or name in chosen.only}
    start = time.monotonic()
    with Record.open(go_on=chosen.go_on) as record:
        try:
            server.install()
            with tempfile.TemporaryDirectory(prefix="enishi-trino-") as folder, _progress(console) as progress:
                asked = _collected(parts, Path(folder), _wanted(chosen, record), progress)
                with server.running() as trino:
                    client = Client(trino.port)
                    outcomes = _compared(asked, client, record, progress)
                    memory = trino.memory
        except server.Unavailable as reason:
            console.print(f"[red]No Trino:[/red] {reason}")
            return 2
    _report(console, outcomes, f"{time.monotonic() - start:.0f} s, the server at most {memory:.1f} GB")
    console.print(f"Most stages: {client.most_stages()}; written first: {client.divided} questions")
    return int(any(one.differs for one in outcomes))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.trino", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*collect.ALL, "home"], help="these parts only")
    parser.add_argument("-k", nargs="+", default=[""], help="only cases whose name holds one of these texts")
    parser.add_argument("--first", action="store_true", help="of each analysis the first case only")
    parser.add_argument("--go-on", action="store_true", help="leave out what passed in the run that was broken off")
    parser.add_argument("--home", type=Path, help="also every analysis on the lake of this home (a copy of it)")
    return parser.parse_args()


def _wanted(chosen: argparse.Namespace, record: Record) -> Wanted:
    later = collect.later_cases() if chosen.first else frozenset()
    left_out = later | record.passed
    return lambda label: label not in left_out and any(text in label for text in chosen.k)


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


def _compared(asked: Iterator[Asked], client: Client, record: Record, progress: Progress) -> list[Outcome]:
    """What became of every case. Trino is asked while the next cases run on DuckDB."""
    bar = progress.add_task("Trino", total=None)

    def work(label: str, questions: list[Asked]) -> Outcome:
        outcome = _outcome(client, label, questions)
        record.add(outcome)
        for each in outcome.differs:
            progress.console.print(_line(each), highlight=False, soft_wrap=True)
        progress.update(bar, advance=len(questions))
        return outcome

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        cases = ((label, list(questions)) for label, questions in groupby(asked, key=attrgetter("label")))
        asking = [pool.submit(work, label, questions) for label, questions in cases]
        return [each.result() for each in asking]
    finally:
        pool.shutdown(cancel_futures=True)


def _outcome(client: Client, label: str, questions: list[Asked]) -> Outcome:
    start = time.monotonic()
    found = [each for one in questions for each in _difference(client, one)]
    compared = sum(one.run for one in questions)
    return Outcome(label, len(questions), compared, round(time.monotonic() - start, 1), tuple(found))


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


def _report(console: Console, outcomes: list[Outcome], spent: str) -> None:
    labels = {one.label for one in outcomes}
    wrong = {one.label for one in outcomes if one.differs}
    questions = sum(one.questions for one in outcomes)
    console.print(f"{len(labels)} cases, {questions} questions on Trino {server.VERSION} and DuckDB: {spent}.")
    console.print(f"{len(labels - wrong)} passed, {len(wrong)} failed; {collect.analyses_in(labels - wrong)} analyses")


if __name__ == "__main__":
    sys.exit(main())
