"""Checks of rows and of whole files, thresholds: what stops a load, what is kept of it, how it may pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from enishi.clock import ManualClock
from enishi.errors import LoadStoppedError, SourceFileError
from enishi.flow import ingest as flow
from enishi.ingest.report import Verdict
from enishi.local.services import local_services
from enishi.settings import Settings
from tests.unit.ingest.loading import NOW, World, source

SKIPPING = r"""
  - table: stores
    when: {name: {not: [skip]}}
    columns: {store_id: {from: code, pattern: '[a-z]\d'}, name: name}
"""
PLAIN = "code,name\n1,a\n2,b\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    services = local_services(Settings(home=tmp_path_factory.mktemp("home")), ManualClock(NOW))
    yield World(services)
    services.warehouse.close()  # type: ignore[attr-defined]


def stopped(world: World, head: str, name: str, text: str) -> str:
    with pytest.raises(LoadStoppedError) as caught:
        world.load(source(head), name, text)
    assert caught.value.where == f"drop/shops/{name}"
    return caught.value.what


def test_a_wrong_count_in_the_trailer_stops_the_load_and_the_log_says_why(world: World) -> None:
    head = 'format: {trailer: "T,{count}"}'
    before = world.services.warehouse.snapshot("stores")
    said = stopped(world, head, "count.csv", PLAIN + "T,3\n")
    assert "number of rows is 2, allowed is 3" in said
    assert world.services.warehouse.snapshot("stores") == before
    logged = world.rows("SELECT status, note FROM load_log WHERE file LIKE '%/count.csv'")
    assert logged == [("stopped", "number of rows is 2, allowed is 3")]


def test_what_was_stopped_passes_with_a_reason_that_is_kept(world: World) -> None:
    head = "checks: {least: 5}"
    stopped(world, head, "few.csv", PLAIN)
    report = world.load(source(head), "few.csv", PLAIN, accept="a small shop")
    assert (report.accepted, report.stops[0].sentence) == ("a small shop", "number of rows is 2, allowed is at least 5")
    kept = world.rows("SELECT status, accepted, note FROM load_log WHERE file LIKE '%/few.csv' ORDER BY status")
    assert kept[0] == ("loaded", "a small shop", "number of rows is 2, allowed is at least 5")
    assert kept[1][0] == "stopped"


def test_totals_and_count_come_from_a_control_file_too(world: World) -> None:
    control = r'control: {file: "{stem}.ctl", pattern: "(?P<rows>\\d+) (?P<sum>[\\d,]+)"}'
    head = f"checks: {{{control}, count: rows, totals: [{{column: code, says: sum}}]}}"
    world.services.raw.put("drop/shops/total.ctl", b"2 1,234")
    rows = "code,name\n1000,a\n234,b\n"
    assert [check.verdict for check in world.load(source(head), "total.csv", rows).checks] == [Verdict.HOLDS] * 2
    said = stopped(world, head, "total.csv", "code,name\n1000,a\n235,b\n")
    assert "total of code is 1,235, allowed is 1,234" in said
    assert "not told" in stopped(world, head, "nothing.csv", rows + "5,c\n")


def test_a_checksum_of_a_control_file(world: World) -> None:
    head = r'checks: {control: {file: "{name}.md5", pattern: "(?P<md5>\\w+)"}, checksum: md5}'
    told = hashlib.md5(PLAIN.encode(), usedforsecurity=False).hexdigest()
    world.services.raw.put("drop/shops/sum.csv.md5", told.encode())
    assert world.load(source(head), "sum.csv", PLAIN).stops == ()
    assert "md5 is" in stopped(world, head, "sum.csv", PLAIN + "3,c\n")


def test_a_file_of_last_week_is_too_old(world: World) -> None:
    head = 'load: {name: "F_{date}.csv"}\nchecks: {fresh: {days: 2}}'
    assert world.load(source(head), "F_20261119.csv", PLAIN).stops == ()
    assert "age of the file is 7 days, allowed is at most 2 days" in stopped(world, head, "F_20261114.csv", PLAIN)


def test_too_many_bad_rows_stop_a_load_and_a_few_do_not(world: World) -> None:
    head = "limits: {small: 4, quarantined: 0.3}"
    tables = "\n  - table: stores\n    columns: {store_id: code, name: {from: name, pattern: '[a-z]'}}\n"
    assert world.load(source(head, tables), "bad1.csv", "code,name\n1,a\n2,b\n3,c\n4,?\n").rows_rejected == 1
    with pytest.raises(LoadStoppedError, match=r"share of bad rows is 50.0%, allowed is at most 30%"):
        world.load(source(head, tables), "bad2.csv", "code,name\n1,a\n2,b\n3,!\n4,?\n")


def test_a_file_much_shorter_or_emptier_than_those_before(tmp_path: Path) -> None:
    world = World(local_services(Settings(home=tmp_path), ManualClock(NOW)))
    head = "limits: {small: 4, fewer: 0.5, nulls: 0.4, after: 2}"
    full = "".join(f"{n},x\n" for n in range(10))
    for number in range(2):
        world.load(source(head), f"{number}.csv", f"code,name\n{full}{number}9,y\n")
    assert "45.5%, allowed is at least 50%" in stopped(world, head, "short.csv", "code,name\n1,a\n2,a\n3,a\n4,a\n5,a\n")
    emptied = full.replace("x", "")
    assert "empty values in stores.name is 100.0%" in stopped(world, head, "empty.csv", f"code,name\n{emptied}")
    world.services.warehouse.close()  # type: ignore[attr-defined]


def test_a_snapshot_that_would_remove_many_rows_is_stopped_before_it_does(tmp_path: Path) -> None:
    world = World(local_services(Settings(home=tmp_path), ManualClock(NOW)))
    head = 'load: {mode: snapshot, name: "S_{date}.csv", missing: delete}\nlimits: {small: 4, gone: 0.25}'
    world.load(source(head), "S_20261101.csv", "code,name\n1,a\n2,b\n3,c\n4,d\n")
    said = stopped(world, head, "S_20261102.csv", "code,name\n1,a\n2,b\n")
    assert "share of rows that would disappear is 50.0%, allowed is at most 25%" in said
    assert world.rows("SELECT COUNT(*) FROM stores") == [(4,)]
    assert world.rows("SELECT COUNT(*) FROM row_versions") == [(5,)]
    assert world.load(source(head), "S_20261103.csv", "code,name\n1,a\n2,b\n3,c\n").tables[0].removed == 1
    world.services.warehouse.close()  # type: ignore[attr-defined]


def test_facts_do_not_change(tmp_path: Path) -> None:
    world = World(local_services(Settings(home=tmp_path), ManualClock(NOW)))
    head = "load: {mode: append}"
    world.load(source(head), "1.csv", PLAIN)
    assert world.load(source(head), "2.csv", PLAIN + "3,c\n").tables[0].inserted == 1
    assert "known rows with other values is 50.0%" in stopped(world, head, "3.csv", "code,name\n1,a\n2,other\n")
    world.services.warehouse.close()  # type: ignore[attr-defined]


def test_a_rule_over_several_columns_refuses_or_warns(world: World) -> None:
    rule = "{{name: closed_has_name, if: {{code: ['9']}}, then: {{name: present}}, otherwise: {0}}}"
    text = "code,name\n9,\n8,\n9,x\n"
    report = world.load(source(f"checks: {{rows: [{rule.format('quarantine')}]}}"), "rule.csv", text)
    assert [(found.reason, found.column, found.first) for found in report.rejected] == [
        ("closed_has_name", "name", (2,))
    ]
    warned = world.load(source(f"checks: {{rows: [{rule.format('warn')}]}}"), "warn.csv", text)
    assert (warned.rows_rejected, warned.warned[0].reason, warned.warned[0].rows) == (0, "closed_has_name", 1)


def test_other_names_of_a_column_are_taken_and_lost_ones_are_told(world: World) -> None:
    head = "aliases: {code: [番号, no]}"
    assert world.load(source(head), "alias.csv", "name,no\na,77\n").rows_placed == 1
    assert world.rows("SELECT name FROM stores WHERE store_id = '77'") == [("a",)]
    tables = "\n  - table: stores\n    columns: {store_id: code, name: {from: name, optional: true}}\n"
    assert world.load(source("", tables), "lost.csv", "code\n78\n").lost_columns == ("name",)


def test_a_required_column_under_a_new_name_is_asked_for(world: World) -> None:
    tables = "\n  - table: stores\n    columns: {store_id: 店舗番号, name: 店名}\n"
    with pytest.raises(SourceFileError, match="lacks the column '店舗番号'") as caught:
        world.load(source("", tables), "renamed.csv", "店舗No,店名\n1,a\n")
    assert caught.value.remedy == "If '店舗No' is its new name, add aliases: {店舗番号: [店舗No]} to the mapping."


def test_equal_rows_without_a_key_are_kept_by_their_number(world: World) -> None:
    tables = """
  - table: web_events
    columns:
      event_id: {occurrence: "*", id: W}
      event_at: at
      event_type: kind
"""
    mapping = source("zone: UTC", tables)
    text = "at,kind\n2026-11-20T01:00:00,view\n2026-11-20T01:00:00,view\n2026-11-20T01:00:01,view\n"
    assert world.load(mapping, "events.csv", text).tables[0].inserted == 3
    again = world.load(mapping, "events2.csv", text.replace("at,kind\n", "at,kind\n\n"))
    assert (again.tables[0].inserted, again.tables[0].unchanged) == (0, 3)


def test_the_balance_of_a_file_and_a_dry_run_against_the_lake(world: World) -> None:
    mapping = source("", SKIPPING)
    world.load(mapping, "balance1.csv", "code,name\na1,x\na2,y\n")
    world.services.raw.put("check/b.csv", b"code,name\na1,x\na2,z\na3,n\n??,w\na4,skip\n")
    report = flow.assess(world.services, mapping, "check/b.csv")
    assert (report.rows_in, report.rows_placed, report.rows_rejected, report.rows_skipped) == (5, 3, 1, 1)
    [table] = report.tables
    assert (table.inserted, table.updated, table.unchanged) == (1, 1, 1)
