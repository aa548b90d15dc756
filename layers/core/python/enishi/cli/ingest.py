"""`enishi ingest`: load the retailer's own files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.errors import EnishiError, SettingsError, SourceFileError
from enishi.flow import ingest as flow
from enishi.ingest.mapping import Mapping
from enishi.ingest.report import LoadReport, total

Job = tuple[Mapping, Path]


def command(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Source id; `enishi sources list` shows them")] = None,
    files: Annotated[list[Path] | None, typer.Argument(help="Files in that source's layout")] = None,
    all_in: Annotated[
        Path | None, typer.Option("--all", help="Load every file of a folder that a source takes")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Read and check; load nothing")] = False,
    accept: Annotated[str, typer.Option(help="Why files may pass that a check or a threshold stops")] = "",
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """Load files of a retailer's own layout. The same content again changes nothing; bad rows go to `quarantine`."""
    session: Session = ctx.obj
    jobs = _jobs(session, source, files or [], all_in)
    reports, failures = _run(session, jobs, dry_run=dry_run, accept=accept)
    if (format or session.format) == "json":
        show(session, [report.as_dict() for report in reports], format=format)
    else:
        show(session, [report.as_row() for report in reports], title=_title(reports), format=format)
    _complain(session, failures, len(jobs))


def _jobs(session: Session, source: str | None, files: Sequence[Path], folder: Path | None) -> list[Job]:
    known = flow.catalogue(session.services)
    if folder is not None:
        return flow.matching(known, folder)
    if source is None or not files:
        raise SettingsError(
            "nothing to load", where="enishi ingest", remedy="Give SOURCE and FILE..., or --all FOLDER."
        )
    for path in files:
        flow.readable(path).close()
    return [(known[source], path) for path in files]


def _run(
    session: Session, jobs: Sequence[Job], *, dry_run: bool, accept: str
) -> tuple[list[LoadReport], list[EnishiError]]:
    """Every file on its own: one that is refused does not hold up the others."""
    reports: list[LoadReport] = []
    failures: list[EnishiError] = []
    with _progress(session, len(jobs)) as step:
        for mapping, path in jobs:
            step.note(path.name)
            try:
                key = flow.drop(session.services, mapping, path)
                done = flow.ingest(session.services, mapping, key, dry_run=dry_run, accept=accept, progress=step.rows)
                reports.append(done)
            except EnishiError as error:
                failures.append(error)
            step.done()
    return reports, failures


def _complain(session: Session, failures: Sequence[EnishiError], files: int) -> None:
    """One refused file is the command's error; of several each is told, and the command's error counts them."""
    if len(failures) == 1:
        raise failures[0]
    for failure in failures:
        session.errors.print(f"enishi: {failure}", markup=False, highlight=False, soft_wrap=True)
    if failures:
        what = f"{len(failures)} of {files} files were refused; the others were loaded"
        raise SourceFileError(what, where="enishi ingest", remedy="Correct what stands above and run the same again.")


class _Step:
    """One bar over the files, and beside it the file at work and its rows."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=files)
        self._file = ""

    def note(self, file: str) -> None:
        self._file = file
        self._progress.update(self._task, description=file)

    def rows(self, count: int) -> None:
        self._progress.update(self._task, description=f"{self._file} {count:,} rows")

    def done(self) -> None:
        self._progress.advance(self._task)


@contextmanager
def _progress(session: Session, files: int) -> Iterator[_Step]:
    columns: tuple[Any, ...] = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    quiet = not session.errors.is_terminal
    with Progress(*columns, console=session.errors, transient=True, disable=quiet) as progress:
        yield _Step(progress, files)


def _title(reports: Sequence[LoadReport]) -> str:
    rows, rejected = total(reports)
    return f"{len(reports):,} files, {rows:,} rows, {rejected:,} in quarantine"
