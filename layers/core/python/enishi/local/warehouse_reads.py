"""Parquet files as relations of DuckDB, as finished text: a tree built for each query costs more than a small file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlglot import exp

from enishi.lake import types
from enishi.lake.schema import Column, Table

FILE = "_file"
_FILES = "__files__"
"""Stands for the list of files in a text."""
_Text = tuple[str, str]
"""What stands before and after the list of files."""


def by_field_id(declared: Table, paths: Iterable[str]) -> exp.Var:
    """The rows of data files with the file of each, columns found by their Iceberg field id, null where a file is older
    than a column. No file is opened before it is read, so the engine knows nothing of what is in them."""
    return _listed(_by_field_id(declared), map(local_path, paths))


def by_name(declared: Table, paths: Iterable[str]) -> exp.Var:
    """The same, columns found by their names, which never change. All files are opened first, so the engine knows how
    many rows there are and what lies in each column, and plans joins by it."""
    return _listed(_by_name(declared), map(local_path, paths))


def in_folders(declared: Table, paths: Iterable[str]) -> exp.Var:
    """The rows of files in hive folders, columns found by their names."""
    return _listed(_in_folders(declared), paths)


def nothing(declared: Table) -> exp.Var:
    """No row with the declared columns."""
    return exp.Var(this=_nothing(declared))


def local_path(path: str) -> str:
    """The path that a location of a file names."""
    return path.removeprefix("file://")


def _listed(text: _Text, paths: Iterable[str]) -> exp.Var:
    before, after = text
    listed = ", ".join(exp.Literal.string(path).sql(dialect="duckdb") for path in paths)
    return exp.Var(this=f"{before}[{listed}]{after}")


@cache
def _nothing(declared: Table) -> str:
    return _no_row(declared).sql(dialect="duckdb")


def _no_row(declared: Table) -> exp.Select:
    typed = [exp.alias_(exp.cast(exp.null(), _kind(column)), column.name, quoted=True) for column in declared.columns]
    return exp.select(*typed).where(exp.false())


@cache
def _by_field_id(declared: Table) -> _Text:
    columns = [exp.column(name, quoted=True) for name in declared.names]
    fields = _option("schema", exp.Var(this=_field_ids(declared.columns)))
    return _parted(exp.select(*columns, _file()).from_(_read(fields, _option("filename", exp.true()))))


@cache
def _by_name(declared: Table) -> _Text:
    return _parted(_typed(declared, _file()).from_(_known(declared, _option("filename", exp.true()))))


@cache
def _in_folders(declared: Table) -> _Text:
    options = _option("hive_partitioning", exp.true()), _option("hive_types_autocast", exp.false())
    return _parted(_typed(declared).from_(_known(declared, *options)))


def _typed(declared: Table, *others: exp.Expr) -> exp.Select:
    kept = [(each.name, exp.cast(exp.column(each.name, quoted=True), _kind(each))) for each in declared.columns]
    return exp.select(*[exp.alias_(value, name, quoted=True) for name, value in kept], *others)


def _known(declared: Table, *options: exp.Expr) -> exp.Subquery:
    """The files' columns and the declared ones, null where no file has them."""
    found = exp.select("*").from_(_read(*options, _option("union_by_name", exp.true())))
    return exp.Union(this=_no_row(declared), expression=found, distinct=False, by_name=True).subquery("files")


def _read(*options: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this="read_parquet", expressions=[exp.Var(this=_FILES), *options])


def _file() -> exp.Expr:
    location = [exp.Literal.string("file://"), exp.column("filename")]
    return exp.alias_(exp.Concat(expressions=location, safe=False, coalesce=False), FILE)


def _parted(query: exp.Select) -> _Text:
    before, _, after = query.sql(dialect="duckdb").partition(_FILES)
    return before, after


def _kind(column: Column) -> exp.DataType:
    return exp.DataType.build(types.to_duckdb(column.kind), dialect="duckdb")


def _option(name: str, value: exp.Expr) -> exp.EQ:
    return exp.EQ(this=exp.Var(this=name), expression=value)


def _field_ids(columns: tuple[Column, ...]) -> str:
    """`MAP {1: {'name': …, 'type': …}, …}` as text."""
    numbers = [exp.Literal.number(number) for number in range(1, len(columns) + 1)]
    fields = [
        _struct(name=exp.Literal.string(column.name), type=exp.Literal.string(types.to_duckdb(column.kind)))
        for column in columns
    ]
    return exp.Map(keys=exp.Array(expressions=numbers), values=exp.Array(expressions=fields)).sql(dialect="duckdb")


def _struct(**fields: exp.Expr) -> exp.Expr:
    named = {**fields, "default_value": exp.null()}
    return exp.Struct(
        expressions=[exp.PropertyEQ(this=exp.to_identifier(name), expression=value) for name, value in named.items()]
    )
