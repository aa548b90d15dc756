"""The same statements through Athena: a load of the local lake and one through the stand-in end in the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from enishi.aws.athena import AthenaWarehouse
from enishi.clock import ManualClock
from enishi.flow import quarantine
from enishi.ingest.tombstones import NOBODY
from enishi.local.athena_server import StoredWork, serve
from enishi.local.services import local_services
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings
from tests.unit.aws.test_warehouse_contract import Bucket
from tests.unit.ingest.loading import NOW, World, source

SNAPSHOT = 'load: {mode: snapshot, name: "S_{date}.csv", missing: delete}'
DELTA = 'load: {mode: delta, name: "D_{date}.csv", flag: {column: flag, insert: [I], delete: [D]}}\nzone: UTC'
STOCK = """
  - table: inventory
    columns: {snapshot_date: day, store_id: shop, product_id: product, on_hand_qty: n}
"""


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[World]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    plain = local_services(Settings(home=tmp_path / "local"), ManualClock(NOW))
    settings = Settings(home=tmp_path / "aws", work_bucket="work", lake_database="lake_db", pii_database="pii_db")
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="work")
        engine = LocalWarehouse(tmp_path / "aws", settings, work=StoredWork(Bucket(s3), "work", tmp_path / "fetched"))
        server = serve(engine, Bucket(s3), 0, settings)
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", f"http://127.0.0.1:{server.server_address[1]}")
        athena = AthenaWarehouse(settings, session, sleep=lambda _: None)
        yield [World(plain), World(replace(plain, warehouse=athena))]
        server.shutdown()
        server.server_close()
        engine.close()
    plain.warehouse.close()  # type: ignore[attr-defined]


def both(sides: list[World], query: str) -> list[tuple[object, ...]]:
    here, there = (side.rows(query) for side in sides)
    assert here == there
    return here


def test_late_snapshots_deltas_and_repaired_rows_end_the_same(sides: list[World]) -> None:
    shops, stock = source(SNAPSHOT), source(DELTA, STOCK, "stock")
    for side in sides:
        side.load(shops, "S_20261103.csv", "code,name\n3,c2\n2,b3\n")
        side.load(shops, "S_20261101.csv", "code,name\n1,a\n2,b\n")
        side.load(shops, "S_20261104.csv", "code,name\n2,b4\n")
        side.load(stock, "D_20261102.csv", "day,shop,product,n,flag\n2026-11-01,s,p,,D\n2026-11-01,s,q,x,I\n")
        side.load(stock, "D_20261101.csv", "day,shop,product,n,flag\n2026-11-01,s,p,5,I\n2026-11-01,s,r,6,I\n")
        side.load(stock, "D_20261103.csv", "day,shop,product,n,flag\n2026-11-01,s,r,,D\n")
    assert both(sides, "SELECT store_id, name FROM stores ORDER BY 1") == [("2", "b4")]
    assert both(sides, "SELECT product_id, on_hand_qty FROM inventory ORDER BY 1") == []
    for side in sides:
        data, _ = quarantine.exported(side.services, stock)
        quarantine.repair(side.services, stock, data.replace(b",q,x,", b",q,7,"), "e.csv", "hanako", NOBODY)
    assert both(sides, "SELECT product_id, on_hand_qty FROM inventory ORDER BY 1") == [("q", 7)]
    assert both(sides, "SELECT row_no, state, closed_by FROM pii.quarantine") == [(3, "repaired", "hanako")]
    columns = "load_id, table_name, row_key, says, source_order, scope"
    assert len(both(sides, f"SELECT {columns} FROM row_versions ORDER BY 1, 2, 3, 4")) == 14  # noqa: S608


def test_a_dry_run_counts_what_a_load_would_do(sides: list[World]) -> None:
    mapping = source("limits: {changed: 0.9, small: 1}")
    for side in sides:
        side.load(mapping, "1.csv", "code,name\n1,a\n2,b\n3,c\n")
        [table] = side.load(mapping, "2.csv", "code,name\n1,a\n2,other\n4,d\n", dry_run=True).tables
        assert (table.inserted, table.updated, table.unchanged) == (1, 1, 1)
    assert both(sides, "SELECT COUNT(*) FROM stores") == [(3,)]
