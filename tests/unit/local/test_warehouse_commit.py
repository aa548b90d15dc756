"""Commits that any Iceberg reader understands: pyiceberg itself reads back what the local warehouse wrote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.table import Table as IcebergTable

from enishi.lake import sql
from enishi.lake.schema import table
from enishi.local.catalog import LocalCatalog
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

DELETED = 2


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LocalWarehouse]:
    warehouse = LocalWarehouse(tmp_path, Settings())
    yield warehouse
    warehouse.close()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[LocalCatalog]:
    opened = LocalCatalog(tmp_path)
    yield opened
    opened.close()


def order(number: int, month: int = 1, channel: str = "store") -> pa.Table:
    return pa.table({"order_id": [f"O{number}"], "order_date": [date(2026, month, 1)], "channel": [channel]})


def read_by_others(catalog: LocalCatalog) -> IcebergTable:
    return catalog.open(table("orders"))


def test_pyiceberg_reads_what_was_added_changed_and_deleted(lake: LocalWarehouse, catalog: LocalCatalog) -> None:
    for number in range(5):
        lake.upsert("orders", order(number, month=1 + number % 2))
    lake.upsert("orders", order(3, month=2, channel="ec"))
    lake.delete("orders", sql.parse_condition("order_id = 'O0'", "test"))
    rows = read_by_others(catalog).scan(selected_fields=("order_id", "channel")).to_arrow().to_pylist()
    found = sorted((row["order_id"], row["channel"]) for row in rows)
    assert found == [("O1", "store"), ("O2", "store"), ("O3", "ec"), ("O4", "store")]


def test_each_commit_is_a_snapshot_that_can_be_opened_again(lake: LocalWarehouse, catalog: LocalCatalog) -> None:
    lake.append("orders", order(1))
    first = lake.snapshot("orders")
    lake.append("orders", order(2))
    lake.upsert("orders", order(1, channel="ec"))
    found = read_by_others(catalog)
    assert found.scan(snapshot_id=int(first)).to_arrow().column("order_id").to_pylist() == ["O1"]
    history = [entry.snapshot_id for entry in found.history()]
    assert history[0] == int(first)
    assert history[-1] == int(lake.snapshot("orders"))
    assert [snapshot.summary.operation.value for snapshot in found.snapshots() if snapshot.summary] == [
        "append",
        "append",
        "overwrite",
    ]


def test_summaries_count_rows_and_files(lake: LocalWarehouse, catalog: LocalCatalog) -> None:
    lake.append("orders", order(1))
    lake.append("orders", order(2, month=2))
    lake.upsert("orders", order(2, month=2, channel="ec"))
    snapshot = read_by_others(catalog).current_snapshot()
    assert snapshot is not None
    assert snapshot.summary is not None
    said = snapshot.summary.additional_properties
    assert (said["total-records"], said["total-data-files"]) == ("2", "2")
    assert (said["added-records"], said["deleted-records"]) == ("1", "1")


def test_a_row_keeps_the_snapshot_that_brought_it(lake: LocalWarehouse, catalog: LocalCatalog) -> None:
    lake.append("orders", order(1, month=1))
    first = lake.snapshot("orders")
    lake.append("orders", order(2, month=2))
    lake.delete("orders", sql.parse_condition("order_id = 'O2'", "test"))
    entries = read_by_others(catalog).inspect.entries().to_pylist()
    [entry] = [entry for entry in entries if entry["status"] != DELETED]
    assert (entry["snapshot_id"], entry["sequence_number"]) == (int(first), 1)


def test_manifests_and_metadata_files_stay_few(lake: LocalWarehouse, catalog: LocalCatalog) -> None:
    for number in range(40):
        lake.append("orders", order(number, month=1 + number % 12))
    found = read_by_others(catalog)
    snapshot = found.current_snapshot()
    assert snapshot is not None
    assert len(snapshot.manifests(found.io)) <= 17
    folder = Path(found.metadata_location.removeprefix("file://")).parent
    assert len(list(folder.glob("*.metadata.json"))) <= 6
    assert found.scan().to_arrow().num_rows == 40


def test_pyiceberg_writes_on_after_us_and_we_after_it(lake: LocalWarehouse, catalog: LocalCatalog) -> None:
    lake.append("stores", pa.table({"store_id": ["S1"]}))
    found = catalog.open(table("stores"))
    found.append(pa.table({"store_id": ["S2"]}, schema=pa.schema([pa.field("store_id", pa.string())])))
    lake.append("stores", pa.table({"store_id": ["S3"]}))
    names = catalog.open(table("stores")).scan().to_arrow().column("store_id").to_pylist()
    assert sorted(names) == ["S1", "S2", "S3"]
