"""Messages that were in doubt and are no longer: the ledger's word carried into `messages`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pyarrow as pa
from sqlglot import exp

from enishi.lake import sql
from enishi.ports import Entry, Ledger, LedgerState, Warehouse

SLICE = 1_000
"""Ids of one IN list and of one reading of the ledger."""

_STATUSES: Mapping[LedgerState, str] = {LedgerState.ACCEPTED: "sent", LedgerState.REFUSED: "failed"}


def carry_settled(warehouse: Warehouse, ledger: Ledger, message_ids: Sequence[str]) -> int:
    """Give those of `message_ids` that the lake holds as unknown the status that the ledger knows; how many changed."""
    changed = 0
    for part in slices(message_ids):
        proven = {i: entry for i, entry in ledger.find(part).items() if entry.state in _STATUSES}
        rows = _rows(proven, _doubtful(warehouse, list(proven)))
        changed += warehouse.upsert("messages", rows).updated if rows.num_rows else 0
    return changed


def in_doubt(warehouse: Warehouse, since: date) -> frozenset[str]:
    """Ids of the messages since `since` whose outcome the lake does not know: few, unless a provider broke down."""
    unknown = exp.EQ(this=sql.column("m", "status"), expression=sql.literal("unknown"))
    recent = exp.GTE(this=sql.column("m", "sent_date"), expression=sql.literal(since))
    query = exp.select(sql.column("m", "message_id")).from_(sql.table_ref("messages", "m")).where(unknown, recent)
    return frozenset(str(found) for found in warehouse.query(query).column("message_id").to_pylist())


def slices(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """`values` in pieces of `SLICE`."""
    return (values[start : start + SLICE] for start in range(0, len(values), SLICE))


def _doubtful(warehouse: Warehouse, message_ids: Sequence[str]) -> list[str]:
    if not message_ids:
        return []
    unknown = exp.EQ(this=sql.column("m", "status"), expression=sql.literal("unknown"))
    among = exp.In(this=sql.column("m", "message_id"), expressions=sql.literals(message_ids))
    query = exp.select(sql.column("m", "message_id")).from_(sql.table_ref("messages", "m")).where(unknown, among)
    return [str(found) for found in warehouse.query(query).column("message_id").to_pylist()]


def _rows(proven: Mapping[str, Entry], message_ids: Sequence[str]) -> pa.Table:
    entries = [proven[message_id] for message_id in message_ids]
    return pa.table(
        {
            "message_id": pa.array(message_ids, pa.string()),
            "status": pa.array([_STATUSES[entry.state] for entry in entries], pa.string()),
            "suppress_reason": pa.array([entry.reason or None for entry in entries], pa.string()),
        }
    )
