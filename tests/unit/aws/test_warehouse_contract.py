"""One contract for both warehouses: the local one, and the Athena adapter over the stand-in and a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from enishi.aws.athena import AthenaWarehouse
from enishi.aws.s3 import S3Blobs
from enishi.errors import LakeError, QueryError
from enishi.lake import sql
from enishi.local.athena_server import StoredWork, serve
from enishi.local.blobs import FolderBlobs
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Blobs, Upserted, Warehouse
from enishi.settings import Settings

SETTINGS = Settings(
    env="test", lake_database="lake_db", pii_database="pii_db", staging_database="staging_db", work_bucket="work"
)


class Bucket:
    """The stand-in's object store over boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=bucket, Key=key, Body=data)

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def list(self, bucket: str, prefix: str) -> list[tuple[str, str]]:
        found = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [(item["Key"], item["ETag"]) for item in found]


class Side:
    """A warehouse and the work store that it unloads to."""

    def __init__(self, warehouse: Warehouse, work: Blobs) -> None:
        self.warehouse = warehouse
        self.work = work

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.warehouse.query(sql.parse(text, "test")).to_pylist()

    def value(self, text: str) -> Any:
        [row] = self.rows(text)
        return next(iter(row.values()))


@pytest.fixture(params=["local", "athena"])
def side(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    if request.param == "local":
        local = LocalWarehouse(tmp_path, SETTINGS)
        yield Side(local, FolderBlobs(tmp_path / "work"))
        local.close()
        return
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="work")
        store = Bucket(s3)
        local = LocalWarehouse(tmp_path, SETTINGS, work=StoredWork(store, "work", tmp_path / "fetched"))
        server = serve(local, store, 0, SETTINGS)
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", f"http://127.0.0.1:{server.server_address[1]}")
        yield Side(AthenaWarehouse(SETTINGS, session, sleep=lambda _: None), S3Blobs(s3, "work"))
        server.shutdown()
        server.server_close()
        local.close()


def customers(*rows: tuple[str, str | None]) -> pa.Table:
    ids, statuses = zip(*rows, strict=True)
    return pa.table({"customer_id": list(ids), "status": pa.array(statuses, pa.string())})


def test_a_table_that_nobody_wrote_is_empty(side: Side) -> None:
    assert side.value("SELECT COUNT(*) FROM orders") == 0
    assert side.warehouse.snapshot("orders") == ""


def test_append_adds_rows_and_fills_missing_columns_with_null(side: Side) -> None:
    assert side.warehouse.append("customers", customers(("C1", "active"))) == 1
    assert side.warehouse.append("customers", customers(("C1", "active"))) == 1
    assert side.rows("SELECT customer_id, gender FROM customers") == [{"customer_id": "C1", "gender": None}] * 2


def test_every_type_comes_back_as_it_went(side: Side) -> None:
    row = {
        "order_id": "O'1;--",
        "ordered_at": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        "order_date": date(2026, 1, 2),
        "net_amount": Decimal("1234567.89"),
        "points_used": 2**40,
        "is_gift": True,
    }
    side.warehouse.append("orders", pa.Table.from_pylist([row]))
    text = "SELECT order_id, ordered_at, order_date, net_amount, points_used, is_gift, store_id FROM orders"
    assert side.rows(text) == [{**row, "ordered_at": datetime(2026, 1, 2, 3, 4, 5, 678901), "store_id": None}]
    kinds = side.warehouse.query(sql.parse(text, "test")).schema.types
    assert kinds == [
        pa.string(), pa.timestamp("us"), pa.date32(), pa.decimal128(18, 2), pa.int64(), pa.bool_(), pa.string(),
    ]  # fmt: skip


