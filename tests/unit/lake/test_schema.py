"""Declarations, types and rows on their way into a table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from enishi.errors import LakeError
from enishi.lake import types
from enishi.lake.docs import page
from enishi.lake.rows import batches, conform
from enishi.lake.schema import Folders, Monthly, named, read_table, table, tables

DECLARED = """
name: things
ja: もの
grain: one row a thing
key: [thing_id]
partition: {column: made_date, by: month}
database: lake
why: a test
columns:
  - {name: thing_id, type: string, meaning: Key.}
  - {name: made_date, type: date, meaning: Day.}
"""


def test_every_declared_table_holds_together() -> None:
    assert len(tables()) > 50
    assert all(table.key and table.arrow.names == list(table.names) for table in tables().values())


def test_a_partition_is_monthly_or_folders() -> None:
    assert table("orders").partition == Monthly(column="order_date", by="month")
    assert table("cohorts").partition == Folders(folders=("cohort_id", "arm"))


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(LakeError, match="Did you mean customers"):
        table("custmers")
    with pytest.raises(LakeError, match="Did you mean order_date"):
        table("orders").column("order_dat")


def test_a_table_is_named_in_its_own_schema_only() -> None:
    assert named("", "orders").name == "orders"
    assert named("pii", "customer_contacts").qualified == "pii.customer_contacts"
    with pytest.raises(LakeError, match=r"It is called pii\.customer_contacts"):
        named("", "customer_contacts")
    with pytest.raises(LakeError, match="It is called orders"):
        named("pii", "orders")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (DECLARED.replace("[thing_id]", "[id]"), "id is in the key"),
        (DECLARED.replace("type: date", "type: day"), "not a column type"),
        (DECLARED.replace("name: made_date", "name: thing_id"), "stands twice"),
        (DECLARED.replace("column: made_date", "column: sold_date"), "sold_date is in the key or the partition"),
        ("name: [", "does not hold"),
    ],
)
def test_a_declaration_that_does_not_hold_is_refused(wrong: str, says: str) -> None:
    with pytest.raises(LakeError, match=says):
        read_table(wrong, "things.yaml")


@pytest.mark.parametrize(
    ("declared", "athena", "duckdb", "arrow"),
    [
        ("string", "varchar", "VARCHAR", pa.string()),
        ("timestamp", "timestamp(6)", "TIMESTAMP", pa.timestamp("us")),
        ("decimal(18,2)", "decimal(18,2)", "DECIMAL(18,2)", pa.decimal128(18, 2)),
        ("array<decimal(18,2)>", "array(decimal(18,2))", "DECIMAL(18,2)[]", pa.list_(pa.decimal128(18, 2))),
        ("map<string,array<int>>", "map(varchar,array(integer))", "MAP(VARCHAR, INTEGER[])",
         pa.map_(pa.string(), pa.list_(pa.int32()))),
    ],
)  # fmt: skip
def test_a_type_in_every_engine(declared: str, athena: str, duckdb: str, arrow: pa.DataType) -> None:
    kind = types.parse(declared)
    found = (types.to_athena(kind), types.to_duckdb(kind), types.to_arrow(kind), types.to_glue(kind))
    assert found == (athena, duckdb, arrow, declared)


@pytest.mark.parametrize("wrong", ["text", "decimal(18)", "map<string>", "array<>", "array<string,int>"])
def test_what_is_no_type_is_refused(wrong: str) -> None:
    with pytest.raises(LakeError, match="is not a column type"):
        types.parse(wrong)


def test_rows_take_the_declared_order_and_types() -> None:
    given = pa.table({
        "net_amount": [Decimal("1.50")], "order_id": ["O1"],
        "ordered_at": pa.array([datetime(2026, 1, 1, 9, tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")),
    })  # fmt: skip
    rows = conform(table("orders"), given)
    assert rows.schema == table("orders").arrow
    assert rows.column("ordered_at").to_pylist() == [datetime(2026, 1, 1, 9)]
    assert rows.column("status").to_pylist() == [None]


def test_an_error_names_the_column_and_not_the_value() -> None:
    with pytest.raises(LakeError) as refused:
        conform(table("order_lines"), pa.table({"order_id": ["O"], "line_no": [1], "quantity": ["secret"]}))
    assert "quantity" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_an_empty_stream_is_one_empty_batch() -> None:
    empty = pa.table({"a": pa.array([], pa.int64())})
    assert [part.num_rows for part in batches(empty.to_reader())] == [0]


def test_the_page_of_the_lake_is_up_to_date() -> None:
    assert (Path(__file__).parents[3] / "docs" / "lake.md").read_text("utf-8") == page()
