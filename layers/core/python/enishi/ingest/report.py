"""What a load did: for the table on the screen, for `--format json`, for a Lambda's reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    LOADED = "loaded"
    ALREADY = "already_loaded"
    DRY = "dry_run"


@dataclass(frozen=True)
class TableLoad:
    """Rows that went into one table."""

    table: str
    rows: int
    inserted: int = 0
    updated: int = 0


@dataclass(frozen=True)
class Rejected:
    """How many rows a check refused: source column ("" = the whole row), reason, count."""

    column: str
    reason: str
    rows: int


@dataclass(frozen=True)
class LoadReport:
    """One file, loaded or not."""

    source: str
    file: str
    load_id: str
    status: Status
    rows_in: int = 0
    rows_rejected: int = 0
    tables: tuple[TableLoad, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    new_columns: tuple[str, ...] = field(default=())
    """Columns that no target takes: kept in `attributes` where a target says so."""

    @property
    def changed(self) -> tuple[str, ...]:
        """Tables in which a row changed."""
        return tuple(load.table for load in self.tables if load.inserted or load.updated)

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
            "quarantined": self.rows_rejected,
            "tables": ", ".join(f"{load.table} +{load.inserted:,} ~{load.updated:,}" for load in self.tables),
        }


def total(reports: Sequence[LoadReport]) -> tuple[int, int]:
    """Rows read and rows quarantined over several files."""
    return sum(report.rows_in for report in reports), sum(report.rows_rejected for report in reports)
