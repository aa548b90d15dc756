"""Rows come back out of the quarantine: edited, retried under a corrected mapping, when their parent comes, or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enishi.clock import ManualClock
from enishi.errors import SourceFileError
from enishi.flow import quarantine
from enishi.ingest.report import Status
from enishi.ingest.tombstones import NOBODY
from enishi.local.services import local_services
from enishi.settings import Settings
from tests.unit.ingest.loading import NOW, World, source

TABLES = """
  - table: stores
    columns: {store_id: 店番, name: 店名, open_date: {from: 開店日, format: "%Y%m%d"}}
"""
HEAD = "format: {encoding: cp932}"
TEXT = '店番,店名,開店日\n1,新宿,20200101\n2,"渋谷, 本店",20201399\n3,池袋\n'
OPEN = "SELECT row_no, reason, state, closed_by, why FROM pii.quarantine ORDER BY row_no"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    services = local_services(Settings(home=tmp_path), ManualClock(NOW))
    yield World(services)
    services.warehouse.close()  # type: ignore[attr-defined]


def test_bad_rows_are_edited_in_their_own_layout_and_loaded(world: World) -> None:
    mapping = source(HEAD, TABLES)
    assert world.load(mapping, "shops.csv", TEXT).rows_rejected == 2
    data, count = quarantine.exported(world.services, mapping)
    lines = data.decode("cp932").splitlines()
    assert count == 2
    assert lines[0] == "_load,_row,_column,_reason,店番,店名,開店日"
    assert lines[1].endswith(',3,開店日,impossible_date,2,"渋谷, 本店",20201399')
    assert lines[2].endswith(",4,,too_few_fields,3,池袋")
    mended = data.decode("cp932").replace("20201399", "20201301").replace("池袋", "池袋,20210401")
    [report] = quarantine.repair(world.services, mapping, mended.encode("cp932"), "e.csv", "hanako", NOBODY)
    assert (report.status, report.rows_in, report.rows_rejected) == (Status.REPAIRED, 2, 1)
    assert world.rows("SELECT store_id, name FROM stores ORDER BY 1") == [("1", "新宿"), ("3", "池袋")]
    assert world.rows(OPEN) == [
        (3, "impossible_date", "open", None, None),
        (4, "too_few_fields", "repaired", "hanako", None),
    ]
    again = quarantine.repair(
        world.services, mapping, mended.replace("20201301", "20201201").encode("cp932"), "e.csv", "hanako", NOBODY
    )
    assert [(done.rows_in, done.rows_rejected) for done in again] == [(1, 0)]
    assert world.rows("SELECT name FROM stores WHERE store_id = '2'") == [("渋谷, 本店",)]
    assert quarantine.bad_rows(world.services.warehouse) == []


def test_a_file_that_is_no_export_is_refused(world: World) -> None:
    with pytest.raises(SourceFileError, match="no export of the quarantine"):
        quarantine.repair(world.services, source(HEAD, TABLES), b"a,b\n1,2\n", "e.csv", "x", NOBODY)


def test_rows_load_under_a_corrected_mapping_or_are_discarded_with_a_reason(world: World) -> None:
    strict = "\n  - table: stores\n    columns: {store_id: code, prefecture: {from: area, map: {E: '13'}}}\n"
    world.load(source("", strict), "a.csv", "code,area\n1,E\n2,W\n3,N\n")
    wider = source("", strict.replace("E: '13'", "E: '13', W: '27'"))
    [report] = quarantine.retry(world.services, wider, "taro", NOBODY)
    assert (report.rows_in, report.rows_rejected) == (2, 1)
    assert world.rows("SELECT prefecture FROM stores WHERE store_id = '2'") == [("27",)]
    assert quarantine.discard(world.services, "shops", "taro", "no such area") == 1
    assert world.rows(OPEN) == [
        (3, "unknown_code", "retried", "taro", None),
        (4, "unknown_code", "discarded", "taro", "no such area"),
    ]


REFERRING = """
  - table: products
    columns:
      product_id: code
      name: name
      brand: {from: shop, references: {table: stores, column: store_id, missing: MODE}}
