"""Rows and snapshots past their age go, and their files with them; younger ones stay and can be asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from enishi.clock import ManualClock
from enishi.errors import SettingsError
from enishi.flow.ingest import ingest
from enishi.flow.retain import days_of, retain
from enishi.ingest.mapping import parse as parse_mapping
from enishi.lake.schema import table
from enishi.lake.sql import parse
from enishi.local.privacy import local_tools
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.settings import Settings, from_environment, remember

START = datetime(2026, 10, 1, 3, tzinfo=UTC)
Retention = dict[str, dict[str, int]]


def lived(home: Path, days: int, retention: Retention) -> Services:
    """A workspace whose customers are written over every day, with a visit a day."""
    clock = ManualClock(START)
    settings = Settings.model_validate({"home": home, "retention": retention})
    services = local_services(settings, clock)
    for number in range(days):
        clock.move_to(START + timedelta(days=number))
        services.warehouse.upsert("customers", pa.table({"customer_id": ["C1"], "member_rank": [f"rank {number}"]}))
        day = date(2026, 10, 1) + timedelta(days=number)
        services.warehouse.append("web_events", pa.table({"event_id": [f"e{number}"], "event_date": [day]}))
    return services


def rank(services: Services, instant: str) -> list[str]:
    query = "SELECT member_rank FROM customers FOR TIMESTAMP AS OF TIMESTAMP 'INSTANT UTC' AS c"
    asked = parse(query.replace("INSTANT", instant), "test")
    return services.warehouse.query(asked).column(0).to_pylist()


def files(home: Path) -> int:
    return sum(path.is_file() for path in (home / "lake").rglob("*"))


def test_old_rows_and_old_snapshots_go_with_their_files(tmp_path: Path) -> None:
    services = lived(tmp_path, 12, {"customers": {"snapshot_days": 4}, "web_events": {"row_days": 5}})
    tools, before = local_tools(services), files(tmp_path)
    planned = {one.table: one for one in retain(tools, dry_run=True)}
    assert files(tmp_path) >= before  # who asks a table that has no rows yet makes it
    done = {one.table: one for one in retain(tools)}
    assert done["web_events"].rows == planned["web_events"].rows == 6
    assert done["customers"].snapshots == planned["customers"].snapshots == 6
    assert files(tmp_path) < before
    kept = services.warehouse.query(parse("SELECT event_id FROM web_events", "test")).column(0).to_pylist()
    assert sorted(kept) == ["e10", "e11", "e6", "e7", "e8", "e9"]
    assert rank(services, "2026-10-08 23:59:59") == ["rank 7"]
    with pytest.raises(Exception, match="goes back to 2026-10-07"):
        rank(services, "2026-10-03 00:00:00")


def test_a_second_time_nothing_goes(tmp_path: Path) -> None:
    services = lived(tmp_path, 4, {"customers": {"snapshot_days": 1}})
    tools = local_tools(services)
    assert retain(tools)
    assert retain(tools) == []


def test_the_workspace_says_how_long(tmp_path: Path) -> None:
    assert days_of(Settings(), table("web_events")) == (7, 760)
    remember(from_environment({}, home=tmp_path), retention={"web_events": {"row_days": 90}})
    assert days_of(from_environment({}, home=tmp_path), table("web_events")) == (7, 90)


@pytest.mark.parametrize(
    ("retention", "message"),
    [({"no_table": {"snapshot_days": 1}}, "no table"), ({"customers": {"row_days": 30}}, "have no day")],
)
def test_what_cannot_be_kept_so_is_refused(tmp_path: Path, retention: Retention, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        retain(local_tools(lived(tmp_path, 1, retention)))


SHOPS = """
id: shops
files: "*"
load: {mode: delta, name: "S_{date}.csv", flag: {column: flag, insert: [I], update: [U], delete: [D]}}
tables:
  - table: stores
    columns: {store_id: key, name: name}
"""


def dropped(services: Services, day: int, lines: str) -> None:
    """The delta of a day of September: key, name, flag."""
    key = f"drop/shops/S_202609{day:02d}.csv"
    services.raw.put(key, f"key,name,flag\n{lines}".encode())
    ingest(services, parse_mapping(SHOPS, "test"), key)


def statements(services: Services) -> list[tuple[str, str, str]]:
    query = "SELECT row_key, says, source_order FROM row_versions"
    found = services.warehouse.query(parse(query, "test")).to_pylist()
    return sorted((row["row_key"], row["says"], row["source_order"][:8]) for row in found)


def shops(services: Services) -> list[tuple[str, str]]:
    found = services.warehouse.query(parse("SELECT store_id, name FROM stores", "test")).to_pylist()
    return sorted((row["store_id"], row["name"]) for row in found)


def test_of_statements_about_rows_only_the_replaced_ones_go(tmp_path: Path) -> None:
    """a put on the 1st, 2nd, 4th; b put on the 1st, deleted on the 2nd, put on the 4th, deleted on the 5th; c once."""
    clock = ManualClock(START)
    retention = {"row_versions": {"row_days": 5}}
    services = local_services(Settings.model_validate({"home": tmp_path, "retention": retention}), clock)
    for day, lines in {1: "a,one,I\nb,one,I\nc,one,I\n", 2: "a,two,U\nb,,D\n", 4: "a,four,U\nb,four,I\n"}.items():
        dropped(services, day, lines)
    clock.move_to(START + timedelta(days=10))
    dropped(services, 5, "b,,D\n")
    tools = local_tools(services)
    planned = {one.table: one.rows for one in retain(tools, dry_run=True)}
    gone = {one.table: one.rows for one in retain(tools)}
    assert gone["row_versions"] == planned["row_versions"] == 4  # a 1st, a 2nd, b put 1st, b deletion of the 2nd
    left = [one for one in statements(services) if one[1] != "whole"]
    assert [(key, says) for key, says, _ in left] == [("a", "put"), ("b", "gone"), ("b", "put"), ("c", "put")]
    dropped(services, 3, "a,three,U\nb,three,I\nc,three,U\n")  # comes late: the 4th and the 5th have said more
    assert shops(services) == [("a", "four"), ("c", "three")]
    assert {one.table: one.rows for one in retain(tools)}[
        "row_versions"
    ] == 1  # c's of the 1st; the late ones are young


def test_statements_are_kept_for_the_days_that_the_setting_says(tmp_path: Path) -> None:
    services = local_services(Settings(home=tmp_path), ManualClock(START))
    dropped(services, 1, "a,one,I\n")
    dropped(services, 2, "a,two,U\n")
    assert days_of(services.settings, table("row_versions")) == (7, 400)
    assert "row_versions" not in {one.table for one in retain(local_tools(services)) if one.rows}
