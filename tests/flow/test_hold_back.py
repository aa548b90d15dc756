"""A file that brings an erased person again: the rows of others are loaded, the person's line stays nowhere."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from enishi import ids
from enishi.clock import ManualClock
from enishi.errors import LoadStoppedError
from enishi.flow.ingest import ingest
from enishi.ids import stable_id
from enishi.ingest.mapping import Mapping, parse
from enishi.ingest.report import Status
from enishi.lake.sql import parse as parse_sql
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
CANARY = "9000777"
KEY = "drop/people/people_1.csv"
LINES = [b"no,name\n", b"1,ichi\n", b"9000777,erased\n", b"2,ni\n"]
TEXT, REST = b"".join(LINES), b"".join(line for line in LINES if not line.startswith(b"9000777"))
SOURCE = """
id: people
files: "people_*"
system: shop
tables:
  - table: customers
    columns: {customer_id: {from: no, id: C}, join_staff_id: name}
"""


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """A workspace that once erased member 9000777."""
    wired = local_services(Settings(home=tmp_path), ManualClock(NOW))
    key = wired.settings.secret.get_secret_value().encode()
    token = ids.tombstone(key, "customer", stable_id("C", "shop", CANARY))
    wired.warehouse.upsert("tombstones", pa.table({"tombstone": [token]}))
    return wired


def mapping(more: str = "") -> Mapping:
    return parse(SOURCE + more, "test")


def asked(services: Services, text: str) -> list[dict[str, Any]]:
    return services.warehouse.query(parse_sql(text, "test")).to_pylist()


def names(services: Services) -> list[str]:
    return sorted(row["join_staff_id"] for row in asked(services, "SELECT join_staff_id FROM customers"))


def on_disk(services: Services) -> list[str]:
    """Raw files that hold the canary, packed ones opened."""
    found = []
    for key in services.raw.list("drop/"):
        data = services.raw.get(key)
        text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        found += [key] if CANARY.encode() in text else []
    return found


def test_the_line_goes_and_the_rows_of_others_stay_as_they_were(services: Services) -> None:
    services.raw.put(KEY, TEXT)
    report = ingest(services, mapping(), KEY)
    assert (report.rows_in, report.rows_tombstoned) == (3, 1)
    assert services.raw.get(KEY) == REST
    assert names(services) == ["ichi", "ni"]
    notes = {row["note"] for row in asked(services, "SELECT note FROM load_log")}
    assert notes == {"1 rows of erased people held back, taken out of the file"}


def test_the_rewritten_file_is_a_file_that_was_loaded(services: Services) -> None:
    services.raw.put(KEY, TEXT)
    ingest(services, mapping(), KEY)
    log = asked(services, "SELECT COUNT(*) AS n FROM load_log")
    assert ingest(services, mapping(), KEY).status is Status.ALREADY
    assert services.raw.get(KEY) == REST
    assert asked(services, "SELECT COUNT(*) AS n FROM load_log") == log


def test_the_same_content_dropped_again_is_cleaned_although_it_is_known(services: Services) -> None:
    services.raw.put(KEY, TEXT)
    ingest(services, mapping(), KEY)
    services.raw.put("drop/people/people_2.csv", TEXT)
    assert ingest(services, mapping(), "drop/people/people_2.csv").status is Status.ALREADY
    assert on_disk(services) == []
    assert services.raw.get("drop/people/people_2.csv") == REST


def test_a_packed_file_is_packed_again(services: Services) -> None:
    services.raw.put(f"{KEY}.gz", gzip.compress(TEXT))
    ingest(services, mapping(), f"{KEY}.gz")
    assert gzip.decompress(services.raw.get(f"{KEY}.gz")) == REST


def test_a_file_of_which_no_row_can_be_taken_out_goes_whole(services: Services) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("people.csv", TEXT)
    services.raw.put("drop/people/people_1.zip", packed.getvalue())
    report = ingest(services, mapping(), "drop/people/people_1.zip")
    assert (report.rows_tombstoned, names(services)) == (1, ["ichi", "ni"])
    assert list(services.raw.list("drop/")) == []
    [row] = asked(services, "SELECT note FROM load_log")
    assert row["note"] == "1 rows of erased people held back, the file was taken away"


def test_a_load_that_is_stopped_keeps_no_line_either(services: Services) -> None:
    services.raw.put(KEY, TEXT)
    with pytest.raises(LoadStoppedError):
        ingest(services, mapping("checks: {least: 10}\n"), KEY)
    assert (services.raw.get(KEY), names(services)) == (REST, [])


def test_looking_at_a_file_changes_nothing(services: Services) -> None:
    services.raw.put(KEY, TEXT)
    assert ingest(services, mapping(), KEY, dry_run=True).rows_tombstoned == 1
    assert services.raw.get(KEY) == TEXT
