"""Retention: rows that are too old go, snapshots that are too old are forgotten, and the files of both are deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from sqlglot import exp

from enishi.clock import business_day
from enishi.errors import SettingsError
from enishi.flow.queries import query
from enishi.lake import sql
from enishi.lake.schema import History, Monthly, Table, tables
from enishi.ports import Services
from enishi.privacy.ports import Tools
from enishi.settings import Settings

UNDECLARED = History(kind="current")
_LEFT_AFTER = timedelta(days=1)
"""No statement runs for a day: a table that one made for itself is nobody's by then, and its files are emptied."""


@dataclass(frozen=True)
class Retained:
    """What went from one table; `table` is the staging database for tables that killed statements left in it."""

    table: str
    snapshot_days: int
    row_days: int | None
    rows: int
    snapshots: int
    files: int
    bytes: int
    tables: int = 0


def retain(tools: Tools, *, dry_run: bool = False) -> list[Retained]:
    """Apply what the tables declare and the workspace's settings say; tables where nothing went are left out.

    Raises:
        SettingsError: the settings name a table that there is not, or give rows an age where the table has no days.
    """
    _check(tools.services.settings)
    every = [declared for declared in tables().values() if declared.database != "work"]
    found = [*_each(tools, every, dry_run=dry_run), _left(tools, dry_run=dry_run)]
    return [one for one in found if one.rows or one.snapshots or one.files or one.tables]


def _each(tools: Tools, every: Sequence[Table], *, dry_run: bool) -> list[Retained]:
    """Table after table, or several at a time where the engine is far away and waits for nobody."""
    if tools.at_once == 1:
        return [_retained(tools, declared, dry_run=dry_run) for declared in every]
    with ThreadPoolExecutor(tools.at_once) as pool:
        return list(pool.map(lambda declared: _retained(tools, declared, dry_run=dry_run), every))


def days_of(settings: Settings, declared: Table) -> tuple[int, int | None]:
    """(days of snapshots, days of rows) in force for a table."""
    history, said = declared.history or UNDECLARED, settings.retention.get(declared.name)
    snapshots = said.snapshot_days if said and said.snapshot_days is not None else history.snapshot_days
    return snapshots, said.row_days if said and said.row_days is not None else history.row_days


def _check(settings: Settings) -> None:
    for name, said in settings.retention.items():
        if name not in tables():
            raise SettingsError(f"there is no table {name}", where="retention", remedy="Correct workspace.yaml.")
        if said.row_days is not None and not isinstance(tables()[name].partition, Monthly):
            remedy = "Give snapshot_days alone; its rows have no day to age by."
            raise SettingsError(f"rows of {name} have no day", where=f"retention.{name}", remedy=remedy)


def _retained(tools: Tools, declared: Table, *, dry_run: bool) -> Retained:
    snapshots, rows = days_of(tools.services.settings, declared)
    gone = _old_rows(tools.services, declared, rows, dry_run=dry_run) if rows is not None else 0
    oldest = tools.services.clock.now() - timedelta(days=snapshots)
    pruned = tools.past.keep_since(declared, oldest, dry_run=dry_run)
    return Retained(declared.qualified, snapshots, rows, gone, pruned.snapshots, pruned.files, pruned.bytes)


def _left(tools: Tools, *, dry_run: bool) -> Retained:
    left = tools.past.drop_left(tools.services.clock.now() - _LEFT_AFTER, dry_run=dry_run)
    return Retained("staging", _LEFT_AFTER.days, None, rows=0, snapshots=0, files=0, bytes=0, tables=left)


def _old_rows(services: Services, declared: Table, days: int, *, dry_run: bool) -> int:
    first = business_day(services.clock.now(), services.settings.tz) - timedelta(days=days)
    old = _OLD.get(declared.name, _by_day)(declared, first)
    if not dry_run:
        return services.warehouse.delete(declared.qualified, old)
    counted = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(sql.table_ref(declared.qualified))
    return int(services.warehouse.query(counted.where(old)).column(0)[0].as_py())


def _by_day(declared: Table, first: date) -> exp.Expr:
    [column] = declared.partition_columns
    return exp.LT(this=sql.column("", column), expression=sql.literal(first))


def _settled(_declared: Table, first: date) -> exp.Expr:
    """Of statements about rows only what later ones have replaced: the others say how the tables are (decision 8)."""
    condition: exp.Expr = query("settled_statements", first=first).args["where"].this
    return condition


_OLD: Mapping[str, Callable[[Table, date], exp.Expr]] = {"row_versions": _settled}
"""Tables whose old rows are not all without use, and what may go of them."""
