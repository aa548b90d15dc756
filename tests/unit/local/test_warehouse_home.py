"""What only the local warehouse has: several writers of one home, grown declarations, files that stay few."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from sqlglot import exp

from enishi.errors import LakeError
from enishi.lake import sql
from enishi.lake.schema import Column, table
from enishi.local import warehouse_engine
from enishi.local.catalog import LocalCatalog
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Upserted
from enishi.settings import Settings


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LocalWarehouse]:
    warehouse = LocalWarehouse(tmp_path, Settings())
    yield warehouse
    warehouse.close()


def ids(*names: str) -> pa.Table:
    return pa.table({"customer_id": list(names)})


def count(lake: LocalWarehouse, name: str = "customers") -> int:
    query = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(sql.table_ref(name))
    [row] = lake.query(query).to_pylist()
    return int(row["n"])


def test_another_process_sees_each_commit_and_writes_after_it(lake: LocalWarehouse, tmp_path: Path) -> None:
    other = LocalWarehouse(tmp_path, Settings())
    lake.append("customers", ids("C1"))
    assert count(other) == 1
    assert other.upsert("customers", ids("C1", "C2")) == Upserted(1, 0)
    assert count(lake) == 2
    assert lake.snapshot("customers") == other.snapshot("customers")
    other.close()


@pytest.mark.parametrize("move", [Path.rename, shutil.copytree], ids=["moved", "copied"])
def test_a_home_that_was_moved_or_copied_says_so_and_leaves_the_other_alone(
    tmp_path: Path, move: Callable[[Path, Path], object]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with closing(LocalWarehouse(first, Settings())) as lake:
        lake.append("customers", ids("C1"))
    move(first, second)
    with closing(LocalWarehouse(second, Settings())) as lake, pytest.raises(LakeError) as raised:
        lake.append("customers", ids("C2"))
    assert "made in another folder" in raised.value.what
    assert raised.value.where.startswith(str(first))
    if first.exists():
        with closing(LocalWarehouse(first, Settings())) as lake:
            assert count(lake) == 1


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    homes = [LocalWarehouse(tmp_path, Settings()) for _ in range(3)]

    def write(number: int) -> None:
        for turn in range(4):
            homes[number].append("customers", ids(f"C{number}-{turn}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [count(home) for home in homes] == [12, 12, 12]
    for home in homes:
        home.close()


def test_a_table_stays_few_files_however_often_it_grows(lake: LocalWarehouse, tmp_path: Path) -> None:
    for number in range(30):
        rows = pa.table({"order_id": [f"O{number}"], "order_date": [date(2026, 1 + number % 2, 1)]})
        lake.upsert("orders", rows)
    state = LocalCatalog(tmp_path).open(table("orders"))
    files = [task.file for task in state.scan().plan_files()]
    assert len(files) <= 18
    assert {file.partition[0] for file in files} == {672, 673}, "months since January 1970"
    assert len(state.metadata.snapshots) <= 17
    assert count(lake, "orders") == 30


def test_a_large_table_is_read_in_place(lake: LocalWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_engine, "MIRROR_ROWS", 3)
    lake.append("customers", ids("C1", "C2"))
    assert count(lake) == 2
    lake.append("customers", ids("C3", "C4"))
    assert count(lake) == 4
    assert lake.upsert("customers", pa.table({"customer_id": ["C4"], "status": ["active"]})) == Upserted(0, 1)
    assert lake.delete("customers", sql.parse_condition("customer_id <> 'C4'", "test")) == 3
    assert lake.query(sql.parse("SELECT status FROM customers", "test")).to_pylist() == [{"status": "active"}]


def test_a_column_that_the_declaration_gained_is_null_in_old_rows(tmp_path: Path) -> None:
    declared = table("stores")
    catalog = LocalCatalog(tmp_path)
    first = catalog.open(declared)
    first.append(pa.table({"store_id": ["S1"]}, schema=pa.schema([pa.field("store_id", pa.string())])))
    grown = declared.model_copy(
        update={"columns": (*declared.columns, Column(name="mood", type="map<string,int>", meaning="A test."))}
    )
    found = catalog.open(grown)
    assert found.scan().to_arrow().select(["store_id", "mood"]).to_pylist() == [{"store_id": "S1", "mood": None}]
    catalog.close()


def test_a_column_whose_type_changed_is_refused(tmp_path: Path) -> None:
    declared = table("stores")
    catalog = LocalCatalog(tmp_path)
    catalog.open(declared)
    turned = tuple(
        column.model_copy(update={"type": "boolean"}) if column.name == "name" else column
        for column in declared.columns
    )
    with pytest.raises(LakeError, match="cannot become what is declared now"):
        catalog.open(declared.model_copy(update={"columns": turned}))
    catalog.close()


@pytest.mark.parametrize("prefix", ["", "../out", "/out"])
def test_an_unload_stays_inside_the_work_folder(lake: LocalWarehouse, prefix: str) -> None:
    with pytest.raises(LakeError, match="inside the work store"):
        lake.unload(sql.parse("SELECT 1 AS x", "test"), prefix)


def test_work_tables_are_no_targets(lake: LocalWarehouse) -> None:
    with pytest.raises(LakeError, match="made of work files"):
        lake.append("work.cohorts", pa.table({"cohort_id": ["R"]}))
