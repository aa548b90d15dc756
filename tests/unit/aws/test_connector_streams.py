"""Streams into stores, and a write-back over Athena's protocol into a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from moto import mock_aws

from enishi.aws.athena import AthenaWarehouse
from enishi.aws.s3 import S3Blobs
from enishi.aws.s3_upload import PART
from enishi.clock import ManualClock, from_text
from enishi.errors import LakeError
from enishi.flow.write_back import write_again, write_back
from enishi.lake import schema
from enishi.local.athena_server import StoredWork, serve
from enishi.local.blobs import FolderBlobs
from enishi.local.services import local_services
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Blobs, Services
from enishi.results.writeback.declaration import parse
from enishi.settings import Settings
from tests.unit.aws.test_warehouse_contract import Bucket

SETTINGS = Settings(
    env="test", lake_database="lake_db", pii_database="pii_db", staging_database="staging_db", work_bucket="work"
)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for bucket in ("work", "exports"):
            client.create_bucket(Bucket=bucket)
        yield client


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, s3: Any) -> Blobs:
    return FolderBlobs(tmp_path) if request.param == "folder" else S3Blobs(s3, "exports")


@pytest.mark.parametrize("size", [0, 5, PART, 2 * PART + 7])
def test_what_is_written_stands_there_whole(store: Blobs, size: int) -> None:
    data = bytes(size)
    with store.create("a/b.dat") as stream:
        for start in range(0, size, 5_000_000):
            stream.write(data[start : start + 5_000_000])
        assert store.list("") == []
    assert store.get("a/b.dat") == data
    assert store.stat("a/b.dat").size == size


def write_and_break(store: Blobs) -> None:
    with store.create("a.dat") as stream:
        stream.write(bytes(PART + 1))
        raise LakeError("broken")


def test_an_error_leaves_nothing(store: Blobs, s3: Any) -> None:
    with pytest.raises(LakeError, match="broken"):
        write_and_break(store)
    assert store.list("") == []
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="exports")
    with pytest.raises(LakeError, match="no such object"):
        store.stat("a.dat")


@pytest.fixture
def deployed(tmp_path: Path, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A laptop's services with the warehouse and the stores of AWS, over the stand-in."""
    local = LocalWarehouse(tmp_path, SETTINGS, work=StoredWork(Bucket(s3), "work", tmp_path / "fetched"))
    server = serve(local, Bucket(s3), 0, SETTINGS)
    monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", f"http://127.0.0.1:{server.server_address[1]}")
    session = boto3.Session(region_name="us-east-1")
    warehouse = AthenaWarehouse(SETTINGS, session, sleep=lambda _: None)
    base = local_services(Settings(home=tmp_path / "home"), ManualClock(from_text("2026-11-21T00:00:00Z")))
    yield replace(base, warehouse=warehouse, work=S3Blobs(s3, "work"), exports=S3Blobs(s3, "exports"))
    server.shutdown()
    server.server_close()
    local.close()


HISTORY = """
id: history
rows: contacts
members: core
key: [message_id]
order: [message_id]
format: {header: false, line_end: lf}
file: "H_{sequence:02}.csv"
columns: {番号: member_number, 日: {from: happened_at, format: "%Y%m%d"}, 便: message_id}
"""


def test_a_write_back_on_athena(deployed: Services) -> None:
    def put(table: str, row: dict[str, Any]) -> None:
        form = schema.table(table.rpartition(".")[2]).arrow
        deployed.warehouse.upsert(table, pa.Table.from_pylist([row], schema=form))

    put("customers", {"customer_id": "C1", "status": "active"})
    put("pii.customer_numbers", {"customer_id": "C1", "system": "core", "number": "0001"})
    sent = datetime(2026, 11, 20, 16)
    put("messages", {"message_id": "M1", "customer_id": "C1", "sent_at": sent, "sent_date": sent.date()})
    declared = parse(HISTORY, "history")
    report = write_back(deployed, declared)
    assert deployed.exports is not None
    assert deployed.exports.get(report.file) == b"0001,20261121,M1\n"
    assert write_back(deployed, declared).rows == 0
    assert write_again(deployed, declared, report.run).same is True
