"""What was asked of the local engine, and what it said: noted while the cases run as they always do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.local.warehouse import LocalWarehouse


@dataclass(frozen=True)
class World:
    """The home of a local lake, under a name that may stand in SQL."""

    name: str
    home: Path


@dataclass(frozen=True)
class Asked:
    """A question and DuckDB's answer; the answer is None where it refused."""

    label: str
    query: exp.Query
    rows: pa.Table | None
    world: World | None = None
    run: bool = True
    """False: Trino is only asked whether the statement is right: its names, functions and types."""


class Recorder:
    """A world's warehouse that hands on every question and its answer before it gives it."""

    def __init__(self, warehouse: LocalWarehouse, note: Callable[[exp.Query, pa.Table], None]) -> None:
        self._inner = warehouse
        self._note = note

    def query(self, query: exp.Query) -> pa.Table:
        rows = self._inner.query(query)
        self._note(query, rows)
        return rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
