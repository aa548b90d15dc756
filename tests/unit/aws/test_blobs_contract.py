"""One contract for both blob stores: a folder and a bucket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from enishi.aws.s3 import S3Blobs
from enishi.errors import LakeError
from enishi.local.blobs import FolderBlobs
from enishi.ports import Blobs


@pytest.fixture(params=["folder", "bucket", "prefix"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "folder":
        yield FolderBlobs(tmp_path / "root")
        return
    with mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.create_bucket(Bucket="store")
        yield S3Blobs(client, "store", "tenant/" if request.param == "prefix" else "")


def test_what_is_put_is_got_and_replaced(blobs: Blobs) -> None:
    blobs.put("a/b.txt", b"one")
    blobs.put("a/b.txt", b"two")
    assert blobs.get("a/b.txt") == b"two"


def test_put_if_absent_writes_once(blobs: Blobs) -> None:
    assert blobs.put_if_absent("k", b"one") is True
    assert blobs.put_if_absent("k", b"two") is False
    assert blobs.get("k") == b"one"


def test_a_missing_object_is_a_lake_error_that_names_the_key(blobs: Blobs) -> None:
    with pytest.raises(LakeError, match="no/such"):
        blobs.get("no/such")
    with pytest.raises(LakeError, match="no/such"):
        blobs.open("no/such")


def test_list_is_sorted_and_takes_any_prefix(blobs: Blobs) -> None:
    for key in ("x/b", "x/a", "x/deep/c", "xy", "z"):
        blobs.put(key, b"")
    assert blobs.list("x/") == ["x/a", "x/b", "x/deep/c"]
    assert blobs.list("x") == ["x/a", "x/b", "x/deep/c", "xy"]
    assert blobs.list("") == ["x/a", "x/b", "x/deep/c", "xy", "z"]
    assert blobs.list("nothing/") == []


def test_delete_counts_and_leaves_the_rest(blobs: Blobs) -> None:
    for key in ("x/a", "x/deep/b", "y"):
        blobs.put(key, b"1")
    assert blobs.delete("x/") == 2
    assert blobs.delete("x/") == 0
    assert blobs.list("") == ["y"]


def test_a_stream_seeks_and_reads_parquet(blobs: Blobs) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"n": list(range(1000))}), sink)
    blobs.put("t.parquet", sink.getvalue().to_pybytes())
    with blobs.open("t.parquet") as stream:
        assert pq.ParquetFile(stream).metadata.num_rows == 1000
        stream.seek(0)
        assert stream.read(4) == b"PAR1"
        assert stream.seek(-4, 2) > 0
        assert stream.read() == b"PAR1"


@pytest.mark.parametrize("key", ["../out", "a/../../out", "/etc/x"])
def test_a_key_never_leaves_the_store(blobs: Blobs, key: str) -> None:
    with pytest.raises(LakeError, match="leave its folder"):
        blobs.put(key, b"")


def test_one_of_many_writers_wins(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    wins: list[int] = []
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        if store.put_if_absent("claim", str(number).encode()):
            wins.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1
    assert store.get("claim") == str(wins[0]).encode()
    assert store.list("") == ["claim"]
