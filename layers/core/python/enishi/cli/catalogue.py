"""The catalogue of analyses as a folder of pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.progress import Progress

from enishi.analysis import library, own, pages, runner
from enishi.analysis.answer import Answer
from enishi.analysis.model import Analysis
from enishi.analysis.pages import Entry
from enishi.cli.answers import named
from enishi.cli.context import Session
from enishi.clock import business_day
from enishi.errors import EnishiError

MOST_ROWS = 300
"""Rows of a table on a page to browse; `enishi analyses run` gives all."""


@dataclass(frozen=True)
class Catalogue:
    """How many pages were written, and how many of them have no rows."""

    pages: int
    without: int


def write(session: Session, out: Path, as_of: str | None, category: str | None = None) -> Catalogue:
    """Run the analyses and write `index.html`, a page and a picture each, and the script that they share."""
    chosen = [one for one in library.shipped().values() if category in (None, one.category)]
    out.mkdir(parents=True, exist_ok=True)
    (out / pages.SCRIPT).write_text(pages.script(), encoding="utf-8")
    with Progress(console=session.errors, transient=True) as progress:
        bar = progress.add_task("analyses", total=len(chosen))
        entries = []
        for analysis in chosen:
            entries.append(_entry(session, analysis, out, as_of))
            progress.advance(bar)
    day = as_of or (business_day(session.services.clock.now(), session.settings.tz) - timedelta(days=1)).isoformat()
    index = pages.index_page(entries, library.categories(), retailer=session.settings.tenant, day=day)
    (out / "index.html").write_text(index, encoding="utf-8")
    return Catalogue(len(entries), sum(not entry.picture for entry in entries))


def _entry(session: Session, analysis: Analysis, out: Path, as_of: str | None) -> Entry:
    """An analysis that cannot be answered with its defaults keeps its place, with the reason."""
    try:
        answer = named(session, _answered(session, analysis, as_of))
    except EnishiError as error:
        answer = Answer(analysis, {}, runner.empty(analysis), reason=str(error))
    page = pages.answer_page(answer, script_at=pages.SCRIPT, home="index.html", most=MOST_ROWS)
    (out / f"{analysis.id}.html").write_text(page, encoding="utf-8")
    drawn = pages.picture(answer)
    if not drawn:
        return Entry(analysis, reason=answer.reason or "表のみ")
    (out / f"{analysis.id}.svg").write_text(drawn, encoding="utf-8")
    return Entry(analysis, f"{analysis.id}.svg")


def _answered(session: Session, analysis: Analysis, as_of: str | None) -> Answer:
    given = {**own.example(analysis), **({"as_of": as_of} if as_of else {})}
    return runner.run(session.services, runner.ask(session.services, analysis, given))
