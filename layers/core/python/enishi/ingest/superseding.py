"""Bad rows of a file that was sent anew: nobody has to repair what a newer version replaces."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from enishi.ingest.queries import ask
from enishi.ingest.settling import Settled
from enishi.lake import schema
from enishi.ports import Warehouse

STATE = "superseded"


def is_superseded(settled: Settled) -> bool:
    """Whether a newer version of this file, or a newer snapshot of everything, is there already."""
    own = settled.place
    return any(whole.scope == own.scope and whole.order > own.order for whole in settled.others.wholes)


def close_older(settled: Settled, warehouse: Warehouse, now: datetime) -> int:
    """Close the open bad rows of the versions that this file replaces; how many there were."""
    own = settled.place
    if not any(whole.scope == own.scope for whole in settled.wholes):
        return 0
    source = settled.staged.mapping.id
    rows = ask(warehouse, "older_open", source=source, scope=own.scope, source_order=own.order)
    if not rows.num_rows:
        return 0
    fixed = {"state": STATE, "closed_at": now.replace(tzinfo=None), "closed_by": source}
    form = schema.table("quarantine").arrow
    for name, value in fixed.items():
        kind = form.field(name).type
        rows = rows.append_column(pa.field(name, kind), pa.repeat(pa.scalar(value, kind), rows.num_rows))
    return warehouse.upsert("pii.quarantine", rows).updated
