"""Statements of Athena on a local warehouse: SELECT, UNLOAD, INSERT … SELECT, MERGE, DELETE, CREATE TABLE AS, DROP."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from enishi.errors import NotSupportedError, QueryError
from enishi.lake.schema import SPILL, table
from enishi.local.athena_server_store import ObjectStore
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

Done = tuple[pa.Table | None, int]
"""Rows of a query, and how many rows a write wrote."""

_UNLOAD = re.compile(
    r"\s*UNLOAD\s*\((?P<query>.*)\)\s*TO\s*'(?P<target>[^']+)'\s*WITH\s*\((?P<options>.*)\)\s*", re.S | re.I
)
_PARTITIONS = re.compile(r"partitioned_by\s*=\s*ARRAY\s*\[(?P<names>[^\]]*)\]", re.I)
_SCRATCH = "athena-unloads"


class Statements:
    """What one environment's databases mean here: the settings say their names."""

    def __init__(self, warehouse: LocalWarehouse, store: ObjectStore, settings: Settings) -> None:
        self._warehouse = warehouse
        self._store = store
        self._schemas = {
            settings.lake_database: "",
            settings.pii_database: "pii",
            settings.staging_database: "staging",
        }
        self._made: dict[str, exp.Query] = {}
        """Tables made of a query, as that query: nothing is written while the statement lives that made them."""

    def run(self, text: str) -> Done:
        """Run one statement.

        Raises:
            QueryError, LakeError: what the warehouse says against it.
            NotSupportedError: a statement of another kind.
        """
        if found := _UNLOAD.fullmatch(text):
            return self._unload(found)
        tree = self._local(_parsed(text))
        kinds: Mapping[type[exp.Expr], Callable[[exp.Expr], Done]] = {
            exp.Insert: self._insert,
            exp.Merge: self._merge,
            exp.Delete: self._delete,
            exp.Create: self._create,
            exp.Drop: self._drop,
        }
        if isinstance(tree, exp.Query):
            return self._query(tree), 0
        if type(tree) not in kinds:
            what = "the stand-in knows SELECT, UNLOAD, INSERT, MERGE, DELETE, CREATE TABLE … AS and DROP TABLE"
            raise NotSupportedError(what, remedy="Use one of them.")
        return kinds[type(tree)](tree)

    def _query(self, query: exp.Query) -> pa.Table:
        history = [found for found in query.find_all(exp.Table) if found.name.endswith("$snapshots")]
        if history:
            newest = self._warehouse.snapshot(_local_name(history[0]).removesuffix("$snapshots"))
            return pa.table({"snapshot_id": pa.array([newest] if newest else [], pa.string())})
        return self._warehouse.query(query)

    def _insert(self, tree: exp.Expr) -> Done:
        columns = [column.name for column in tree.this.expressions]
        rows = self._warehouse.query(tree.expression).rename_columns(columns)
        return None, self._warehouse.append(_local_name(tree.this.this), rows)

    def _delete(self, tree: exp.Expr) -> Done:
        where = tree.args.get("where")
        return None, self._warehouse.delete(_local_name(tree.this), where.this if where is not None else exp.true())

    def _merge(self, tree: exp.Expr) -> Done:
        """DuckDB's own MERGE on a copy of the table, which then takes the table's place."""
        return None, self._warehouse.rewrite(_local_name(tree.this), tree)

    def _create(self, tree: exp.Expr) -> Done:
        name, query = tree.this.name, tree.expression
        if not name.startswith(SPILL) or not isinstance(query, exp.Query) or name in self._made:
            raise QueryError(
                f"{name} cannot be made of a query", remedy=f"Call a new table {SPILL}… in the staging database."
            )
        self._made[name] = query
        return None, 0

    def _drop(self, tree: exp.Expr) -> Done:
        for dropped in tree.args["tables"]:
            self._made.pop(dropped.name, None)
        return None, 0

    def _unload(self, found: re.Match[str]) -> Done:
        query = self._local(_parsed(found["query"]))
        if not isinstance(query, exp.Query):
            raise QueryError("UNLOAD takes a query", remedy="Write UNLOAD (SELECT …).")
        bucket, _, prefix = found["target"].removeprefix("s3://").partition("/")
        parts = _PARTITIONS.search(found["options"])
        names = re.findall(r"'([^']+)'", parts["names"]) if parts else []
        scratch = f"{_SCRATCH}/{uuid.uuid4().hex}"
        try:
            done = self._warehouse.unload(query, scratch, partition_by=names)
            for key in done.files:
                data = (self._warehouse.work_root / key).read_bytes()
                self._store.put(bucket, prefix + _stored(key.removeprefix(f"{scratch}/")), data)
        finally:
            shutil.rmtree(self._warehouse.work_root / scratch, ignore_errors=True)
        return None, done.total

    def _local(self, tree: exp.Expr) -> exp.Expr:
        """Databases as the schemas of a local warehouse; a table that was made of a query is that query."""
        for reference in list(tree.find_all(exp.Table)):
            if reference.name in self._made and not isinstance(reference.parent, exp.Drop):
                made = exp.Subquery(this=self._made[reference.name].copy(), alias=reference.args.get("alias"))
                made.set("joins", reference.args.get("joins"))
                reference.replace(made)
            elif reference.db and not reference.name.startswith(SPILL):
                schema, name = self._schema(reference)
                reference.set("catalog", None)
                reference.set("db", exp.to_identifier(schema) if schema else None)
                reference.set("this", exp.to_identifier(name, quoted=True))
        return tree

    def _schema(self, reference: exp.Table) -> tuple[str, str]:
        if reference.db not in self._schemas:
            raise QueryError(f"there is no database {reference.db}", remedy="Name one of the environment.")
        schema, name = self._schemas[reference.db], reference.name
        if schema != "staging":
            return schema, name
        staged = name.startswith("staging_")
        return ("staging", name.removeprefix("staging_")) if staged else (table(name).database, name)


def _local_name(reference: exp.Table) -> str:
    return f"{reference.db}.{reference.name}" if reference.db else reference.name


def _stored(key: str) -> str:
    """Athena's files have no extension and no name that repeats."""
    return str(Path(key).with_name(uuid.uuid4().hex))


def _parsed(text: str) -> exp.Expr:
    try:
        found = sqlglot.parse_one(text, read="athena")
    except SqlglotError as error:
        raise QueryError("the statement cannot be parsed", remedy="Correct it.") from error
    return found
