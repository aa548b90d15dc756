"""What `load_log` knows of a source's earlier loads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from enishi.ingest.queries import ask
from enishi.ingest.stage import table_load_id
from enishi.ports import Warehouse

REMEMBERED = timedelta(days=100)
STOPPED, LOADED, REPAIRED = "stopped", "loaded", "repaired"


@dataclass(frozen=True)
class PastLoad:
    """One earlier file: how many rows, which columns, which share of each target column was empty."""

    rows_in: int
    columns: tuple[str, ...]
    empties: Mapping[str, float]


@dataclass(frozen=True)
class Past:
    """The source's earlier files, newest first, and which parts of this load are done."""

    loads: tuple[PastLoad, ...] = ()
    done: frozenset[str] = frozenset()

    def has(self, load: str, tables: Iterable[str]) -> bool:
        """Whether the log says that every table of this load was written."""
        return {table_load_id(load, table) for table in tables} <= self.done


def past_of(warehouse: Warehouse, source: str, load: str, today: date) -> Past:
    """Ask the log once, before a file is read."""
    rows = ask(warehouse, "history", source=source, since=today - REMEMBERED, prefix=f"{load}.").to_pylist()
    finished = [row for row in rows if row["status"] != STOPPED]
    by_load = {row["load_id"].partition(".")[0]: row for row in sorted(finished, key=lambda row: row["loaded_at"])}
    others = [row for name, row in by_load.items() if name != load and row["status"] != REPAIRED]
    return Past(tuple(_past(row) for row in reversed(others)), frozenset(row["load_id"] for row in finished))


def _past(row: Mapping[str, Any]) -> PastLoad:
    columns, empties = json.loads(row["columns"] or "[]"), json.loads(row["empties"] or "{}")
    return PastLoad(row["rows_in"] or 0, tuple(columns), dict(empties))