def test_maps_and_arrays_come_back(side: Side) -> None:
    schema = pa.schema([("customer_id", pa.string()), ("attributes", pa.map_(pa.string(), pa.string()))])
    rows = pa.Table.from_pylist([{"customer_id": "C1", "attributes": [("size", "L, XL"), ("note", None)]}], schema)
    side.warehouse.append("customers", rows)
    assert side.value("SELECT attributes FROM customers") == [("size", "L, XL"), ("note", None)]
    assert side.value("SELECT ARRAY_AGG(customer_id ORDER BY customer_id) FROM customers") == ["C1"]


def test_an_empty_text_is_not_null(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", ""), ("C2", None)))
    assert side.rows("SELECT status FROM customers ORDER BY customer_id") == [{"status": ""}, {"status": None}]


def test_an_unknown_column_or_a_wrong_value_is_refused(side: Side) -> None:
    with pytest.raises(LakeError, match="no column nmae"):
        side.warehouse.append("products", pa.table({"product_id": ["P"], "nmae": ["x"]}))
    with pytest.raises(LakeError, match="does not fit the column quantity"):
        side.warehouse.append("order_lines", pa.table({"order_id": ["O"], "line_no": [1], "quantity": ["many"]}))
    with pytest.raises(LakeError, match="Did you mean orders"):
        side.warehouse.append("order", pa.table({"order_id": ["O"]}))


def test_append_of_a_query_and_of_a_stream(side: Side) -> None:
    stream = customers(("C1", "active"), ("C2", "active")).to_reader(max_chunksize=1)
    assert side.warehouse.append("customers", stream) == 2
    query = sql.parse("SELECT customer_id || '-2' AS customer_id, 'copied' AS status FROM customers", "test")
    assert side.warehouse.append("customers", query) == 2
    assert side.value("SELECT COUNT(*) FROM customers WHERE customer_id LIKE 'C_-2' AND status = 'copied'") == 2


def test_upsert_inserts_updates_and_leaves_equal_rows_alone(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "active"), ("C2", "active")))
    rows = customers(("C1", "active"), ("C2", "withdrawn"), ("C3", "active"))
    assert side.warehouse.upsert("customers", rows) == Upserted(inserted=1, updated=1)
    before = side.warehouse.snapshot("customers")
    assert side.warehouse.upsert("customers", rows) == Upserted(inserted=0, updated=0)
    assert side.warehouse.snapshot("customers") == before
    assert side.rows("SELECT customer_id, status FROM customers ORDER BY customer_id") == rows.to_pylist()


def test_upsert_keeps_columns_that_the_source_lacks(side: Side) -> None:
    both = pa.table({"customer_id": ["C1"], "status": ["active"], "gender": ["female"]})
    side.warehouse.append("customers", both)
    side.warehouse.upsert("customers", customers(("C1", "withdrawn"), ("C2", "active")))
    assert side.rows("SELECT gender, status FROM customers ORDER BY customer_id") == [
        {"gender": "female", "status": "withdrawn"},
        {"gender": None, "status": "active"},
    ]


def test_upsert_of_null_clears_a_value(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "active")))
    assert side.warehouse.upsert("customers", customers(("C1", None))) == Upserted(0, 1)
    assert side.rows("SELECT status FROM customers") == [{"status": None}]


def test_of_several_rows_with_one_key_the_last_wins(side: Side) -> None:
    rows = customers(("C1", "first"), ("C2", "only"), ("C1", "last"))
    assert side.warehouse.upsert("customers", rows) == Upserted(2, 0)
    assert side.value("SELECT status FROM customers WHERE customer_id = 'C1'") == "last"


def test_upsert_refuses_a_missing_or_null_key(side: Side) -> None:
    with pytest.raises(LakeError, match="key column customer_id is missing"):
        side.warehouse.upsert("customers", pa.table({"status": ["active"]}))
    with pytest.raises(LakeError, match="key column customer_id is null"):
        side.warehouse.upsert("customers", pa.table({"customer_id": pa.array([None], pa.string())}))


