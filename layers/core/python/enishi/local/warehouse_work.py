"""Work tables: plain Parquet in hive folders under the work store, read where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Protocol

from sqlglot import exp

from enishi.lake.schema import Folders, Table
from enishi.local.warehouse_reads import in_folders, nothing

Wanted = Mapping[str, str]
"""Values of folder columns, by column."""
_MOST_ALTERNATIVES = 200


class WorkFiles(Protocol):
    """Where the files of work tables are."""

    def find(self, declared: Table, wanted: Wanted) -> list[Path]:
        """Files whose folders have the `wanted` values (a subset of the folder columns)."""
        ...


class WorkFolder:
    """Work tables of a home folder: `<root>/<table>/<column>=<value>/…/*.parquet`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, declared: Table, wanted: Wanted) -> list[Path]:
        levels = [f"{column}={_escaped(wanted.get(column, '*'))}" for column in declared.partition_columns]
        return sorted((self._root / declared.name).glob("/".join([*levels, "*.parquet"])))


def _escaped(value: str) -> str:
    """A value that is no pattern; the star stands for any value."""
    return value if value == "*" else "".join(f"[{sign}]" if sign in "*?[" else sign for sign in value)


def wanted_folders(declared: Table, reference: exp.Table) -> tuple[Wanted, ...]:
    """Which folders the query around `reference` needs: those that have the values of one of these mappings.

    An empty mapping asks for all folders, no mapping for none.
    """
    query = reference.find_ancestor(exp.Select)
    if not isinstance(declared.partition, Folders) or query is None:
        return ({},)
    found: tuple[Wanted, ...] = ({},)
    for condition in _conditions(query):
        found = _both(found, _alternatives(condition, declared.partition.folders, reference.alias_or_name))
    return found


def _conditions(query: exp.Select) -> Iterator[exp.Expr]:
    """What holds for every row: WHERE, and the ON of inner joins."""
    if query.args.get("where"):
        yield query.args["where"].this
    yield from (join.args["on"] for join in query.args.get("joins") or () if join.args.get("on") and not join.side)


def _alternatives(condition: exp.Expr, folders: Collection[str], alias: str) -> tuple[Wanted, ...]:
    """What a condition asks of the folder columns of `alias`, as alternatives."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        return _both(_alternatives(inner.left, folders, alias), _alternatives(inner.right, folders, alias))
    if isinstance(inner, exp.Or):
        return _either((*_alternatives(inner.left, folders, alias), *_alternatives(inner.right, folders, alias)))
    column, value = _sides(inner) if isinstance(inner, exp.EQ) else (None, None)
    if column is None or value is None or column.table not in ("", alias) or column.name not in folders:
        return ({},)
    return ({column.name: value.name},)


def _both(some: Iterable[Wanted], others: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """One of `some` and one of `others`, where they do not contradict each other."""
    pairs = product(some, others)
    return _either(tuple({**one, **two} for one, two in pairs if all(one.get(k, v) == v for k, v in two.items())))


def _either(some: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """One of `some`; all folders where one asks for all, or where there are too many to look for."""
    return some if all(some) and len(some) <= _MOST_ALTERNATIVES else ({},)


def _sides(equality: exp.EQ) -> tuple[exp.Column | None, exp.Literal | None]:
    left, right = equality.this, equality.expression
    if isinstance(right, exp.Column):
        left, right = right, left
    column = left if isinstance(left, exp.Column) else None
    return column, right if isinstance(right, exp.Literal) and right.is_string else None


def relation(declared: Table, files: list[Path], alias: str) -> exp.Subquery:
    """The declared columns of work files, null where a file lacks one; no file gives no row."""
    rows = in_folders(declared, map(str, files)) if files else nothing(declared)
    return exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier(alias)))
