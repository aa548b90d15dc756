"""Rows that are gone: deleted, or marked as gone. By key, a part of the keys at a time; a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.ingest.cells import pc
from enishi.ingest.order import BETWEEN
from enishi.ingest.rules import Word
from enishi.ingest.steps import word
from enishi.lake import schema, sql
from enishi.lake.schema import Table
from enishi.ports import Warehouse

AT_ONCE = 1_000
"""Keys in one statement: Athena takes 256 KiB of text."""


def delete(warehouse: Warehouse, table: str, keys: Sequence[str]) -> int:
    """Delete the rows with these keys; how many there were."""
    declared = schema.table(table)
    return sum(warehouse.delete(declared.qualified, among(declared, part)) for part in _parts(keys))


def mark(warehouse: Warehouse, table: str, keys: Sequence[str], values: Mapping[str, Word]) -> pa.Table:
    """Rows to write: those of `keys` that the table has, with `values` in the columns that say that they are gone."""
    declared = schema.table(table)
    form = pa.schema([declared.arrow.field(name) for name in declared.names if name in (*declared.key, *values)])
    standing = [_standing(warehouse, declared, part) for part in _parts(keys)]
    found = pa.concat_tables(standing) if standing else _empty(declared)
    columns = [
        found.column(field.name) if field.name in declared.key else constant(values[field.name], field, found.num_rows)
        for field in form
    ]
    return pa.table(columns, schema=form)


def constant(value: Word, field: Any, rows: int) -> Any:
    """A column that says the same in every row."""
    one: Any = pa.scalar(word(value)).cast(field.type)
    return pa.repeat(one, rows)


def among(declared: Table, keys: Sequence[str]) -> exp.Expr:
    """The rows with these keys, as a condition."""
    typed = zip(*[_typed(declared, name, place, keys) for place, name in enumerate(declared.key)], strict=True)
    columns = [sql.column("", name) for name in declared.key]
    if len(columns) == 1:
        return exp.In(this=columns[0], expressions=sql.literals(value for (value,) in typed))
    rows = [exp.Tuple(expressions=sql.literals(values)) for values in typed]
    return exp.In(this=exp.Tuple(expressions=columns), expressions=rows)


def _typed(declared: Table, name: str, place: int, keys: Sequence[str]) -> list[Any]:
    parts = [key.split(BETWEEN)[place] for key in keys]
    values: list[Any] = pc.cast(pa.array(parts, pa.string()), declared.arrow.field(name).type).to_pylist()
    return values


def _standing(warehouse: Warehouse, declared: Table, keys: Sequence[str]) -> pa.Table:
    columns = [sql.column("", name) for name in declared.key]
    rows = warehouse.query(exp.select(*columns).from_(sql.table_ref(declared.qualified)).where(among(declared, keys)))
    return rows.cast(_empty(declared).schema)


def _empty(declared: Table) -> pa.Table:
    return pa.schema([declared.arrow.field(name) for name in declared.key]).empty_table()


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
