"""Several source rows → one row: an order's header out of its lines, a link's first sight out of many events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.ingest.cells import indices, pc
from enishi.ingest.mapping import Group

_PICKED: dict[Group, str] = {"first": "min", "last": "max"}


def collapse(rows: pa.Table, by: Sequence[str], how: Mapping[str, Group]) -> pa.Table:
    """One row a group, in the order of first appearance.

    `how` names the aggregate of each other column (default first).
    Collapsing what was already collapsed block by block gives the same as collapsing all at once.
    """
    if rows.num_rows == 0:
        return rows
    numbered = rows.append_column("__place", indices(np.arange(rows.num_rows)))
    folded = {name: how[name] for name in how if how[name] in ("sum", "min", "max") and name not in by}
    asked: list[Any] = [("__place", "min"), ("__place", "max"), *folded.items()]
    grouped = pa.TableGroupBy(numbered, list(by), use_threads=False).aggregate(asked).sort_by("__place_min")
    columns = {name: _value(rows, grouped, name, how.get(name, "first"), name in by) for name in rows.column_names}
    return pa.table(columns, schema=rows.schema)


def _value(rows: pa.Table, grouped: pa.Table, name: str, how: Group, key: bool) -> Any:
    if how in _PICKED and not key:
        return rows.column(name).take(grouped.column(f"__place_{_PICKED[how]}"))
    if key:
        return rows.column(name).take(grouped.column("__place_min"))
    return pc.cast(grouped.column(f"{name}_{how}"), rows.schema.field(name).type)