def test_upsert_of_a_query(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "active"), ("C2", "active")))
    query = sql.parse("SELECT customer_id, 'withdrawn' AS status FROM customers WHERE customer_id = 'C2'", "test")
    assert side.warehouse.upsert("customers", query) == Upserted(0, 1)
    assert side.value("SELECT COUNT(*) FROM customers WHERE status = 'withdrawn'") == 1


def test_upsert_across_partitions(side: Side) -> None:
    january, march = date(2026, 1, 31), date(2026, 3, 1)
    rows = pa.table({"order_id": ["A", "B"], "order_date": [january, march], "store_id": ["S1", "S1"]})
    side.warehouse.append("orders", rows)
    moved = pa.table({"order_id": ["A"], "order_date": [march]})
    assert side.warehouse.upsert("orders", moved) == Upserted(0, 1)
    assert side.value("SELECT COUNT(*) FROM orders WHERE order_date = DATE '2026-03-01' AND store_id = 'S1'") == 2


def test_replace_is_the_whole_content(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "active"), ("C1", "twice"), ("C2", "active")))
    assert side.warehouse.replace("customers", customers(("C1", "new"), ("C9", "new"))) == 2
    assert side.rows("SELECT customer_id, status FROM customers ORDER BY customer_id") == [
        {"customer_id": "C1", "status": "new"},
        {"customer_id": "C9", "status": "new"},
    ]
    query = sql.parse("SELECT customer_id FROM customers WHERE customer_id = 'C9'", "test")
    assert side.warehouse.replace("customers", query) == 1
    assert side.value("SELECT COUNT(*) FROM customers") == 1
    assert side.warehouse.replace("customers", customers(("x", "y")).slice(0, 0)) == 0
    assert side.value("SELECT COUNT(*) FROM customers") == 0


def test_delete_counts_and_keeps_rows_for_which_nothing_is_known(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "active"), ("C2", "blocked"), ("C3", None)))
    assert side.warehouse.delete("customers", sql.parse_condition("status = 'blocked'", "test")) == 1
    assert side.warehouse.delete("customers", sql.parse_condition("status = 'blocked'", "test")) == 0
    assert side.rows("SELECT customer_id FROM customers ORDER BY 1") == [{"customer_id": "C1"}, {"customer_id": "C3"}]


def test_delete_by_a_subquery(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "merged"), ("C2", "active")))
    side.warehouse.append("pii.customer_contacts", pa.table({
        "customer_id": ["C1", "C2"], "channel": ["mail", "mail"], "address": ["a@example.jp", "b@example.jp"],
    }))  # fmt: skip
    gone = "customer_id IN (SELECT customer_id FROM customers WHERE status = 'merged')"
    assert side.warehouse.delete("pii.customer_contacts", sql.parse_condition(gone, "test")) == 1
    assert side.value("SELECT COUNT(*) FROM pii.customer_contacts") == 1


def test_unload_in_folders_and_reading_it_as_a_work_table(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "a"), ("C2", "a"), ("C3", "b")))
    query = sql.parse("SELECT status AS arm, customer_id FROM customers", "test")
    for _ in range(2):
        done = side.warehouse.unload(query, "cohorts/cohort_id=R1", partition_by=["arm"])
        assert done.rows == {"arm=a": 2, "arm=b": 1}
        assert done.total == 3
    assert [key.split("/")[:3] for key in done.files] == [
        ["cohorts", "cohort_id=R1", "arm=a"],
        ["cohorts", "cohort_id=R1", "arm=b"],
    ]
    with side.work.open(done.files[0]) as stream:
        assert pq.ParquetFile(stream).schema_arrow.names == ["customer_id"]
    text = "SELECT COUNT(*) FROM work.cohorts AS k WHERE k.cohort_id = 'R1' AND k.arm = '{}'"
    assert side.value(text.format("a")) == 2
    assert side.value(text.format("none")) == 0


def test_unload_without_folders_and_of_nothing(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "a")))
    done = side.warehouse.unload(sql.parse("SELECT customer_id FROM customers", "test"), "parts/x")
    assert (len(done.files), dict(done.rows)) == (1, {"": 1})
    none = sql.parse("SELECT customer_id FROM customers WHERE status = 'z'", "test")
    assert side.warehouse.unload(none, "parts/x").files == ()
    assert side.work.list("parts/x") == []


