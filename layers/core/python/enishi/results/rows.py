"""The rows that a sender writes for its chunk: one a customer, `work.results` by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq

from enishi.lake.schema import table
from enishi.ports import Blobs

TABLE = "results"


class Outcome(StrEnum):
    """What became of a customer at a send step. Every arrival has exactly one."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    HOLDOUT = "holdout"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class ResultRow:
    """One customer's row; the folder columns (run, step, lane) stand in the file's key. Times are naive UTC."""

    chunk: int
    customer_id: str
    message_id: str
    outcome: Outcome
    decided_at: datetime
    decided_date: date
    reason: str | None = None
    channel: str | None = None
    channels_considered: tuple[str, ...] = ()
    template_id: str | None = None
    variant: str | None = None
    subject: str | None = None
    address_domain: str | None = None
    offer: str | None = None
    offer_code: str | None = None
    coupon_id: str | None = None
    coupon_code: str | None = None
    provider_id: str | None = None
    propensity: float = 1.0
    policy: str = ""
    unit_cost: Decimal | None = None


def result_key(run_id: str, step_id: str, lane: str, chunk: int) -> str:
    """Where a chunk's result file lies in the work store."""
    return f"{TABLE}/run_id={run_id}/step_id={step_id}/lane={lane}/{chunk}.parquet"


def write_results(work: Blobs, key: str, rows: Sequence[ResultRow]) -> None:
    """One Parquet file, whole or not at all."""
    buffer = BytesIO()
    pq.write_table(to_table(rows), buffer, compression="zstd")
    work.put(key, buffer.getvalue())


def counts_of(work: Blobs, key: str) -> dict[str, int] | None:
    """Customers by outcome in the file at `key`; None when there is no file yet."""
    if key not in work.list(key):
        return None
    with work.open(key) as stream:
        outcomes = pq.read_table(stream, columns=["outcome"]).column("outcome").to_pylist()
    return tally(str(outcome) for outcome in outcomes)


def tally(outcomes: Iterable[str]) -> dict[str, int]:
    """Every outcome with its count, zeros included, and `customers`, their sum."""
    found = Counter(outcomes)
    return {outcome.value: found[outcome.value] for outcome in Outcome} | {"customers": found.total()}


def to_table(rows: Sequence[ResultRow]) -> pa.Table:
    """The rows with the declared types, without the folder columns."""
    declared = table(TABLE)
    fields = [field for field in declared.arrow if field.name not in declared.partition_columns]
    return pa.Table.from_pylist([vars(row) for row in rows], schema=pa.schema(fields))
