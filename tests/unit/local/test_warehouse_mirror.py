"""What the engine holds of a write equals what stands in the files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from enishi.lake.schema import Table, tables
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

VALUES: dict[str, Any] = {
    "string": "縁",
    "int": -7,
    "bigint": 2**53 + 1,
    "double": 0.1,
    "boolean": False,
    "date": date(2026, 11, 21),
    "timestamp": datetime(2026, 11, 21, 15, 0, 0, 123456),
    "binary": b"\x00\xff",
    "decimal": Decimal(1234),
    "array": [],
    "map": [("k", "v")],
}


def of_every_kind() -> Iterator[Table]:
    """Tables that together have every kind of column."""
    seen: set[str] = set()
    for declared in tables().values():
        kinds = {column.kind.name for column in declared.columns}
        if declared.database != "work" and kinds - seen:
            seen |= kinds
            yield declared


def rows(declared: Table, key: str) -> pa.Table:
    """A full row, and one that has its key only."""
    full = {column.name: VALUES[column.kind.name] for column in declared.columns}
    bare = {name: full[name] for name in declared.key}
    for row, suffix in ((full, "1"), (bare, "2")):
        row.update({name: f"{key}{suffix}" for name in declared.key if isinstance(row[name], str)})
    return pa.Table.from_pylist([full, bare], schema=declared.arrow)


def by_key(declared: Table, found: pa.Table) -> list[dict[str, Any]]:
    return found.sort_by([(name, "ascending") for name in declared.key]).to_pylist()


@pytest.mark.parametrize("declared", list(of_every_kind()), ids=lambda declared: declared.name)
def test_rows_just_written_are_those_of_the_files(declared: Table, tmp_path: Path) -> None:
    schema = None if declared.database == "lake" else declared.database
    whole = exp.select(exp.Star()).from_(exp.table_(declared.name, db=schema))
    writer = LocalWarehouse(tmp_path, Settings())
    writer.query(whole)
    for key in ("a", "b", "a"):
        writer.upsert(declared.qualified, rows(declared, key))
        reader = LocalWarehouse(tmp_path, Settings())
        assert by_key(declared, writer.query(whole)) == by_key(declared, reader.query(whole))
        reader.close()
    writer.close()
