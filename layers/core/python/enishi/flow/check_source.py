"""Read a file dry by a mapping that may not be in force yet: what a load would do, and whether it would be stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enishi.errors import EnishiError, MappingError
from enishi.flow import ingest as flow
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.proposal.columns import kinds_of
from enishi.ingest.report import LoadReport, Rejected, Verdict
from enishi.ports import Services

CHECKED = "check/"
"""Where a file lies while it is checked; a file under `drop/` would load."""


@dataclass(frozen=True)
class Checked:
    """What a load of one file would do: its report, or why the whole file is refused; kinds of its new columns."""

    file: str
    report: LoadReport | None = None
    refused: EnishiError | None = None
    new_columns: Mapping[str, str] = field(default_factory=dict)
    kept: bool = True
    """Whether some target keeps new columns as attributes."""

    @property
    def stopped(self) -> bool:
        return self.refused is not None or bool(self.report and self.report.stops)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        if self.report is None:
            return {"file": self.file, "stopped": True, "refused": self.refused.as_dict() if self.refused else None}
        new = {"new_columns": dict(self.new_columns)}
        return {**self.report.as_dict(), **new, "file": self.file, "stopped": self.stopped}

    def rows(self) -> list[dict[str, Any]]:
        """One row a fact, for the table on the screen."""
        if self.report is None:
            return [self._row("refused", str(self.refused))]
        return [*self._loads(self.report), *self._troubles(self.report), *self._columns(self.report)]

    def _row(self, what: str, detail: str, rows: int | None = None) -> dict[str, Any]:
        return {"file": self.file, "what": what, "rows": rows, "detail": detail}

    def _loads(self, report: LoadReport) -> Iterator[dict[str, Any]]:
        for load in report.tables:
            counts = f"{load.inserted:,} new, {load.updated:,} changed, {load.unchanged:,} unchanged"
            gone = f", {load.removed:,} gone" if load.removed else ""
            yield self._row(f"→ {load.table}", counts + gone, load.rows)
        if report.rows_skipped:
            yield self._row("skipped", "the mapping's own conditions leave them out", report.rows_skipped)
        if report.rows_superseded:
            yield self._row("superseded", "a later file has the last word", report.rows_superseded)

    def _troubles(self, report: LoadReport) -> Iterator[dict[str, Any]]:
        yield from (self._row("quarantine", _reason(found), found.rows) for found in report.rejected)
        yield from (self._row("warning", _reason(found), found.rows) for found in report.warned)
        for check in report.checks:
            if check.verdict is not Verdict.HOLDS:
                yield self._row("stops" if check.verdict is Verdict.STOPS else "warning", check.sentence)

    def _columns(self, report: LoadReport) -> Iterator[dict[str, Any]]:
        for name in report.new_columns:
            where = f"attributes[{name!r}]" if self.kept else "nowhere: no target says attributes: true"
            yield self._row("own column", f"{name}: {self.new_columns.get(name, 'text')} → {where}")
        for name in report.lost_columns:
            yield self._row("warning", f"{name}: the file does not have this column")


def _reason(found: Rejected) -> str:
    rows = f", first rows {', '.join(map(str, found.first))}" if found.first else ""
    return f"{found.reason} in {found.column or 'the row'}{rows}"


def check_file(services: Services, source: SourceMapping, path: Path) -> Checked:
    """Read `path` by `source` and change nothing.

    Raises:
        MappingError: the mapping asks for what does not exist.
    """
    key = f"{CHECKED}{source.id}/{path.name}"
    services.raw.put(key, path.read_bytes())
    try:
        report = flow.assess(services, source, key)
        with services.raw.open(key) as stream:
            kinds = kinds_of(stream, source, report.new_columns, path.name) if report.new_columns else {}
        keeps = any(target.attributes for target in source.tables)
        return Checked(path.name, report, new_columns=kinds, kept=keeps)
    except MappingError:
        raise
    except EnishiError as error:
        return Checked(path.name, refused=error)
    finally:
        services.raw.delete(key)