"""


def test_a_row_waits_for_its_parent_and_loads_by_itself_when_it_comes(world: World) -> None:
    text = "id: goods\nfiles: 'G*'\ntables:" + REFERRING.replace("MODE", "wait")
    shops = "id: shops\nfiles: 'S*'\ntables:\n  - table: stores\n    columns: {store_id: code, name: name}\n"
    goods, stores = world.put(text), world.put(shops)
    world.load(stores, "S1.csv", "code,name\n1,a\n")
    report = world.load(goods, "G1.csv", "code,name,shop\np,x,1\nq,y,2\nr,z,\n")
    assert [(found.reason, found.column, found.first) for found in report.rejected] == [("awaits_parent", "shop", (3,))]
    assert world.rows("SELECT state FROM pii.quarantine") == [("waiting",)]
    world.load(stores, "S2.csv", "code,name\n2,b\n")
    assert world.rows("SELECT product_id, brand FROM products ORDER BY 1") == [("p", "1"), ("q", "2"), ("r", None)]
    assert world.rows("SELECT state, closed_by FROM pii.quarantine") == [("retried", "goods")]


def test_a_missing_parent_may_also_only_warn_or_refuse(world: World) -> None:
    warns = source("", REFERRING.replace("MODE", "warn"))
    report = world.load(warns, "G1.csv", "code,name,shop\nq,y,2\n")
    assert (report.rows_rejected, report.warned[0].reason, report.warned[0].rows) == (0, "no_parent", 1)
    refuses = source("", REFERRING.replace("MODE", "quarantine"))
    assert world.load(refuses, "G2.csv", "code,name,shop\ns,y,2\n").rejected[0].reason == "no_parent"


def test_a_repaired_row_keeps_the_place_of_its_file_among_the_others(world: World) -> None:
    mapping = source('load: {mode: snapshot, name: "S_{date}.csv", missing: delete}', TABLES)
    world.load(mapping, "S_20261101.csv", "店番,店名,開店日\n1,a,20201399\n2,b,20200101\n")
    world.load(mapping, "S_20261102.csv", "店番,店名,開店日\n1,new,20200202\n2,b,20209999\n")
    assert world.rows("SELECT store_id, name FROM stores ORDER BY 1") == [("1", "new"), ("2", "b")]
    assert world.rows(OPEN)[0][1:3] == ("impossible_date", "superseded")
    [entry] = quarantine.bad_rows(world.services.warehouse)
    data, _ = quarantine.exported(world.services, mapping)
    mended = data.decode().replace("20209999", "20200303").replace(",b,", ",mended,")
    quarantine.repair(world.services, mapping, mended.encode(), "e.csv", "x", NOBODY)
    world.load(mapping, "S_20261031.csv", "店番,店名,開店日\n2,older,20200101\n")
    assert entry.source_order.startswith("00000000000020261102/")
    assert world.rows("SELECT store_id, name FROM stores ORDER BY 1") == [("1", "new"), ("2", "mended")]


def test_json_rows_are_edited_as_text(world: World) -> None:
    mapping = source("format: {kind: jsonl}", "\n  - table: stores\n    columns: {store_id: code, name: name}\n")
    world.load(mapping, "a.jsonl", '{"code": "1", "name": "a"}\n{"code": "2", \n')
    data, _ = quarantine.exported(world.services, mapping)
    mended = data.decode().replace('\\"2\\", ', '\\"2\\", \\"name\\": \\"b\\"}')
    [report] = quarantine.repair(world.services, mapping, mended.encode(), "e.jsonl", "x", NOBODY)
    assert (report.rows_in, report.rows_rejected) == (1, 0)
    assert world.rows("SELECT name FROM stores WHERE store_id = '2'") == [("b",)]
