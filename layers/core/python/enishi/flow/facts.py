"""The rollup `customer_facts`: what each customer bought, in one row, for questions that need no lines."""

from __future__ import annotations

from datetime import UTC

from sqlglot import exp

from enishi.flow.queries import query
from enishi.lake import facts
from enishi.lake.facts_spans import ROLLUP
from enishi.lake.sql import table_ref
from enishi.ports import Services


def refresh(services: Services) -> int:
    """Make the rollup of the tables as they are; returns its rows. Where it stands already, nothing is written.

    A table that is written meanwhile leaves a rollup that is not used until the next refresh: it says of which
    snapshots it was made, and these are taken first.
    """
    warehouse = services.warehouse
    if facts.present(warehouse) is not None:
        return int(warehouse.query(_count()).column(0)[0].as_py())
    stamped = facts.reaching(facts.stamp(warehouse), warehouse)
    if not stamped:
        return 0
    at = services.clock.now().astimezone(UTC).replace(microsecond=0)
    return warehouse.replace(ROLLUP, query("customer_facts", refreshed_at=at, snapshot=stamped))


def _count() -> exp.Query:
    return exp.select(exp.alias_(exp.Count(this=exp.Star()), "customers")).from_(table_ref(ROLLUP))
