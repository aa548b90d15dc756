"""Which deliveries are expected and which are missing: the check that raises the alarm when the core system is late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from enishi.clock import business_day
from enishi.flow.fetch import settle
from enishi.flow.ingest import catalogue
from enishi.ingest.connectors.due import Expectation, standing
from enishi.ingest.mapping import Mapping
from enishi.lake import sql
from enishi.ports import Services

_BACK = timedelta(days=40)
"""Loads that are looked at: longer than the gap between two due days."""


def expectations(services: Services) -> list[Expectation]:
    """The last and the next delivery of every source that says when it is due."""
    known = catalogue(services)
    due = [(known[name], rule) for name in known if (rule := known[name].due_by) is not None]
    if not due:
        return []
    loads, now = _loads(services, [source for source, _ in due]), services.clock.now()
    zone = services.settings.tz
    return [
        one for source, rule in due for one in standing(source.id, rule, loads.get(source.id, ()), now, zone)
    ]  # fmt: skip


def late(services: Services) -> list[Expectation]:
    """Deliveries that were due and are not there."""
    return [one for one in expectations(services) if one.behind]


def _loads(services: Services, sources: Sequence[Mapping]) -> dict[str, list[datetime]]:
    first = business_day(services.clock.now() - _BACK, services.settings.tz)
    mine = exp.In(this=sql.column("", "source_id"), expressions=sql.literals([source.id for source in sources]))
    status = exp.Coalesce(this=sql.column("", "status"), expressions=[sql.literal("loaded")])
    came = exp.NEQ(this=status, expression=sql.literal("stopped"))
    recent = exp.GTE(this=sql.column("", "load_date"), expression=sql.literal(first))
    query = exp.select(sql.column("", "source_id"), sql.column("", "loaded_at")).from_(sql.table_ref("load_log"))
    found: dict[str, list[datetime]] = defaultdict(list)
    for row in services.warehouse.query(query.where(mine, came, recent)).to_pylist():
        found[row["source_id"]].append(row["loaded_at"].replace(tzinfo=UTC))
    return found


class Payload(BaseModel):
    """What the task takes: nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """The task: `{"expected", "late", "late_sources"}`; `late` is the metric that the alarm watches.

    Fetches whose files the inbox has loaded meanwhile are taken note of.
    """
    del payload
    known = catalogue(services)
    for name in known:
        if (origin := known[name].origin) and origin.asked:
            settle(services, known[name])
    found = expectations(services)
    missing = sorted({one.source for one in found if one.behind})
    return {"expected": len(found) // 2, "late": len(missing), "late_sources": missing}
