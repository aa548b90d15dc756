"""The statements that the Athena adapter sends, as trees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
from sqlglot import exp

from enishi.aws.athena_staging import Span
from enishi.errors import LakeError, QueryError
from enishi.lake import sql
from enishi.lake.schema import Table
from enishi.lake.sql.build import data_type

_A_DAY = timedelta(days=1)
_NESTED = (exp.ArrayAgg, exp.Array, exp.Map, exp.Struct, exp.Split, exp.ArrayFilter, exp.Transform)


def has_nested_answer(query: exp.Query) -> bool:
    """Whether an output column is built as an array, a map or a row in the query's own SELECT."""
    return any(isinstance(node, _NESTED) for column in query.selects for node in _outer(column))


def _outer(column: exp.Expr) -> list[exp.Expr]:
    """The outermost expression of an output column, without alias, filter and cast."""
    found = [column]
    while isinstance(found[-1], exp.Alias | exp.Filter | exp.Cast | exp.Coalesce | exp.Window | exp.Paren):
        found.append(found[-1].this)
    return found


def empty_answer(query: exp.Query) -> pa.Table:
    """No rows, the names of the columns; types are not known."""
    return pa.table({name: pa.nulls(0) for name in query.named_selects})


def columns_of(query: exp.Query) -> list[str]:
    """Names of the output columns.

    Raises:
        QueryError: a star hides them.
    """
    if any(isinstance(column, exp.Star) or column.is_star for column in query.selects):
        raise QueryError("a star hides the columns of this query", remedy="Name every column.")
    return list(query.named_selects)


def typed(declared: Table, source: exp.Query) -> exp.Query:
    """`source` with the declared types: Athena takes no wider decimal into a column."""
    given = columns_of(source)
    for name in given:
        declared.column(name)
    columns = [_cast(declared, name) if name in given else _null(declared, name) for name in declared.names]
    return exp.select(*columns).from_(source.copy().subquery("given"))


def one_of_each(declared: Table, source: exp.Query) -> exp.Query:
    """`source` with the declared types and one row a key: a query has no order that could say which is the last."""
    rows = typed(declared, source)
    place = exp.Window(this=exp.RowNumber(), partition_by=[_column("rows", name) for name in declared.key])
    columns = [_column("rows", name) for name in declared.names]
    numbered = exp.select(*columns, exp.alias_(place, "place")).from_(rows.subquery("rows"))
    first = exp.column("place", table="numbered").eq(exp.Literal.number(1))
    kept = exp.select(*[_column("numbered", name) for name in declared.names])
    return kept.from_(numbered.subquery("numbered")).where(first)


def nothing(declared: Table) -> exp.Query:
    """The declared columns, no row."""
    return exp.select(*[_null(declared, name) for name in declared.names]).where(exp.false())


def _cast(declared: Table, name: str) -> exp.Expr:
    return exp.alias_(exp.cast(_column("given", name), data_type(declared.column(name).type)), name, quoted=True)


def _null(declared: Table, name: str) -> exp.Expr:
    return exp.alias_(exp.cast(exp.null(), data_type(declared.column(name).type)), name, quoted=True)


def insert(target: exp.Table, names: Sequence[str], source: exp.Query) -> exp.Insert:
    columns = exp.Schema(this=target, expressions=[exp.to_identifier(name, quoted=True) for name in names])
    return exp.Insert(this=columns, expression=source)


def merge(
    target: exp.Table, declared: Table, source: exp.Query, names: Sequence[str], days: Span | None = None
) -> exp.Merge:
    """Rows with a known key are updated where they differ, the others inserted; only `days` are looked at."""
    values = [name for name in names if name not in declared.key]
    update = exp.Update(expressions=[exp.EQ(this=_column("", name), expression=_column("s", name)) for name in values])
    whens = [exp.When(matched=False, then=_inserted(names))]
    if values:
        whens.insert(0, exp.When(matched=True, condition=_differs(values), then=update))
    return _merged(target, source, _same_row(declared, days), whens)


def replace(target: exp.Table, declared: Table, source: exp.Query) -> exp.Merge:
    """One statement: every old row is matched by its key and deleted, every row of `source` inserted."""
    old = exp.column("is_old", table="s")
    fresh = exp.select(exp.alias_(exp.false(), "is_old"), *[_column("given", name) for name in declared.names])
    keys = [_column("present", name) if name in declared.key else _null(declared, name) for name in declared.names]
    present = target.copy()
    present.set("alias", exp.TableAlias(this=exp.to_identifier("present")))
    stale = exp.select(exp.alias_(exp.true(), "is_old"), *keys).distinct().from_(present)
    both = exp.Union(this=fresh.from_(source.subquery("given")), expression=stale, distinct=False)
    same = [exp.NullSafeEQ(this=_column("s", name), expression=_column("t", name)) for name in declared.key]
    whens = [
        exp.When(matched=True, then=exp.Var(this="DELETE")),
        exp.When(matched=False, condition=exp.not_(old.copy()), then=_inserted(declared.names)),
    ]
    return _merged(target, both, exp.and_(old, *same), whens)


