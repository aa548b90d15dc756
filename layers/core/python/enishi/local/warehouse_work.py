"""Work tables: plain Parquet in hive folders under the work store, read where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from sqlglot import exp

from enishi.lake import types
from enishi.lake.schema import Folders, Table

_FILES = "__files__"
"""Stands for the list of files in a relation's text."""


class WorkFiles(Protocol):
    """Where the files of work tables are."""

    def find(self, declared: Table, wanted: Mapping[str, str]) -> list[Path]:
        """Files whose folders have the `wanted` values (a subset of the folder columns)."""
        ...


class WorkFolder:
    """Work tables of a home folder: `<root>/<table>/<column>=<value>/…/*.parquet`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, declared: Table, wanted: Mapping[str, str]) -> list[Path]:
        levels = [f"{column}={_escaped(wanted.get(column, '*'))}" for column in declared.partition_columns]
        return sorted((self._root / declared.name).glob("/".join([*levels, "*.parquet"])))


def _escaped(value: str) -> str:
    """A value that is no pattern; the star stands for any value."""
    return value if value == "*" else "".join(f"[{sign}]" if sign in "*?[" else sign for sign in value)


def folder_values(declared: Table, reference: exp.Table) -> dict[str, str]:
    """What the query around `reference` says the folder columns are: `column = 'literal'` among its conditions."""
    if not isinstance(declared.partition, Folders):
        return {}
    query = reference.find_ancestor(exp.Select)
    found: dict[str, str] = {}
    for equality in _equalities(query) if query is not None else ():
        column, value = _sides(equality)
        if column is None or value is None or column.table not in ("", reference.alias_or_name):
            continue
        if column.name in declared.partition.folders:
            found[column.name] = value.name
    return found


def _equalities(query: exp.Select) -> Iterator[exp.EQ]:
    """Equalities that hold for every row: joined by AND in WHERE, or in the ON of an inner join."""
    conditions = [query.args["where"].this] if query.args.get("where") else []
    conditions += [join.args["on"] for join in query.args.get("joins") or () if join.args.get("on") and not join.side]
    for condition in conditions:
        yield from (part for part in _all_of(condition) if isinstance(part, exp.EQ))


def _all_of(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The parts that must all hold, however they are bracketed."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        yield from _all_of(inner.left)
        yield from _all_of(inner.right)
    else:
        yield inner


def _sides(equality: exp.EQ) -> tuple[exp.Column | None, exp.Literal | None]:
    left, right = equality.this, equality.expression
    if isinstance(right, exp.Column):
        left, right = right, left
    column = left if isinstance(left, exp.Column) else None
    return column, right if isinstance(right, exp.Literal) and right.is_string else None


def relation(declared: Table, files: list[Path], alias: str) -> exp.Subquery:
    """The declared columns of work files, null where a file lacks one; no file gives no row."""
    nothing, before, after = _texts(declared)
    listed = ", ".join(exp.Literal.string(str(path)).sql(dialect="duckdb") for path in files)
    text = f"{before}[{listed}]{after}" if files else nothing
    return exp.Subquery(this=exp.Var(this=text), alias=exp.TableAlias(this=exp.to_identifier(alias)))


@cache
def _texts(declared: Table) -> tuple[str, str, str]:
    """The relation without files, and what stands before and after the list of files: rendering it anew for each
    query costs more than reading the files."""
    typed = [exp.alias_(exp.cast(exp.null(), _kind(declared, name)), name, quoted=True) for name in declared.names]
    empty = exp.select(*typed).where(exp.false())
    options = [_flag("hive_partitioning", True), _flag("union_by_name", True), _flag("hive_types_autocast", False)]
    listed = exp.Var(this=_FILES)
    found = exp.select("*").from_(exp.Anonymous(this="read_parquet", expressions=[listed, *options]))
    both = exp.Union(this=empty, expression=found, distinct=False, by_name=True)
    whole = exp.select(*[_typed(declared, name) for name in declared.names]).from_(both.subquery("files"))
    before, _, after = whole.sql(dialect="duckdb").partition(_FILES)
    return empty.sql(dialect="duckdb"), before, after


def _typed(declared: Table, name: str) -> exp.Expr:
    return exp.alias_(exp.cast(exp.column(name, quoted=True), _kind(declared, name)), name, quoted=True)


def _kind(declared: Table, name: str) -> exp.DataType:
    return exp.DataType.build(types.to_duckdb(declared.column(name).kind), dialect="duckdb")


def _flag(name: str, value: bool) -> exp.EQ:
    return exp.EQ(this=exp.Var(this=name), expression=exp.Boolean(this=value))
