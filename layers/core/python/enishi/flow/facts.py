"""The rollup: purchases and lines as they stand (`facts_lines`), and `customer_facts`, what each customer bought in one
row, for questions that need no lines.

`customer_facts` is made a part of the customers at a time, so that memory does not grow with the number of purchases:
one statement writes the purchases by part, one a part sums them up, and the rows go as a stream into one commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from sqlglot import exp

from enishi.clock import to_text
from enishi.flow import facts_lines
from enishi.flow.queries import query
from enishi.ids import stable_id
from enishi.lake import facts
from enishi.lake.facts_lines import Written, stand_in
from enishi.lake.facts_spans import ROLLUP
from enishi.lake.rows import conform
from enishi.lake.schema import table
from enishi.lake.sql import column, expand_views, literal, table_ref
from enishi.lake.sql.prune import pruned
from enishi.ports import Services, Warehouse

ORDERS_A_PART = 4_000_000
"""Orders of which a part is made, about."""
ORDERS_A_SPAN = 1_000_000
"""Orders whose lines one statement writes, about: they are netted in memory."""
_PARTS = "purchase_parts"


@dataclass(frozen=True)
class Refresh:
    """One making of the rollup."""

    written: Written
    parts: int
    snapshot: str
    at: datetime

    @property
    def id(self) -> str:
        return self.written.refresh


def refresh(services: Services, *, orders_a_part: int = ORDERS_A_PART) -> int:
    """Make the rollup of the tables as they are; returns the rows of `customer_facts`. Where it stands already, nothing
    is written.

    A table that is written meanwhile leaves a rollup that is not used until the next refresh: it says of which
    snapshots it was made, and these are taken first.
    """
    warehouse = services.warehouse
    standing = facts.present(warehouse)
    if standing is not None and standing.written() is not None:
        return int(warehouse.query(_count()).column(0)[0].as_py())
    before = facts.last_written(warehouse)
    made = _begun(services, orders_a_part)
    if made is None:
        return 0
    with _parted(services, made):
        rows = warehouse.replace(ROLLUP, _stream(warehouse, made))
    facts_lines.forget(services, keep=[each.refresh for each in (made.written, before) if each])
    return rows


def _begun(services: Services, orders_a_part: int) -> Refresh | None:
    """The purchases and lines written; None where there is no order that says its day."""
    stamp = facts.stamp(services.warehouse)
    reach = facts.reach(services.warehouse)
    if reach is None:
        return None
    at = services.clock.now().astimezone(UTC).replace(microsecond=0)
    spans = facts_lines.spans(services.warehouse, min(orders_a_part, ORDERS_A_SPAN))
    written = facts_lines.write(services, stable_id("F", stamp, to_text(at)), spans)
    parts = max(1, -(-reach.orders // orders_a_part))
    return Refresh(written, parts, facts.stamped(stamp, reach, written), at)


@contextmanager
def _parted(services: Services, made: Refresh) -> Iterator[None]:
    """The purchases lie in the work store, by part, while the block runs."""
    folder = f"{_PARTS}/refresh={made.id}"
    purchases = pruned(stand_in(expand_views(query(_PARTS, parts=made.parts)), made.written))
    try:
        services.warehouse.unload(purchases, folder, partition_by=("part",))
        yield
    finally:
        services.work.delete(f"{folder}/")


def _stream(warehouse: Warehouse, made: Refresh) -> pa.RecordBatchReader:
    declared = table(ROLLUP)

    def batches() -> Iterator[pa.RecordBatch]:
        for part in range(made.parts):
            yield from conform(declared, warehouse.query(_rows_of(made, part))).to_batches()

    return pa.RecordBatchReader.from_batches(declared.arrow, batches())


def _rows_of(made: Refresh, part: int) -> exp.Query:
    """The rollup's rows of one part: its purchases stand for all in every view that is read."""
    tree = expand_views(query(ROLLUP, refreshed_at=made.at, snapshot=made.snapshot))
    [purchases] = [cte for cte in tree.args["with_"].expressions if cte.alias == facts.VIEW]
    purchases.set("this", _purchases_of(made, part))
    return pruned(tree)


def _purchases_of(made: Refresh, part: int) -> exp.Select:
    where = {"refresh": made.id, "part": str(part)}
    inside = [column("p", name) for name in table(_PARTS).names if name not in where]
    tests = [exp.EQ(this=column("p", name), expression=literal(value)) for name, value in where.items()]
    return exp.select(*inside).from_(table_ref(f"work.{_PARTS}", "p")).where(*tests)


def _count() -> exp.Query:
    return exp.select(exp.alias_(exp.Count(this=exp.Star()), "customers")).from_(table_ref(ROLLUP))
