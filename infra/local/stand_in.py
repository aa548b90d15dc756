"""Athena's stand-in over the emulator's buckets: the engine of the laptop behind the protocol of AWS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from enishi.local.athena_server import StoredWork, serve
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings
from infra.databases import Databases
from infra.environments import environment
from infra.local.account import bucket
from infra.local.emulator import ACCOUNT, BUILD, REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Buckets:
    """`enishi.local.athena_server.ObjectStore` over S3."""

    client: S3Client

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=data)

    def get(self, bucket: str, key: str) -> bytes:
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def list(self, bucket: str, prefix: str) -> list[tuple[str, str]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [(found["Key"], found["ETag"]) for page in pages for found in page.get("Contents", [])]


@contextmanager
def standing_in(port: int, emulator_port: int) -> Iterator[LocalWarehouse]:
    """Serve Athena on `port` over an empty lake; the warehouse is the one behind it, for looking at what landed."""
    home = BUILD / "lake"
    shutil.rmtree(home, ignore_errors=True)
    store = Buckets(_s3(emulator_port))
    work = StoredWork(store, bucket("work"), home / "objects")
    warehouse = LocalWarehouse(home, settings(home), work=work)
    server = serve(warehouse, store, port, settings(home))
    try:
        yield warehouse
    finally:
        server.shutdown()


def settings(home: Path) -> Settings:
    """The databases of the deployed environment."""
    chosen = environment("emulator")
    names = Databases(chosen)
    return Settings(
        home=home,
        zone=chosen.zone,
        lake_database=names.lake,
        pii_database=names.personal,
        staging_database=names.staging,
    )


def _s3(port: int) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="emulator",  # noqa: S106 no secret: the emulator asks for none
    )