def differences(
    target: exp.Table, declared: Table, source: exp.Query, names: Sequence[str], days: Span | None = None
) -> exp.Select:
    """How many rows of `source` are new to the target, and how many differ from the row with their key."""
    values = [name for name in names if name not in declared.key]
    known = _column("t", declared.key[0]).is_(exp.null()).not_()
    columns = [
        exp.alias_(exp.CountIf(this=exp.not_(known)), "inserted"),
        exp.alias_(exp.CountIf(this=exp.and_(known.copy(), _differs(values))), "updated"),
    ]
    aliased = target.copy()
    aliased.set("alias", exp.TableAlias(this=exp.to_identifier("t")))
    joined = exp.select(*columns).from_(source.copy().subquery("s"))
    return joined.join(aliased, on=_same_row(declared, days), join_type="left")


def _differs(values: Sequence[str]) -> exp.Expr:
    pairs = [exp.NullSafeNEQ(this=_column("s", name), expression=_column("t", name)) for name in values]
    return exp.or_(*pairs) if pairs else exp.false()


def _same_row(declared: Table, days: Span | None) -> exp.Expr:
    """The same key, and a partition near the source's days: written as values, so that no other file is opened."""
    if days is None:
        return _same_key(declared.key)
    first, last = days[0] - _A_DAY, days[1] + _A_DAY
    [day] = [_column("t", name) for name in declared.partition_columns]
    near = exp.Between(this=day, low=sql.literal(first), high=sql.literal(last))
    return exp.and_(_same_key(declared.key), near)


def _same_key(key: Sequence[str]) -> exp.Expr:
    return exp.and_(*[_column("s", name).eq(_column("t", name)) for name in key])


def _inserted(names: Sequence[str]) -> exp.Insert:
    columns = exp.Tuple(expressions=[_column("", name) for name in names])
    return exp.Insert(this=columns, expression=exp.Tuple(expressions=[_column("s", name) for name in names]))


def _merged(target: exp.Table, source: exp.Query, on: exp.Expr, whens: list[exp.When]) -> exp.Merge:
    into = target.copy()
    into.set("alias", exp.TableAlias(this=exp.to_identifier("t")))
    return exp.Merge(this=into, using=source.copy().subquery("s"), on=on, whens=exp.Whens(expressions=whens))


def _column(table: str, name: str) -> exp.Column:
    return sql.column(table, name)


def count_of(query: exp.Query) -> exp.Select:
    return exp.select(exp.Count(this=exp.Star())).from_(query.copy().subquery("counted"))


def partitions_last(query: exp.Query, partition_by: Sequence[str]) -> exp.Query:
    """UNLOAD takes the folder columns from the end of the SELECT."""
    if not partition_by:
        return query
    names = columns_of(query)
    if missing := [name for name in partition_by if name not in names]:
        raise QueryError(f"the query has no column {missing[0]} to partition by", remedy="Select it.")
    ordered = [name for name in names if name not in partition_by] + list(partition_by)
    return exp.select(*[_column("parts", name) for name in ordered]).from_(query.copy().subquery("parts"))


def unload(query: exp.Query, target: str, partition_by: Sequence[str]) -> str:
    """The parser knows no UNLOAD: its frame is text, the query and every value in it are rendered from trees."""
    options = [f"format = {_quoted('PARQUET')}", f"compression = {_quoted('ZSTD')}"]
    if partition_by:
        options.append(f"partitioned_by = {sql.to_athena(sql.array(partition_by))}")
    return f"UNLOAD ({sql.to_athena(query)}) TO {_quoted(target)} WITH ({', '.join(options)})"


def _quoted(value: str) -> str:
    return sql.to_athena(sql.literal(value))


def latest_snapshot(target: exp.Table) -> exp.Select:
    """Iceberg's history table stands beside each table."""
    history = target.copy()
    history.set("this", exp.to_identifier(f"{target.name}$snapshots", quoted=True))
    newest = exp.select(exp.cast(exp.column("snapshot_id"), data_type("string"))).from_(history)
    return newest.order_by(exp.Ordered(this=exp.column("committed_at"), desc=True)).limit(1)


def whole_numbers(rows: pa.Table | None) -> tuple[int, ...]:
    """The figures of an answer with one row."""
    if rows is None or rows.num_rows != 1:
        raise LakeError("a count came back without its row", remedy="Try again.")
    return tuple(int(value or 0) for value in rows.to_pylist()[0].values())
