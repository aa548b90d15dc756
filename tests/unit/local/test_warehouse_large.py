"""A merge of a stream that is larger than what is held at once gives what a merge in memory gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from enishi.errors import LakeError
from enishi.lake import rows, schema, sql
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

NAMES = ["order_id", "line_no", "order_date", "quantity"]
FORM = pa.schema([schema.table("order_lines").arrow.field(name) for name in NAMES])
Line = tuple[str, int | None, date, int]


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalWarehouse]:
    monkeypatch.setattr(rows, "BATCH", 4)
    found = LocalWarehouse(tmp_path, Settings(home=tmp_path))
    yield found
    found.close()


def stream(*lines: Line) -> pa.RecordBatchReader:
    batches = [pa.RecordBatch.from_pylist([dict(zip(NAMES, line, strict=True))], schema=FORM) for line in lines]
    return pa.RecordBatchReader.from_batches(FORM, batches)


def content(warehouse: LocalWarehouse) -> dict[tuple[str, int], tuple[str, int]]:
    query = sql.parse("SELECT order_id, line_no, order_date, quantity FROM order_lines", "q")
    return {
        (row["order_id"], row["line_no"]): (row["order_date"].isoformat(), row["quantity"])
        for row in warehouse.query(query).to_pylist()
    }


def day(month: int) -> date:
    return date(2026, month, 1)


def test_new_keys_over_several_parts(warehouse: LocalWarehouse) -> None:
    lines: list[Line] = [(f"R{number}", 1, day(1 + number % 2), number) for number in range(11)]
    done = warehouse.upsert("order_lines", stream(*lines))
    assert (done.inserted, done.updated) == (11, 0)
    assert content(warehouse) == {(f"R{n}", 1): (day(1 + n % 2).isoformat(), n) for n in range(11)}


def test_of_several_rows_with_one_key_the_last_wins(warehouse: LocalWarehouse, tmp_path: Path) -> None:
    """Twice in one part, over two parts, in two months, and all at once."""
    lines: list[Line] = [
        ("A", 1, day(1), 1),
        ("A", 1, day(2), 2),
        ("B", 1, day(1), 3),
        ("C", 1, day(1), 4),
        ("B", 1, day(1), 5),
        ("D", 1, day(1), 6),
        ("E", 1, day(1), 7),
        ("F", 1, day(1), 8),
        ("A", 1, day(3), 9),
        ("A", 1, day(1), 10),
    ]
    done = warehouse.upsert("order_lines", stream(*lines))
    assert (done.inserted, done.updated) == (6, 0)
    january = day(1).isoformat()
    assert content(warehouse) == {
        ("A", 1): (january, 10),
        ("B", 1): (january, 5),
        ("C", 1): (january, 4),
        ("D", 1): (january, 6),
        ("E", 1): (january, 7),
        ("F", 1): (january, 8),
    }
    kept = {path for path in (tmp_path / "lake").rglob("*.parquet") if "order_lines" in path.as_posix()}
    assert len(kept) == 3, "two parts without A and B, and what A and B became; other files are removed"


def test_known_keys_are_updated_and_the_rest_is_new(warehouse: LocalWarehouse) -> None:
    warehouse.upsert("order_lines", stream(*[(f"R{n}", 1, day(1), n) for n in range(6)]))
    changed: list[Line] = [(f"R{n}", 1, day(1 if n < 8 else 2), n * (10 if n == 2 else 1)) for n in range(10)]
    done = warehouse.upsert("order_lines", stream(*changed))
    assert (done.inserted, done.updated) == (4, 1)
    assert content(warehouse)["R2", 1] == (day(1).isoformat(), 20)
    assert len(content(warehouse)) == 10
    again = warehouse.upsert("order_lines", stream(*changed))
    assert (again.inserted, again.updated) == (0, 0)


def test_a_row_without_its_key_is_refused(warehouse: LocalWarehouse) -> None:
    lines: list[Line] = [(f"R{n}", None if n == 7 else 1, day(1), n) for n in range(9)]
    with pytest.raises(LakeError, match="line_no is null"):
        warehouse.upsert("order_lines", stream(*lines))
    assert content(warehouse) == {}
