"""Versions of a file, snapshots of a shop, deltas, rows with an order of their own: small ends worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from enishi.clock import ManualClock
from enishi.errors import MappingError, SourceFileError
from enishi.local.services import local_services
from enishi.settings import Settings
from tests.unit.ingest.loading import NOW, World, source

FLAG = "flag: {column: 区分, insert: [1], update: [2], delete: [9]}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    services = local_services(Settings(home=tmp_path_factory.mktemp("home")), ManualClock(NOW))
    yield World(services)
    services.warehouse.close()  # type: ignore[attr-defined]


def shops(world: World, like: str) -> list[tuple[object, ...]]:
    return world.rows(f"SELECT store_id, name, prefecture FROM stores WHERE store_id LIKE '{like}%' ORDER BY 1")  # noqa: S608


def table(name: str) -> str:
    return f"\n  - table: stores\n    columns: {{store_id: code, name: name, prefecture: {name}}}\n"


def test_a_new_version_replaces_what_the_old_one_loaded_and_an_old_one_comes_too_late(world: World) -> None:
    head = 'load: {name: "V_{date}_{version}.csv", restates: date}'
    mapping = source(head, name="versions")
    world.load(mapping, "V_20261101_1.csv", "code,name\nv1,a\nv2,b\n")
    world.load(mapping, "V_20261102_1.csv", "code,name\nv9,other day\n")
    second = world.load(mapping, "V_20261101_3.csv", "code,name\nv1,a3\n")
    assert second.tables[0].removed == 1
    late = world.load(mapping, "V_20261101_2.csv", "code,name\nv1,a2\nv2,b2\nv3,c2\n")
    assert shops(world, "v") == [("v1", "a3", None), ("v9", "other day", None)]
    assert (late.rows_in, late.rows_superseded, late.tables[0].inserted) == (3, 1, 0)


def test_a_snapshot_of_a_shop_leaves_the_others_alone(world: World) -> None:
    head = 'load: {mode: snapshot, name: "P_{date}.csv", scope: area, missing: {name: closed}}'
    mapping = source(head, table("area"), name="parts")
    world.load(mapping, "P_20261101.csv", "code,name,area\np1,a,13\np2,b,13\np3,c,27\n")
    report = world.load(mapping, "P_20261102.csv", "code,name,area\np1,a2,13\n")
    assert report.tables[0].removed == 1
    assert shops(world, "p") == [("p1", "a2", "13"), ("p2", "closed", "13"), ("p3", "c", "27")]
    world.load(mapping, "P_20261103.csv", "code,name,area\np1,a3,13\np2,back,13\n")
    assert shops(world, "p")[1] == ("p2", "back", "13")


def test_a_delta_inserts_updates_and_deletes_and_the_last_row_of_a_key_holds(world: World) -> None:
    mapping = source(f'load: {{mode: delta, name: "D_{{date}}.csv", {FLAG}}}', name="deltas")
    world.load(mapping, "D_20261101.csv", "code,name,区分\nd1,a,1\nd2,b,1\nd3,c,1\nd3,,9\n")
    report = world.load(mapping, "D_20261102.csv", "code,name,区分\nd1,a2,2\nd2,,9\nd4,x,5\n")
    assert [(found.column, found.reason) for found in report.rejected] == [("区分", "unknown_code")]
    assert shops(world, "d") == [("d1", "a2", None)]


def test_rows_with_an_order_of_their_own_need_no_file_name(world: World) -> None:
    mapping = source("load: {order_column: 更新日時}", name="stamped")
    world.load(mapping, "any.csv", "code,name,更新日時\no1,new,2026/11/9 10:00\no1,older,2026/4/10 9:00\n")
    world.load(mapping, "other.csv", "code,name,更新日時\no1,oldest,2026/4/9 9:00\no2,x,2026/1/1 0:00\n")
    assert shops(world, "o") == [("o1", "new", None), ("o2", "x", None)]


def test_a_snapshot_with_a_row_that_nobody_can_recognise_removes_nothing(world: World) -> None:
    head = 'load: {mode: snapshot, name: "N_{date}.csv", missing: delete}\nlimits: {small: 9}'
    mapping = source(head, name="nameless")
    world.load(mapping, "N_20261101.csv", "code,name\nn1,a\nn2,b\nn3,c\n")
    world.load(mapping, "N_20261102.csv", "code,name\nn1,a\n,b\n")
    assert [row[0] for row in shops(world, "n")] == ["n1", "n2", "n3"]


def test_a_snapshot_that_says_what_one_of_last_week_said_is_another_statement(world: World) -> None:
    mapping = source('load: {mode: snapshot, name: "W_{date}.csv", missing: delete}', name="weekly")
    for day, text in ((1, "code,name\nw1,a\n"), (2, "code,name\nw1,b\n"), (3, "code,name\nw1,a\n")):
        world.load(mapping, f"W_2026110{day}.csv", text)
    assert shops(world, "w") == [("w1", "a", None)]


def test_a_name_that_does_not_say_its_order_is_refused(world: World) -> None:
    mapping = source('load: {mode: snapshot, name: "S_{date}.csv", missing: keep}')
    with pytest.raises(SourceFileError, match=r"name is not like S_\{date\}.csv"):
        world.load(mapping, "S_latest.csv", "code,name\n1,a\n")


@pytest.mark.parametrize(
    ("load", "says"),
    [
        ("{mode: snapshot}", "needs `missing`"),
        ("{mode: delta}", "go together"),
        ("{restates: date}", "no field of `name`"),
        ("{mode: snapshot, missing: {region: x}}", "does not map region"),
        ("{scope: shop}", "scope is a snapshot's"),
    ],
)
def test_a_load_that_cannot_be_is_refused_when_the_mapping_is_read(load: str, says: str) -> None:
    with pytest.raises(MappingError, match=says):
        source(f"load: {load}")