def test_a_joined_work_table_narrows_by_its_own_condition(side: Side) -> None:
    side.warehouse.append("customers", customers(("C1", "a"), ("C2", "a")))
    one = sql.parse("SELECT 'all' AS arm, customer_id FROM customers WHERE customer_id = 'C1'", "test")
    side.warehouse.unload(one, "cohorts/cohort_id=R1", partition_by=["arm"])
    text = (
        "SELECT c.customer_id FROM work.cohorts AS k JOIN customers AS c ON c.customer_id = k.customer_id "
        "WHERE k.cohort_id = 'R1' AND k.arm = 'all'"
    )
    assert side.rows(text) == [{"customer_id": "C1"}]


def test_views_are_there(side: Side) -> None:
    side.warehouse.append("customers", pa.table({
        "customer_id": ["C1", "C2"], "status": ["merged", "active"], "merged_into": ["C2", None],
    }))  # fmt: skip
    assert side.value("SELECT person_id FROM v_identity WHERE customer_id = 'C1'") == "C2"


def test_mistakes_in_a_query_are_explained(side: Side) -> None:
    with pytest.raises(QueryError, match="ntile"):
        side.rows("SELECT NTILE(5) OVER (ORDER BY customer_id) FROM customers")
    with pytest.raises(LakeError, match="Did you mean customers"):
        side.rows("SELECT 1 FROM customer")
    with pytest.raises(QueryError, match="nope"):
        side.rows("SELECT nope FROM customers")


def test_values_never_break_out_of_a_query(side: Side) -> None:
    side.warehouse.append("customers", customers(("x' OR '1'='1", "a"), ("C2", "b")))
    condition = sql.column("", "customer_id").eq(sql.literal("x' OR '1'='1"))
    assert side.warehouse.delete("customers", condition) == 1
    assert side.value("SELECT COUNT(*) FROM customers") == 1


def test_more_rows_than_a_page(side: Side) -> None:
    side.warehouse.append("customers", pa.table({"customer_id": [f"C{n:05d}" for n in range(2500)]}))
    rows = side.rows("SELECT customer_id FROM customers ORDER BY customer_id")
    assert [rows[0], rows[999], rows[1000], rows[-1]] == [{"customer_id": f"C{n:05d}"} for n in (0, 999, 1000, 2499)]
    assert len(rows) == 2500


SELF_JOINS = (("seen", 3), ("again", 11))


def test_a_statement_that_is_too_large_for_one_plan_has_its_answer_and_leaves_nothing(side: Side) -> None:
    rows = [{"order_id": f"O{n}", "ordered_at": datetime(2026, 1, n, 3, 0, 0, 678901, UTC)} for n in (1, 2, 3)]
    side.warehouse.append("orders", pa.Table.from_pylist(rows))
    seen = "SELECT order_id, MAX(ordered_at) AS last_at FROM orders GROUP BY order_id"
    same = [" ".join(f"JOIN {of} AS t{n} ON t{n}.last_at = s.last_at" for n in range(n)) for of, n in SELF_JOINS]
    again = f"SELECT s.order_id, s.last_at FROM seen AS s {same[0]}"  # noqa: S608
    text = f"WITH seen AS ({seen}), again AS ({again}) SELECT s.order_id, s.last_at FROM again AS s {same[1]}"  # noqa: S608
    assert sql.stages(sql.parse(text, "test")) == 12 * (4 * 2 + 3) + 11
    expected = [{"order_id": row["order_id"], "last_at": row["ordered_at"].replace(tzinfo=None)} for row in rows]
    assert side.rows(f"{text} ORDER BY s.order_id") == expected
    assert side.warehouse.unload(sql.parse(text, "test"), "large").total == 3
    assert list(side.work.list("athena/")) == []
