"""Every question that the cases ask, with DuckDB's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from enishi import wiring
from enishi.analysis import library, runner
from enishi.errors import AnalysisError
from enishi.lake import schema, sql
from enishi.lake.sql import duckdb as dialect
from enishi.local.warehouse import LocalWarehouse
from enishi.local.warehouse_answers import answer
from enishi.segment.model import condition
from enishi.segment.tree import Nobody
from enishi.settings import Settings
from tests.grammar.statements import statements
from tests.trino.asked import Asked, Recorder, World
from tests.unit.analysis import test_golden as golden
from tests.unit.analysis.small_shop import Shop, open_shop, tables_of
from tests.unit.lake import test_sql_cases as constructs
from tests.unit.segment import test_segment_cases as segments
from tests.unit.segment.small_lake import Lake

Wanted = Callable[[str], bool]
Collector = Callable[[Path, Wanted], Iterator[Asked]]
"""Takes a folder for the worlds that it makes, and says by its label whether a case is wanted."""


def of_constructs(_folder: Path, wanted: Wanted) -> Iterator[Asked]:
    """One value a case; no rows where the case says that both engines refuse."""
    with duckdb.connect(":memory:") as engine:
        engine.execute(dialect.SETTINGS)
        engine.execute(dialect.macros())
        for case in constructs.CASES:
            if not wanted(label := f"construct: {case.name}"):
                continue
            text = sql.to_duckdb(case.query)
            rows = None if case.fails else answer(engine.sql(text).to_arrow_table())
            yield Asked(label, case.query, rows)


def of_statements(folder: Path, wanted: Wanted) -> Iterator[Asked]:
    """Every packaged or written statement, to be checked and not run, over a lake without rows; those left out whose
    parameters or relations code gives, and those that read plain files."""
    world = World("nothing", folder / "nothing")
    for where, tree in statements():
        if wanted(label := f"statement: {where}") and not tree.find(exp.Placeholder) and _is_of_the_lake(tree):
            yield Asked(label, tree, None, world, run=False)


def _is_of_the_lake(tree: exp.Expr) -> bool:
    known = {*schema.tables(), *sql.view_names()}
    return all(table.name in known and table.db != "work" for table in sql.tables_of(tree))


def of_views(folder: Path, wanted: Wanted) -> Iterator[Asked]:
    """Every view whole, over the shop of the golden cases."""
    _, tables = tables_of({"world": "shop"})
    noted, shop = _shop(World("views_shop", folder / "views_shop"), tables)
    for name in filter(lambda name: wanted(f"view {name}"), sql.view_names()):
        shop.services.warehouse.query(exp.select("*").from_(sql.table_ref(name)))
        yield from noted.take(f"view {name}")


def of_segments(folder: Path, wanted: Wanted) -> Iterator[Asked]:
    """Who is in, and who is in the opposite."""
    for name, file in segments.FILES.items():
        cases = [(case, f"segment {name}: {case['name']}") for case in file["cases"]]
        if chosen := [(case, label) for case, label in cases if wanted(label)]:
            noted = _Noted(World(f"segments_{name}", folder / f"segments_{name}"))
            warehouse = LocalWarehouse(noted.world.home, Settings(home=noted.world.home))
            lake = Lake(warehouse).fill(file["tables"])
            lake.warehouse = noted.recorder(warehouse)  # type: ignore[assignment]
            for case, label in chosen:
                _who(lake, name, case)
                yield from noted.take(label)


def _who(lake: Lake, name: str, case: Mapping[str, Any]) -> None:
    moment, asked = segments.moment(name, case), condition(case["condition"])
    for written in (asked, Nobody((asked,))):
        lake.who(written, moment)


def of_analyses(folder: Path, wanted: Wanted) -> Iterator[Asked]:
    """The answers of every golden case, their footnotes, and the cells that they open."""
    worlds: dict[str, tuple[_Noted, Shop]] = {}
    for name, file in golden.FILES.items():
        cases = [(case, f"analysis {name}: {case['name']}") for case in file["cases"]]
        if chosen := [(case, label) for case, label in cases if wanted(label)]:
            shared, tables = tables_of(file)
            key = f"shop_{shared or name}".replace("/", "_").replace("-", "_")
            if key not in worlds:
                worlds[key] = _shop(World(key, folder / key), tables)
            noted, shop = worlds[key]
            for case, label in chosen:
                _ask(shop, name, case)
                yield from noted.take(label)


def later_cases() -> frozenset[str]:
    """The labels of all cases of analyses but the first of each."""
    return frozenset(
        f"analysis {name}: {case['name']}" for name, file in golden.FILES.items() for case in file["cases"][1:]
    )


def analyses_in(labels: Iterable[str]) -> int:
    """Of how many analyses `labels` hold a case."""
    names = {label.partition(":")[0].removeprefix("analysis ") for label in labels}
    return len(names & set(golden.FILES))


def of_home(home: Path) -> Collector:
    """Every analysis with its defaults, on the lake of a home that stands already."""

    def collect(_folder: Path, wanted: Wanted) -> Iterator[Asked]:
        noted = _Noted(World("home", home))
        services = wiring.services(Settings(home=home))
        shop = Shop(replace(services, warehouse=noted.recorder(services.warehouse)))  # type: ignore[arg-type]
        for name in filter(lambda name: wanted(f"home {name}"), sorted(library.shipped())):
            with suppress(AnalysisError):  # asks for a parameter that has no default
                runner.run(shop.services, runner.ask(shop.services, library.get(name), {}))
            yield from noted.take(f"home {name}")

    return collect


class _Noted:
    """What was asked of one world since the last case; the same question is noted once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._fresh: list[tuple[exp.Query, pa.Table]] = []
        self._seen: set[str] = set()

    def recorder(self, warehouse: Any) -> Recorder:
        return Recorder(warehouse, self._note)

    def _note(self, query: exp.Query, rows: pa.Table) -> None:
        """Watermarks are left out: one plain maximum a table, which says nothing about the analysis; so are the ids
        that a numeric step wrote as plain files: they are no table of the catalogue."""
        text = sql.to_athena(query)
        is_plain = rows.column_names == ["day"] or any(table.db == "work" for table in sql.tables_of(query))
        if text not in self._seen and not is_plain:
            self._seen.add(text)
            self._fresh.append((query.copy(), rows))

    def take(self, label: str) -> Iterator[Asked]:
        fresh, self._fresh = self._fresh, []
        yield from (Asked(label, query, rows, self.world) for query, rows in fresh)


def _shop(world: World, tables: Mapping[str, Any]) -> tuple[_Noted, Shop]:
    noted, shop = _Noted(world), open_shop(world.home, tables)
    recorder = noted.recorder(shop.services.warehouse)
    return noted, Shop(replace(shop.services, warehouse=recorder))  # type: ignore[arg-type]


def _ask(shop: Shop, name: str, case: Mapping[str, Any]) -> None:
    given = case.get("given", {})
    shop.answer(name, given)
    for cell in case.get("cells", {}):
        shop.ids(name, given, cell)
    for cell in case.get("products", {}):
        shop.ids(name, given, cell, entity="product")


ALL: Mapping[str, Collector] = {
    "statements": of_statements,
    "constructs": of_constructs,
    "views": of_views,
    "segments": of_segments,
    "analyses": of_analyses,
}
