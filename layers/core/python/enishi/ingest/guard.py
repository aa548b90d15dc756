"""What unification decided stays decided: a load never writes `status` of a customer that was merged into another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from sqlglot import exp

from enishi.ingest.cells import pc
from enishi.lake import sql
from enishi.ports import Warehouse

GUARDED = ("status",)
"""Columns of customers that a load leaves alone on merged rows (no mapping can name merged_into at all)."""


def merged(warehouse: Warehouse) -> dict[str, str]:
    """Absorbed customer → survivor, of every customer that unification merged."""
    wanted = exp.select(sql.column("", "customer_id"), sql.column("", "merged_into")).from_(sql.table_ref("customers"))
    rows = warehouse.query(wanted.where(sql.column("", "merged_into").is_(exp.null()).not_()))
    return {row["customer_id"]: row["merged_into"] for row in rows.to_pylist()}


def split(
    batches: Iterable[pa.RecordBatch], absorbed: Iterable[str]
) -> tuple[Iterator[pa.RecordBatch], list[pa.RecordBatch]]:
    """Rows that may be written whole, and rows of merged customers without the guarded columns.

    The second list is complete once the first iterator is exhausted.
    """
    known = pa.array(list(absorbed), pa.string())
    held: list[pa.RecordBatch] = []

    def free() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            among = pc.is_in(batch.column("customer_id"), value_set=known)
            if (some := batch.filter(among)).num_rows:
                held.append(some.drop_columns([name for name in GUARDED if name in batch.schema.names]))
            yield batch.filter(pc.invert(among))

    return free(), held
