"""How the answer of an analysis is printed or written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from enishi.analysis import formats, names, pages
from enishi.analysis.answer import Answer
from enishi.analysis.conditions import headline
from enishi.analysis.shown import NUMBERS, shown
from enishi.analysis.words import reading
from enishi.cli.context import Session
from enishi.cli.output import Record, plain, print_whole
from enishi.errors import AnalysisError
from enishi.scenario.library import library
from enishi.segment.problems import did_you_mean


def named(session: Session, answer: Answer) -> Answer:
    """The answer with the names of what it holds; a scenario whose definition does not hold keeps its id."""
    return names.named(session.services, answer, {"scenario": lambda _, ids: _titles(session, ids)})


def _titles(session: Session, ids: frozenset[str]) -> Mapping[str, str]:
    return {scenario.id: scenario.title for scenario in library(session.settings).readable(ids)}


def write(session: Session, answer: Answer, format: str, out: Path | None) -> None:
    """Print the answer, or write it to `out`.

    Raises:
        AnalysisError: there is no such format.
    """
    if format not in WRITERS:
        raise AnalysisError(f"there is no format {format}", where="--format", remedy=did_you_mean(format, WRITERS))
    WRITERS[format](session, answer, out)


def _table(session: Session, answer: Answer, _: Path | None) -> None:
    console = session.console
    asked = named(session, replace(answer, rows=answer.rows.slice(0, 0)))
    console.print(
        f"{answer.analysis.name.ja}  ({headline(asked)})", style="italic", markup=False, highlight=False, soft_wrap=True
    )
    table = Table(header_style="bold")
    for column in answer.columns:
        table.add_column(answer.label(column.name), justify="right" if column.type in NUMBERS else "left", no_wrap=True)
    records = _records(answer)
    for record in records:
        table.add_row(*[escape(text) for _, text in record])
    print_whole(console, table, records)
    for line in ([answer.reason] if answer.reason else []) + pages.below(answer):
        console.print(line, style="dim", markup=False, highlight=False)


def _records(answer: Answer) -> list[Record]:
    read = {column.name: reading(answer, column.name) for column in answer.columns}
    return [
        [(answer.label(each.name), shown(read[each.name](row[each.name]), each.type)) for each in answer.columns]
        for row in answer.rows.to_pylist()
    ]


def _json(_: Session, answer: Answer, out: Path | None) -> None:
    _text(json.dumps(formats.as_dict(answer), ensure_ascii=False, indent=2, default=plain) + "\n", out)


def _csv(_: Session, answer: Answer, out: Path | None) -> None:
    _text(formats.as_csv(answer), out)


def _text(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")


def _parquet(session: Session, answer: Answer, out: Path | None) -> None:
    _file(session, out or Path(f"{answer.analysis.id}.parquet"), formats.as_parquet(answer))


def _html(session: Session, answer: Answer, out: Path | None) -> None:
    _file(session, out or Path(f"{answer.analysis.id}.html"), pages.answer_page(named(session, answer)).encode())


def _png(session: Session, answer: Answer, out: Path | None) -> None:
    _file(session, out or Path(f"{answer.analysis.id}.png"), pages.png(named(session, answer)))


def _file(session: Session, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    session.console.print(f"written: {path}", highlight=False)


WRITERS: Mapping[str, Callable[[Session, Answer, Path | None], None]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
    "html": _html,
    "png": _png,
}
