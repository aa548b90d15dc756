"""Relations of a statement that is too large for one plan: Iceberg tables of the staging database while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from enishi.aws.athena_names import CATALOG, Names
from enishi.aws.athena_runner import AthenaRunner
from enishi.aws.s3 import S3Blobs
from enishi.lake import sql
from enishi.lake.schema import SPILL
from enishi.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

FOLDER = "athena/spills"
"""Of the work bucket, under a prefix that is emptied every day."""


class Spills:
    """Tables that vanish when the statement that reads them is done."""

    def __init__(self, settings: Settings, runner: AthenaRunner, names: Names, work: S3Blobs) -> None:
        self._settings = settings
        self._runner = runner
        self._names = names
        self._work = work

    @contextmanager
    def within(self, query: exp.Query) -> Iterator[exp.Query]:
        """`query`, its views spelled out; where it is too large, what reads tables made of its relations."""
        parts = sql.divided(sql.expand_views(query))
        run = uuid.uuid4().hex
        made: dict[str, exp.Table] = {}
        try:
            for name, body in parts.first.items():
                statement = reading(body, made)
                made[name] = self._table(run, name, CATALOG)
                self._make(run, name, statement)
            yield reading(parts.rest, made)
        finally:
            for name in made:
                self._drop(run, name)

    def _table(self, run: str, name: str, catalog: str | None = None) -> exp.Table:
        """Statements that make or drop a table take its name without the catalogue's."""
        return exp.table_(f"{SPILL}{run}_{name}", db=self._settings.staging_database, catalog=catalog, quoted=True)

    def _make(self, run: str, name: str, body: exp.Query) -> None:
        """Iceberg: a plain table of Athena keeps instants in milliseconds only."""
        location = f"s3://{self._settings.work_bucket}/{FOLDER}/{run}/{name}/"
        given = {"table_type": "ICEBERG", "format": "PARQUET", "location": location}
        properties = [exp.Property(this=exp.Var(this=key), value=sql.literal(value)) for key, value in given.items()]
        properties.append(exp.Property(this=exp.Var(this="is_external"), value=exp.false()))
        made = exp.Create(
            this=self._table(run, name),
            kind="TABLE",
            properties=exp.Properties(expressions=properties),
            expression=self._names.resolve(body),
        )
        self._runner.run(sql.to_athena(made), self._settings.workgroup)

    def _drop(self, run: str, name: str) -> None:
        dropped = exp.Drop(tables=[self._table(run, name)], kind="TABLE", exists=True)
        self._runner.run(sql.to_athena(dropped), self._settings.workgroup)
        self._work.delete(f"{FOLDER}/{run}/{name}/")


def drop_left(glue: GlueClient, database: str, oldest: datetime, *, dry_run: bool = False) -> int:
    """Drop spilled tables made before `oldest`: the function that ran their statement was killed. How many there were.

    Through the catalogue: Athena drops no Iceberg table whose files are gone, and these are emptied daily.
    """
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database, Expression=f"{SPILL}.*")
    tables = [table for page in pages for table in page["TableList"]]
    left = [table["Name"] for table in tables if table["CreateTime"] < oldest and table["Name"].startswith(SPILL)]
    for name in left if not dry_run else ():
        with suppress(glue.exceptions.EntityNotFoundException):
            glue.delete_table(DatabaseName=database, Name=name)
    return len(left)


def reading(query: exp.Query, made: Mapping[str, exp.Table]) -> exp.Query:
    """`query` itself, reading the tables in the place of the relations that they were made of."""
    for reference in list(sql.tables_of(query)):
        if not reference.db and reference.name in made:
            table = made[reference.name].copy()
            table.set("alias", exp.TableAlias(this=exp.to_identifier(reference.alias_or_name)))
            table.set("joins", reference.args.get("joins"))
            reference.replace(table)
    return query
