"""A MERGE statement on a copy of a table."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from sqlglot import exp

from enishi.errors import LakeError, QueryError
from enishi.lake.schema import Table
from enishi.lake.sql.duckdb import render
from enishi.local.warehouse_engine import rows_of

_COPY = "merged"


def run(cursor: duckdb.DuckDBPyConnection, declared: Table, tree: exp.Expr) -> tuple[pa.Table, int]:
    """The table's rows after the MERGE, and how many it changed.

    Raises:
        QueryError: not a MERGE.
        LakeError: a target row matches several source rows, or another refusal of the engine.
    """
    if not isinstance(tree, exp.Merge):
        raise QueryError("this is not a MERGE", remedy="Write MERGE INTO … USING … ON … WHEN ….")
    copied = exp.Create(
        this=exp.to_table(_COPY),
        kind="TABLE",
        replace=True,
        expression=exp.select("*").from_(rows_of(declared)),
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(render(copied))
    target = exp.to_table(_COPY)
    target.set("alias", tree.this.args.get("alias"))
    tree.set("this", target)
    try:
        [[count]] = cursor.execute(render(tree)).fetchall()
    except duckdb.Error as error:
        what = f"the MERGE was refused ({type(error).__name__})"
        raise LakeError(what, where=declared.name, remedy="Look for keys that stand twice.") from None
    rows: pa.Table = cursor.sql(render(exp.select("*").from_(exp.to_table(_COPY)))).to_arrow_table()
    return rows.cast(declared.arrow), int(count)
