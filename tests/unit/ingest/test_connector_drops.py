"""Deliveries of several files: loaded when they are whole, compared with what was promised, and not before."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from enishi.clock import ManualClock, from_text
from enishi.errors import ConnectorError, MappingError, SourceFileError
from enishi.flow.ingest import catalogue
from enishi.flow.pick_up import pick_up
from enishi.flow.tasks import perform
from enishi.ingest.mapping import parse
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings

NOW = from_text("2026-11-21T00:00:00Z")
POINTS = """
id: points
files: "P*.csv"
from:
  s3: {COMPLETE}
zone: UTC
tables:
  - table: point_ledger
    columns:
      entry_id: no
      customer_id: {{from: member, id: C}}
      posted_at: at
      points: points
"""


def csv(first: int, rows: int) -> bytes:
    lines = (f"{number},m{number},2026-11-20 00:00:00,{number}" for number in range(first, first + rows))
    return ("no,member,at,points\n" + "\n".join(lines) + "\n").encode()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return local_services(Settings(home=tmp_path, raw_bucket="raw"), ManualClock(NOW))


def declare(services: Services, complete: str) -> None:
    services.raw.put("sources/points.yaml", POINTS.format(COMPLETE=complete).encode())


def put(services: Services, name: str, data: bytes = b"") -> Any:
    """Drop a file and let the inbox have it."""
    services.raw.put(f"drop/points/{name}", data)
    return perform(services, "ingest", {"key": f"drop/points/{name}"})


def entries(services: Services) -> int:
    rows = services.warehouse.query(sql.parse("SELECT COUNT(*) AS n FROM point_ledger", "test"))
    return int(rows.column(0)[0].as_py())


MANIFEST = "{complete: {manifest: '*.manifest'}}"


def manifest(*files: tuple[str, int | None]) -> bytes:
    said = [{"url": f"s3://raw/drop/points/{name}", "meta": {"content_length": size}} for name, size in files]
    return json.dumps({"entries": said}).encode()


def test_parts_wait_for_the_manifest_and_it_for_them(services: Services) -> None:
    declare(services, MANIFEST)
    first, second = csv(1, 2), csv(3, 1)
    assert put(services, "P1.csv", first)["status"] == "waiting"
    listed = manifest(("P1.csv", len(first)), ("P2.csv", len(second)))
    assert put(services, "all.manifest", listed)["waits"] == "for 1 of 2 files"
    assert entries(services) == 0
    assert put(services, "P2.csv", second)["status"] == "loaded"
    assert entries(services) == 3


def test_a_part_of_another_size_loads_nothing(services: Services) -> None:
    declare(services, MANIFEST)
    put(services, "P1.csv", csv(1, 2))
    with pytest.raises(SourceFileError, match="were promised"):
        put(services, "all.manifest", manifest(("P1.csv", 7)))
    assert entries(services) == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"entries": [{}]}', b"\xff"])
def test_a_manifest_that_is_none(services: Services, content: bytes) -> None:
    declare(services, MANIFEST)
    with pytest.raises(ConnectorError, match="manifest does not read"):
        put(services, "all.manifest", content)


def test_a_manifest_may_not_name_another_bucket(services: Services) -> None:
    declare(services, MANIFEST)
    with pytest.raises(ConnectorError, match="another bucket"):
        put(services, "all.manifest", b'{"entries": [{"url": "s3://other/P1.csv"}]}')


def test_a_last_file_says_that_all_is_there(services: Services) -> None:
    declare(services, "{complete: {success: _SUCCESS}}")
    assert put(services, "P1.csv", csv(1, 2))["waits"] == "for _SUCCESS"
    assert put(services, "P2.csv", csv(3, 1))["status"] == "waiting"
    assert put(services, "_SUCCESS")["status"] == "loaded"
    assert entries(services) == 3


TRIGGER = "{complete: {trigger: .done, check: [file, rows, md5]}}"


def sign(data: bytes, rows: int = 2, name: str = "P1.csv") -> bytes:
    return f"{name},{rows},{hashlib.md5(data, usedforsecurity=False).hexdigest().upper()}\r\n".encode()


@pytest.mark.parametrize("trigger", ["P1.csv.done", "P1.done"])
def test_a_trigger_file_releases_its_data_file(services: Services, trigger: str) -> None:
    declare(services, TRIGGER)
    data = csv(1, 2)
    assert put(services, "P1.csv", data)["status"] == "waiting"
    assert put(services, trigger, sign(data))["status"] == "loaded"
    assert entries(services) == 2


def test_a_trigger_may_come_first(services: Services) -> None:
    declare(services, TRIGGER)
    data = csv(1, 2)
    assert put(services, "P1.csv.done", sign(data))["waits"] == "for P1.csv"
    assert put(services, "P1.csv", data)["status"] == "loaded"


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (sign(csv(1, 2), rows=3), SourceFileError, "rows 2, and 3"),
        (sign(b"other"), SourceFileError, "md5"),
        (sign(csv(1, 2), name="Q.csv"), ConnectorError, "names another file"),
        (b"P1.csv,2", ConnectorError, "2 fields where 3"),
        (b"P1.csv,two,0", ConnectorError, "no number as rows"),
    ],
)
def test_what_differs_from_its_trigger_is_refused(
    services: Services, content: bytes, error: type[Exception], says: str
) -> None:
    declare(services, TRIGGER)
    put(services, "P1.csv", csv(1, 2))
    with pytest.raises(error, match=says):
        put(services, "P1.csv.done", content)
    assert entries(services) == 0


def test_a_file_rests_until_nobody_writes(services: Services) -> None:
    declare(services, "{complete: {stable: 10 minutes}}")
    source = catalogue(services)["points"]
    put_at(services, "P1.csv", csv(1, 2), age=timedelta(minutes=3))
    put_at(services, "P2.csv", csv(3, 1), age=timedelta(minutes=30))
    assert source.origin is not None
    assert source.origin.s3 is not None
    first = pick_up(services, source, source.origin.s3)
    assert (first["loaded"], first["waiting"], entries(services)) == (1, 1, 1)
    later = replace(services, clock=ManualClock(NOW + timedelta(minutes=8)))
    assert pick_up(later, source, source.origin.s3)["loaded"] == 1
    assert pick_up(later, source, source.origin.s3) == {"source": "points", "copied": 0, "loaded": 0, "waiting": 0}


def put_at(services: Services, name: str, data: bytes, age: timedelta) -> None:
    services.raw.put(f"drop/points/{name}", data)
    moment = (NOW - age).timestamp()
    os.utime(services.settings.home / "raw" / "drop" / "points" / name, (moment, moment))


def test_files_of_the_retailers_bucket_are_copied_once(services: Services) -> None:
    declare(services, "{bucket: transfer, prefix: out/, complete: {trigger: .done, check: [file, rows, md5]}}")
    source, data = catalogue(services)["points"], csv(1, 2)
    assert source.origin is not None
    assert source.origin.s3 is not None
    assert services.buckets is not None
    bucket = services.buckets("transfer")
    bucket.put("out/P1.csv", data)
    bucket.put("out/P2.csv", csv(3, 1))
    bucket.put("out/P1.csv.done", sign(data))
    assert pick_up(services, source, source.origin.s3) == {"source": "points", "copied": 1, "loaded": 1, "waiting": 0}
    assert pick_up(services, source, source.origin.s3)["copied"] == 0
    assert services.raw.list("checking/") == []
    assert entries(services) == 2


def test_a_broken_copy_is_not_left_behind(services: Services) -> None:
    declare(services, "{bucket: transfer, complete: {trigger: .done, check: [file, rows, md5]}}")
    source = catalogue(services)["points"]
    assert source.origin is not None
    assert source.origin.s3 is not None
    assert services.buckets is not None
    services.buckets("transfer").put("P1.csv", csv(1, 2))
    services.buckets("transfer").put("P1.csv.done", sign(b"other"))
    with pytest.raises(SourceFileError, match="md5"):
        pick_up(services, source, source.origin.s3)
    assert services.raw.list("drop/") == services.raw.list("checking/") == []


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("{complete: {}}", "exactly one of manifest, success, trigger, stable"),
        ("{complete: {stable: soon}}", "length of time"),
        ("{complete: {success: X, check: [rows]}}", "check says"),
        ("{complete: {trigger: done}}", "an ending"),
    ],
)
def test_a_wrong_sign_is_refused(said: str, says: str) -> None:
    with pytest.raises(MappingError, match=says):
        parse(POINTS.format(COMPLETE=said), "points.yaml")


REDSHIFT = "redshift: {database: d, role: default, table: t, workgroup: w}"


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ("{}", "names one connector"),
        ("{redshift: {database: d, role: default, workgroup: w}}", "either table or query"),
        ("{redshift: {database: d, role: default, table: t}}", "either workgroup"),
        ("{redshift: {database: d, role: default, table: t, cluster: c}}", "either user or secret"),
        ("{redshift: {database: d, role: admin, table: t, workgroup: w}}", "match pattern"),
        ("{redshift: {database: d, role: default, table: t, workgroup: w, incremental: {column: c, type: integer, "
         "lookback: 2 days}}}", "lookback"),
    ],
)  # fmt: skip
def test_a_wrong_connector_is_refused(origin: str, says: str) -> None:
    text = POINTS.format(COMPLETE="{}").replace("  s3: {}\n", "").replace("from:\n", f"from: {origin}\n")
    with pytest.raises(MappingError, match=says):
        parse(text, "points.yaml")
