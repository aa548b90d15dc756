"""Files in any order, again, and after a crash at any effect: the tables end as if they had come once and in order.

The files are drawn: snapshots (whole, and of single shops), deltas, versions of one file, rows that are ordered one by
one; some of their rows are bad. The crash happens before the n-th write, or after it and before anybody knows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.clock import ManualClock
from enishi.errors import LakeError
from enishi.flow import ingest as flow
from enishi.ingest.mapping import Mapping, parse
from enishi.lake import schema, sql
from enishi.local.services import local_services
from enishi.ports import Services, Warehouse
from enishi.settings import Settings

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
HEAD = "key,shop,name,open,flag,at\n"
TABLES = """
tables:
  - table: stores
    columns:
      store_id: key
      name: name
      prefecture: shop
      open_date: {from: open, format: "%Y%m%d"}
"""
FLAG = "flag: {column: flag, insert: [I], update: [U], delete: [D]}"
MODES = {
    "snapshot, rows deleted": 'load: {mode: snapshot, name: "S_{date}.csv", missing: delete}',
    "snapshot, rows marked": 'load: {mode: snapshot, name: "S_{date}.csv", missing: {name: closed}}',
    "snapshot of the shops in it": 'load: {mode: snapshot, name: "S_{date}.csv", scope: shop, missing: delete}',
    "delta, rows deleted": f'load: {{mode: delta, name: "S_{{date}}.csv", {FLAG}}}',
    "delta, rows marked": f'load: {{mode: delta, name: "S_{{date}}.csv", {FLAG}, deleted: {{name: closed}}}}',
    "versions of a file": 'load: {name: "S_{date}_{version}.csv", restates: date}',
    "rows ordered one by one": "load: {order_column: at}",
    "rows ordered one by one, with deletes": f"load: {{mode: delta, order_column: at, {FLAG}}}",
}
COMPARED = {
    "stores": "*",
    "row_versions": "source_id, load_id, table_name, row_key, says, source_order, scope",
    "pii.quarantine": "load_id, file, row_no, reason, state",
    "load_log": "load_id, file, rows_in, rows_rejected, status, source_order",
}


@dataclass(frozen=True)
class File:
    name: str
    data: bytes


@dataclass(frozen=True)
class Plan:
    """Files in their order, and how they come: places in it, and for each the write at which the process dies."""

    mapping: Mapping
    files: tuple[File, ...]
    arrivals: tuple[int, ...]
    dies: tuple[int | None, ...]
    after: bool


def mapping_of(mode: str) -> Mapping:
    return parse(f'id: shops\nfiles: "*"\nlimits: {{small: 1000}}\n{MODES[mode]}{TABLES}', mode)


@st.composite
def line(draw: st.DrawFn) -> str:
    key, shop = draw(st.sampled_from("abcd")), draw(st.sampled_from("xy"))
    opened = draw(st.sampled_from(["20200101", "20210202", "20201399", ""]))
    at = f"2026/11/{draw(st.integers(1, 20))} 0:00:00"
    return f"{key},{shop},{draw(st.sampled_from('pqr'))},{opened},{draw(st.sampled_from('IUD'))},{at}\n"


def name_of(mode: str, place: int) -> str:
    """A file a day; of versions two a day."""
    return f"S_2026110{1 + place // 2}_{place}.csv" if "versions" in mode else f"S_2026110{1 + place}.csv"


@st.composite
def plans(draw: st.DrawFn, mode: str) -> Plan:
    contents = draw(st.lists(st.lists(line(), min_size=1, max_size=4), min_size=2, max_size=4))
    files = tuple(File(name_of(mode, place), (HEAD + "".join(lines)).encode()) for place, lines in enumerate(contents))
    order = draw(st.permutations(range(len(files))))
    arrivals = (*order, *draw(st.lists(st.sampled_from(order), max_size=2)))
    dies = tuple(draw(st.none() | st.integers(0, 4)) for _ in arrivals)
    return Plan(mapping_of(mode), files, arrivals, dies, draw(st.booleans()))


class Dying:
    """A warehouse whose process dies at the n-th write: before it happened, or after."""

    def __init__(self, inside: Warehouse, writes: int, *, after: bool) -> None:
        self._inside, self._left, self._after = inside, writes, after

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inside, name)
        return self._counted(verb) if name in ("upsert", "append", "delete", "replace") else verb

    def _counted(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        def write(*given: Any) -> Any:
            self._left -= 1
            if self._left < 0 and not self._after:
                raise LakeError("the machine stopped")
            done = verb(*given)
            if self._left < 0:
                raise LakeError("the machine stopped")
            return done

        return write


def load(services: Services, mapping: Mapping, file: File) -> None:
    key = f"drop/shops/{file.name}"
    services.raw.put(key, file.data)
    flow.ingest(services, mapping, key)


def straight(services: Services, plan: Plan) -> None:
    for file in plan.files:
        load(services, plan.mapping, file)


def disturbed(services: Services, plan: Plan) -> None:
    for place, writes in zip(plan.arrivals, plan.dies, strict=True):
        if writes is not None:
            broken = replace(services, warehouse=Dying(services.warehouse, writes, after=plan.after))
            with suppress(LakeError):
                load(broken, plan.mapping, plan.files[place])
        load(services, plan.mapping, plan.files[place])


def outcome(run: Callable[[Services, Plan], None], plan: Plan) -> dict[str, list[str]]:
    """The canonical export of every table that a load touches."""
    with tempfile.TemporaryDirectory() as home:
        services = local_services(Settings(home=Path(home)), ManualClock(NOW))
        run(services, plan)
        found = {name: rows(services, name, columns) for name, columns in COMPARED.items()}
        services.warehouse.close()  # type: ignore[attr-defined]
    return found


def rows(services: Services, name: str, columns: str) -> list[str]:
    shown = (
        ", ".join(f'"{column}"' for column in schema.table(name.rpartition(".")[2]).names)
        if columns == "*"
        else columns
    )
    return sorted(map(repr, services.warehouse.query(sql.parse(f"SELECT {shown} FROM {name}", name)).to_pylist()))  # noqa: S608


def check(data: st.DataObject, mode: str) -> None:
    plan = data.draw(plans(mode))
    assert outcome(disturbed, plan) == outcome(straight, plan)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_files_in_any_order_end_in_the_same_tables(mode: str, data: st.DataObject) -> None:
    check(data, mode)


@pytest.mark.heavy
@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_files_in_any_order_end_in_the_same_tables_many_times(mode: str, data: st.DataObject) -> None:
    check(data, mode)
