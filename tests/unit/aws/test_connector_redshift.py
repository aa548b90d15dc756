"""Fetching from Redshift: the real client and flow over a Data API that runs on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest

from enishi.aws.redshift import RedshiftDatabase
from enishi.clock import ManualClock, from_text
from enishi.errors import ConnectorError, LakeError, NotSupportedError
from enishi.flow.fetch import check, fetch, watermark
from enishi.flow.ingest import catalogue
from enishi.flow.tasks import perform
from enishi.ingest.mapping import Mapping
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings
from tests.unit.aws.http_service import serving
from tests.unit.aws.redshift_service import FakeRedshift

BUCKET = "enishi-raw"
MAPPING = """
id: dwh_orders
title: 受注（DWH）
system: dwh
zone: UTC
from:
  redshift:
    workgroup: dwh
    database: sales
    role: arn:aws:iam::123456789012:role/unload
    table: mart.orders
    incremental: {column: updated_at, lookback: 2 days}
schedule: "05:30"
tables:
  - table: orders
    columns:
      order_id: order_no
      customer_id: {from: member_no, id: C}
      ordered_at: ordered_at
      net_amount: amount
"""
ROWS = """
CREATE SCHEMA mart;
CREATE TABLE mart.orders (
  order_no VARCHAR, member_no VARCHAR, ordered_at TIMESTAMP, amount DECIMAL(12,2), updated_at TIMESTAMP
);
INSERT INTO mart.orders VALUES
  ('O1', '001', '2026-11-18 01:00:00', 1200, '2026-11-18 01:00:00'),
  ('O2', '002', '2026-11-19 02:00:00', 3400, '2026-11-19 02:00:00'),
  ('O3', '003', '2026-11-20 03:00:00.123456', 560, '2026-11-20 03:00:00.123456');
