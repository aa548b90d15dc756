"""What a load did, or would do: for the table on the screen, for `--format json`, for a Lambda's reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    LOADED = "loaded"
    ALREADY = "already_loaded"
    DRY = "dry_run"
    REPAIRED = "repaired"
    """Rows out of the quarantine, loaded afterwards."""


class Verdict(StrEnum):
    """What a check of the whole file says."""

    HOLDS = "holds"
    WARNS = "warns"
    STOPS = "stops"


@dataclass(frozen=True)
class Check:
    """A check of the whole file or an alarm threshold: what was measured, what was allowed, and what follows."""

    name: str
    verdict: Verdict
    measured: str
    limit: str

    @property
    def holds(self) -> bool:
        return self.verdict is Verdict.HOLDS

    @property
    def sentence(self) -> str:
        return f"{self.name} is {self.measured}, allowed is {self.limit}"


@dataclass(frozen=True)
class TableLoad:
    """Rows that went, or would go, into one table.

    `rows` were offered. Each is inserted, updated, unchanged, superseded (a later file has the last word), or repeated
    (the same key again in the file: one row of the table). `removed` rows left the table or were marked as gone.
    """

    table: str
    rows: int
    inserted: int = 0
    updated: int = 0
    superseded: int = 0
    removed: int = 0

    @property
    def unchanged(self) -> int:
        """Rows that the table had already, the repeated ones among them."""
        return self.rows - self.inserted - self.updated - self.superseded


@dataclass(frozen=True)
class Rejected:
    """How many rows a check refused: source column ("" = the whole row), reason, count, the first rows' numbers."""

    column: str
    reason: str
    rows: int
    first: tuple[int, ...] = ()


@dataclass(frozen=True)
class LoadReport:
    """One file, loaded or not; with `Status.DRY` what a load would do now."""

    source: str
    file: str
    load_id: str
    status: Status
    rows_in: int = 0
    rows_rejected: int = 0
    tables: tuple[TableLoad, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    new_columns: tuple[str, ...] = ()
    """Columns that no target takes: kept in `attributes` where a target says so."""
    lost_columns: tuple[str, ...] = ()
    """Optional columns of the mapping, and columns of the load before, that this file does not have."""
    checks: tuple[Check, ...] = ()
    warned: tuple[Rejected, ...] = ()
    """Rows that load although a check that only warns speaks against them."""
    rows_skipped: int = 0
    """Rows that make no row of any table, by the mapping's own conditions."""
    rows_superseded: int = 0
    """Rows about which a later file has the last word."""
    rows_tombstoned: int = 0
    """Rows of erased people: counted, kept nowhere, not even in quarantine."""
    accepted: str = ""
    """Why somebody let it pass although a check stopped it."""

    @property
    def changed(self) -> tuple[str, ...]:
        """Tables in which a row changed."""
        return tuple(load.table for load in self.tables if load.inserted or load.updated or load.removed)

    @property
    def stops(self) -> tuple[Check, ...]:
        """The checks that stop this load."""
        return tuple(check for check in self.checks if check.verdict is Verdict.STOPS)

    @property
    def rows_placed(self) -> int:
        """Rows that are in the tables now. read = placed + superseded + quarantined + skipped + tombstoned."""
        away = self.rows_rejected + self.rows_skipped + self.rows_superseded + self.rows_tombstoned
        return self.rows_in - away

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def as_row(self) -> dict[str, Any]:
        """One line of the summary table."""
        return {
            "source": self.source,
            "file": self.file,
            "status": str(self.status),
            "rows": self.rows_in,
            "placed": self.rows_placed if self.status is not Status.ALREADY else 0,
            "superseded": self.rows_superseded,
            "quarantined": self.rows_rejected,
            "skipped": self.rows_skipped,
            "tombstoned": self.rows_tombstoned,
            "tables": ", ".join(_counts(load) for load in self.tables),
        }


def _counts(load: TableLoad) -> str:
    removed = f" -{load.removed:,}" if load.removed else ""
    return f"{load.table} +{load.inserted:,} ~{load.updated:,}{removed}"


def total(reports: Sequence[LoadReport]) -> tuple[int, int]:
    """Rows read and rows quarantined over several files."""
    return sum(report.rows_in for report in reports), sum(report.rows_rejected for report in reports)
