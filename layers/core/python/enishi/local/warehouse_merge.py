"""Copy-on-write: which files a merge or a delete touches, and what they hold afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from enishi.errors import LakeError
from enishi.lake.schema import Table
from enishi.lake.sql.duckdb import render
from enishi.local.warehouse_engine import FILE, files_of
from enishi.local.warehouse_files import State, partition_of, split

SMALL_BYTES = 4_000_000
SMALL_FILES = 8
"""An append to a partition with so many small files writes them together with its rows as one."""

_NUMBER = "_number"
_SOURCE = "merge_source"
_CHANGED = "merge_changed"


@dataclass(frozen=True)
class Plan:
    """Files to drop, the rows that take their place, and how many rows were inserted and updated (or deleted)."""

    files: tuple[str, ...]
    rows: pa.Table
    inserted: int
    updated: int


def crowded(state: State, declared: Table, rows: pa.Table) -> set[str]:
    """Small files of the partitions that `rows` go to, where there are many of them."""
    small = [file for file in state.files.values() if file.file_size_in_bytes < SMALL_BYTES]
    per_partition = Counter(partition_of(file) for file in small)
    full = {value for value, _ in split(declared, rows) if per_partition[value] >= SMALL_FILES}
    return {file.file_path for file in small if partition_of(file) in full}


def rows_of_files(cursor: duckdb.DuckDBPyConnection, declared: Table, files: Iterable[str]) -> pa.Table:
    """The rows that stand in `files`."""
    listed = exp.column(FILE).isin(*[exp.Literal.string(path) for path in files])
    return _typed(cursor, declared, exp.select(*_columns(declared)).from_(files_of(declared)).where(listed))


def delete(cursor: duckdb.DuckDBPyConnection, declared: Table, where: exp.Expr) -> Plan:
    """Rows for which `where` (in DuckDB's words) is not true stay."""
    source = files_of(declared)
    source.set("alias", exp.TableAlias(this=exp.to_identifier(declared.name)))
    hit = exp.select(exp.column(FILE), exp.alias_(exp.Count(this=exp.Star()), "n"))
    hits = _rows(cursor, hit.from_(source).where(where.copy()).group_by(exp.column(FILE)))
    files = tuple(str(path) for path, _ in hits)
    if not files:
        return Plan((), declared.arrow.empty_table(), 0, 0)
    stays = exp.Not(this=exp.Coalesce(this=where.copy(), expressions=[exp.false()]))
    listed = exp.column(FILE).isin(*[exp.Literal.string(path) for path in files])
    kept = exp.select(*_columns(declared)).from_(source.copy()).where(listed).where(stays)
    return Plan(files, _typed(cursor, declared, kept), 0, sum(count for _, count in hits))


def upsert(cursor: duckdb.DuckDBPyConnection, declared: Table, rows: pa.Table) -> Plan:
    """Merge `rows` (declared types, key complete, in their order) on the table's key; equal rows change nothing."""
    _refuse_null_keys(declared, rows)
    names = rows.column_names
    _offer(cursor, declared, rows)
    _keep(cursor, _CHANGED, _changed(declared, names))
    fresh = _typed(cursor, declared, _fresh(declared, names))
    updated = _rows(cursor, exp.select(exp.Count(this=exp.Star())).from_(_CHANGED))[0][0]
    files = tuple(str(row[0]) for row in _rows(cursor, exp.select(exp.column(FILE)).distinct().from_(_CHANGED)))
    if not files:
        return Plan((), fresh, fresh.num_rows, 0)
    rewritten = _typed(cursor, declared, _rewritten(declared, names, files))
    return Plan(files, pa.concat_tables([rewritten, fresh]), fresh.num_rows, updated)


def _refuse_null_keys(declared: Table, rows: pa.Table) -> None:
    for name in declared.key:
        if rows.column(name).null_count:
            raise LakeError(
                f"the key column {name} is null in a row", where=declared.name, remedy="Give every row a key."
            )


def _keep(cursor: duckdb.DuckDBPyConnection, name: str, query: exp.Query) -> None:
    kept = exp.Create(
        this=exp.to_table(name),
        kind="TABLE",
        expression=query,
        replace=True,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(kept.sql(dialect="duckdb"))


def _offer(cursor: duckdb.DuckDBPyConnection, declared: Table, rows: pa.Table) -> None:
    """Make the source rows `merge_source`, one a key: in place when no key repeats, which a window would not see."""
    cursor.register(_SOURCE, rows)
    if not _repeats(cursor, declared):
        return
    cursor.unregister(_SOURCE)
    cursor.register("merge_rows", rows.append_column(_NUMBER, pa.array(range(rows.num_rows), pa.int64())))
    _keep(cursor, _SOURCE, _last_of_each(declared, rows.column_names))


def _repeats(cursor: duckdb.DuckDBPyConnection, declared: Table) -> bool:
    keys = [_column(name) for name in declared.key]
    several = exp.Count(this=exp.Star()) > exp.Literal.number(1)
    return bool(
        _rows(cursor, exp.select(exp.Literal.number(1)).from_(_SOURCE).group_by(*keys).having(several).limit(1))
    )


def _last_of_each(declared: Table, names: list[str]) -> exp.Select:
    """Of several source rows with one key the last one."""
    order = exp.Order(expressions=[exp.Ordered(this=exp.column(_NUMBER), desc=True)])
    rank = exp.Window(this=exp.RowNumber(), partition_by=[_column(name) for name in declared.key], order=order)
    numbered = exp.select(*map(_column, names), exp.alias_(rank, "_rank")).from_("merge_rows")
    first = exp.column("_rank").eq(exp.Literal.number(1))
    return exp.select(*map(_column, names)).from_(numbered.subquery("numbered")).where(first)


def _changed(declared: Table, names: list[str]) -> exp.Select:
    """Source rows whose key is in the table with other values, and the file of that row."""
    values = [name for name in names if name not in declared.key]
    differs = exp.or_(
        exp.false(), *[exp.NullSafeNEQ(this=_of("s", name), expression=_of("t", name)) for name in values]
    )
    joined = exp.select(*[_of("s", name) for name in names], exp.column(FILE, table="t")).from_(
        exp.table_(_SOURCE, alias="s")
    )
    return joined.join(_target(declared), on=_same_key(declared)).where(differs)


def _fresh(declared: Table, names: list[str]) -> exp.Select:
    """Source rows whose key is not in the table, null where the source lacks a column."""
    columns = [
        _of("s", name) if name in names else exp.alias_(exp.null(), name, quoted=True) for name in declared.names
    ]
    source = exp.select(*columns).from_(exp.table_(_SOURCE, alias="s"))
    return source.join(_target(declared), on=_same_key(declared), join_type="anti")


def _rewritten(declared: Table, names: list[str], files: tuple[str, ...]) -> exp.Select:
    """Every row of `files`, with the columns of the source where its key is among the changed ones."""
    hit = exp.column(FILE, table="s").is_(exp.null()).not_()
    columns = [
        exp.alias_(
            exp.Case(ifs=[exp.If(this=hit.copy(), true=_of("s", name))], default=_of("t", name)), name, quoted=True
        )
        if name in names
        else _of("t", name)
        for name in declared.names
    ]
    listed = exp.column(FILE, table="t").isin(*[exp.Literal.string(path) for path in files])
    changed = exp.table_(_CHANGED, alias="s")
    return (
        exp.select(*columns)
        .from_(_target(declared))
        .join(changed, on=_same_key(declared), join_type="left")
        .where(listed)
    )


def _target(declared: Table) -> exp.Table:
    target = files_of(declared)
    target.set("alias", exp.TableAlias(this=exp.to_identifier("t")))
    return target


def _same_key(declared: Table) -> exp.Expr:
    return exp.and_(*[_of("s", name).eq(_of("t", name)) for name in declared.key])


def _of(alias: str, name: str) -> exp.Column:
    return exp.column(name, table=alias, quoted=True)


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _columns(declared: Table) -> list[exp.Column]:
    return [_column(name) for name in declared.names]


def _rows(cursor: duckdb.DuckDBPyConnection, query: exp.Query) -> list[tuple[Any, ...]]:
    return cursor.execute(render(query)).fetchall()


def _typed(cursor: duckdb.DuckDBPyConnection, declared: Table, query: exp.Query) -> pa.Table:
    rows: pa.Table = cursor.sql(render(query)).to_arrow_table()
    return rows.cast(declared.arrow)
