"""What `make trino` calls a difference between two engines' answers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from enishi.lake.sql import parse
from tests.trino.asked import Asked
from tests.trino.compare import Answer, differences


def found(rows: pa.Table, columns: list[tuple[str, str]], theirs: list[tuple[Any, ...]], order: str = "") -> str:
    return differences(
        Asked("case", parse(f"SELECT 1 AS x {order}", "test"), rows), Answer(tuple(columns), tuple(theirs))
    )


@pytest.mark.parametrize(
    ("ours", "kind", "theirs"),
    [
        (pa.array([1], pa.int32()), "bigint", 1),
        (pa.array([Decimal("1.50")], pa.decimal128(18, 2)), "decimal(38,3)", Decimal("1.500")),
        (pa.array([0.1 + 0.2]), "double", 0.3),
        (pa.array([float("nan")]), "double", float("nan")),
        (pa.array([datetime(2026, 1, 1)]), "timestamp(6) with time zone", datetime(2026, 1, 1, tzinfo=UTC)),
        (pa.array([[{"p": 1, "q": "b"}]]), "array(row(p bigint, q varchar))", [(1, "b")]),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "map(varchar, bigint)", {"k": 1}),
        (pa.array([None], pa.null()), "varchar", None),
    ],
)
def test_the_same_in_other_words(ours: pa.Array, kind: str, theirs: Any) -> None:
    assert found(pa.table({"x": ours}), [("x", kind)], [(theirs,)]) == ""


@pytest.mark.parametrize(
    ("ours", "kind", "theirs", "says"),
    [
        ([1, 2], "bigint", [(1,), (3,)], "rows: DuckDB (2,) · Trino (3,)"),
        ([1, 2], "bigint", [(1,)], "rows: 2 rows on DuckDB, 1 on Trino"),
        ([1.0], "bigint", [(1,)], "types: x is double on DuckDB, whole number on Trino"),
        (["a"], "varchar", [("a ",)], "rows:"),
        ([None, 1], "bigint", [(0,), (1,)], "rows:"),
    ],
)
def test_another_value_is_told(ours: list[Any], kind: str, theirs: list[tuple[Any, ...]], says: str) -> None:
    assert found(pa.table({"x": ours}), [("x", kind)], theirs).startswith(says)


def test_the_order_counts_where_it_was_asked_for() -> None:
    rows, theirs = pa.table({"x": [1, 2]}), [(2,), (1,)]
    assert found(rows, [("x", "bigint")], theirs) == ""
    assert found(rows, [("x", "bigint")], theirs, "ORDER BY x").startswith("order:")
