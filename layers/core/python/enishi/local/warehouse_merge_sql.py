"""The statements of a merge, rendered once a table and set of columns: building them costs more than running them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from enishi.lake.schema import Table, table
from enishi.lake.sql.duckdb import render
from enishi.local.warehouse_engine import files_of
from enishi.local.warehouse_reads import FILE

SOURCE, GIVEN, NUMBER = "merge_source", "merge_rows", "_number"
"""The source with one row a key; the source as it was given, rows numbered in its order."""

_CHANGED = "merge_changed"


@dataclass(frozen=True)
class Merge:
    """What a merge runs, in this order."""

    last_of_each: str
    """Makes the source from what was given: of several rows with one key the last one."""
    known: str
    """How many keys of the source are in the table."""
    change: str
    """Keeps the source rows whose key is in the table with other values, and the file of that row."""
    changed: str
    """File and number of changed rows in it."""
    fresh: str
    """Source rows whose key is not in the table, null where the source lacks a column."""
    rewritten: str
    """Every row of the files with changes, as it is after the merge."""


@lru_cache(maxsize=256)
def merge_of(name: str, columns: tuple[str, ...]) -> Merge:
    """The statements that merge rows with `columns` into the table."""
    declared = table(name)
    return Merge(
        last_of_each=_keep(SOURCE, _last_of_each(declared, columns)),
        known=render(_known(declared)),
        change=_keep(_CHANGED, _changed(declared, columns)),
        changed=render(_per_file(exp.table_(_CHANGED))),
        fresh=render(_fresh(declared, columns)),
        rewritten=render(_rewritten(declared, columns)),
    )


def rows_in(declared: Table, files: Iterable[str]) -> str:
    """The rows that stand in `files`."""
    return render(exp.select(*_columns(declared)).from_(files_of(declared)).where(_among(files)))


def hits(declared: Table, where: exp.Expr) -> str:
    """Files and how many of their rows hold `where`, which is in DuckDB's words."""
    return render(_per_file(_aliased(declared, declared.name)).where(where.copy()))


def rows_without(declared: Table, where: exp.Expr, files: Iterable[str]) -> str:
    """The rows of `files` for which `where` is not true."""
    stays = exp.Not(this=exp.Coalesce(this=where.copy(), expressions=[exp.false()]))
    kept = exp.select(*_columns(declared)).from_(_aliased(declared, declared.name))
    return render(kept.where(_among(files)).where(stays))


def _among(files: Iterable[str]) -> exp.Expr:
    return exp.column(FILE).isin(*[exp.Literal.string(path) for path in files])


def _per_file(source: exp.Table) -> exp.Select:
    file, count = exp.column(FILE), exp.alias_(exp.Count(this=exp.Star()), "n")
    return exp.select(file, count).from_(source).group_by(file.copy())


def _keep(name: str, query: exp.Query) -> str:
    temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
    kept = exp.Create(this=exp.to_table(name), kind="TABLE", expression=query, replace=True, properties=temporary)
    return render(kept)


def _last_of_each(declared: Table, columns: tuple[str, ...]) -> exp.Select:
    order = exp.Order(expressions=[exp.Ordered(this=exp.column(NUMBER), desc=True)])
    rank = exp.Window(this=exp.RowNumber(), partition_by=[_column(name) for name in declared.key], order=order)
    numbered = exp.select(*map(_column, columns), exp.alias_(rank, "_rank")).from_(GIVEN)
    first = exp.column("_rank").eq(exp.Literal.number(1))
    return exp.select(*map(_column, columns)).from_(numbered.subquery("numbered")).where(first)


def _known(declared: Table) -> exp.Select:
    count = exp.select(exp.Count(this=exp.Star())).from_(exp.table_(SOURCE, alias="s"))
    return count.join(_aliased(declared, "t"), on=_same_key(declared), join_type="semi")


def _changed(declared: Table, columns: tuple[str, ...]) -> exp.Select:
    values = [name for name in columns if name not in declared.key]
    pairs = [exp.NullSafeNEQ(this=_of("s", name), expression=_of("t", name)) for name in values]
    given = exp.select(*[_of("s", name) for name in columns], exp.column(FILE, table="t"))
    joined = given.from_(exp.table_(SOURCE, alias="s")).join(_aliased(declared, "t"), on=_same_key(declared))
    return joined.where(exp.or_(exp.false(), *pairs))


def _fresh(declared: Table, columns: tuple[str, ...]) -> exp.Select:
    null = exp.null()
    chosen = [_of("s", name) if name in columns else exp.alias_(null, name, quoted=True) for name in declared.names]
    source = exp.select(*chosen).from_(exp.table_(SOURCE, alias="s"))
    return source.join(_aliased(declared, "t"), on=_same_key(declared), join_type="anti")


def _rewritten(declared: Table, columns: tuple[str, ...]) -> exp.Select:
    chosen = [_chosen(name) if name in columns else _of("t", name) for name in declared.names]
    changed = exp.table_(_CHANGED, alias="s")
    joined = exp.select(*chosen).from_(_aliased(declared, "t")).join(changed, on=_same_key(declared), join_type="left")
    return joined.where(exp.column(FILE, table="t").isin(query=exp.select(exp.column(FILE)).from_(_CHANGED)))


def _chosen(name: str) -> exp.Expr:
    """The source's value where the row is a changed one, else the table's."""
    hit = exp.column(FILE, table="s").is_(exp.null()).not_()
    chosen = exp.Case(ifs=[exp.If(this=hit, true=_of("s", name))], default=_of("t", name))
    return exp.alias_(chosen, name, quoted=True)


def _aliased(declared: Table, alias: str) -> exp.Table:
    found = files_of(declared)
    found.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return found


def _same_key(declared: Table) -> exp.Expr:
    return exp.and_(*[_of("s", name).eq(_of("t", name)) for name in declared.key])


def _of(alias: str, name: str) -> exp.Column:
    return exp.column(name, table=alias, quoted=True)


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _columns(declared: Table) -> list[exp.Column]:
    return [_column(name) for name in declared.names]