"""


@dataclass
class World:
    services: Services
    redshift: FakeRedshift
    dwh: duckdb.DuckDBPyConnection

    @property
    def source(self) -> Mapping:
        return catalogue(self.services)["dwh_orders"]

    def orders(self) -> dict[str, Any]:
        rows = self.services.warehouse.query(sql.parse("SELECT order_id, net_amount FROM orders", "test"))
        return {row["order_id"]: int(row["net_amount"]) for row in rows.to_pylist()}

    def fetch(self, **given: Any) -> Any:
        return fetch(self.services, self.source, **given)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = Settings(home=tmp_path, raw_bucket=BUCKET)
    local = local_services(settings, ManualClock(from_text("2026-11-21T00:00:00Z")))
    local.raw.put("sources/dwh_orders.yaml", MAPPING.encode())
    dwh = duckdb.connect()
    dwh.execute(ROWS)
    redshift = FakeRedshift(dwh, local.raw, BUCKET)
    with serving(redshift) as service:
        client = boto3.client(
            "redshift-data",
            endpoint_url=service.url,
            region_name="ap-northeast-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        database = RedshiftDatabase(client, local.raw, BUCKET, sleep=lambda _: None)
        yield World(replace(local, databases={"redshift": database}), redshift, dwh)
        client.close()


def test_everything_comes_the_first_time(world: World) -> None:
    report = world.fetch()
    assert (report.rows, report.files, report.loaded) == (3, 2, 2)
    assert world.orders() == {"O1": 1200, "O2": 3400, "O3": 560}
    assert report.watermark == "2026-11-20 03:00:00.123456"


def test_late_rows_inside_the_lookback_are_upserts(world: World) -> None:
    world.fetch()
    world.dwh.execute("INSERT INTO mart.orders VALUES ('O0', '009', '2026-11-18 05:00:00', 90, '2026-11-18 05:00:00')")
    world.dwh.execute("UPDATE mart.orders SET amount = 3000, updated_at = '2026-11-21 00:00:00' WHERE order_no = 'O2'")
    report = world.fetch()
    assert report.since == "2026-11-18 03:00:00.123456"
    assert report.rows == 3
    assert world.orders() == {"O0": 90, "O1": 1200, "O2": 3000, "O3": 560}
    assert report.watermark == "2026-11-21 00:00:00"


def test_rows_before_the_lookback_are_not_asked_again(world: World) -> None:
    world.fetch()
    world.dwh.execute("INSERT INTO mart.orders VALUES ('OX', '009', '2026-11-01', 90, '2026-11-01')")
    world.fetch()
    assert "OX" not in world.orders()
    world.fetch(since="2026-11-02 00:00:00")
    assert world.orders()["OX"] == 90


def test_a_second_fetch_changes_nothing(world: World) -> None:
    world.fetch()
    before = world.services.warehouse.snapshot("orders")
    world.fetch()
    assert world.services.warehouse.snapshot("orders") == before


def test_a_fetch_that_broke_before_the_load_is_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise LakeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("enishi.flow.fetch.ingest", broken)
        with pytest.raises(LakeError, match="killed"):
            world.fetch()
    assert watermark(world.services, world.source) is None
    assert world.fetch().watermark == "2026-11-20 03:00:00.123456"
    assert len(world.orders()) == 3


def test_in_aws_the_inbox_loads_and_the_watermark_follows(world: World) -> None:
    perform(world.services, "fetch", {"source": "dwh_orders"})
    manifest, *parts = reversed(world.services.raw.list("drop/dwh_orders/"))
    assert [perform(world.services, "ingest", {"key": key})["status"] for key in reversed(parts)] == ["loaded"] * 2
    assert watermark(world.services, world.source) is None
    assert perform(world.services, "ingest", {"key": manifest})["status"] == "loaded"
    assert perform(world.services, "import_due", {})["late"] == 0
    assert watermark(world.services, world.source) == "2026-11-20 03:00:00.123456"


def test_a_part_waits_for_its_manifest(world: World) -> None:
    world.services.raw.put("drop/dwh_orders/x/0000_part_00.parquet", b"PAR1")
    answer = perform(world.services, "ingest", {"key": "drop/dwh_orders/x/0000_part_00.parquet"})
    assert (answer["status"], answer["waits"]) == ("waiting", "for manifest")


def test_a_statement_that_still_runs_is_waited_for(world: World) -> None:
    first = world.fetch(load=False)
    world.redshift.unloads[0].states.append("STARTED")
    again = world.fetch(load=False)
    assert again.fetch == first.fetch
    assert len(world.redshift.unloads) == 1


def test_a_busy_database_is_asked_again(world: World) -> None:
    world.redshift.refusals = ["ThrottlingException", "ActiveStatementsExceededException"]
    assert world.fetch().rows == 3


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("ERROR: permission denied for relation orders", "GRANT SELECT ON orders"),
        ("S3ServiceException:Access Denied,Status 403", "s3:PutObject"),
        ("ERROR: User arn:… is not authorized to assume IAM Role arn:…", "sts:AssumeRole"),
        ('ERROR: relation "mart.orders" does not exist', "there is no mart.orders in the database"),
        ("ABORTED", "stopped by somebody"),
        ("ERROR: invalid input syntax for integer: 山田花子", "query editor"),
    ],
)
def test_a_failed_statement_says_what_to_do(world: World, error: str, says: str) -> None:
    world.redshift.errors = [error]
    with pytest.raises(ConnectorError) as raised:
        world.fetch()
    assert says in str(raised.value)
    assert "山田" not in str(raised.value)
    assert world.orders() == {}


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDeniedException", "Allow redshift-data:ExecuteStatement"),
        ("ValidationException", "Correct workgroup"),
        ("ResourceNotFoundException", "Fetch again"),
    ],
)
def test_a_refused_call_says_what_to_do(world: World, code: str, says: str) -> None:
    world.redshift.refusals = [code]
    with pytest.raises(ConnectorError, match=says):
        world.fetch()


def test_an_expired_statement_is_fetched_anew(world: World) -> None:
    world.redshift.refusals = ["", "ResourceNotFoundException"]
    with pytest.raises(ConnectorError, match="24 hours"):
        world.fetch()
    world.redshift.forget()
    assert world.fetch().rows == 3


def test_check_takes_no_row(world: World) -> None:
    assert check(world.services, world.source) == ["order_no", "member_no", "ordered_at", "amount", "updated_at"]
    assert world.services.raw.list("drop/dwh_orders/") == []


def test_a_laptop_says_why_it_cannot(world: World) -> None:
    with pytest.raises(NotSupportedError, match="--env"):
        fetch(replace(world.services, databases={}), world.source)
