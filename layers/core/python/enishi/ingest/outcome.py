"""What a load leaves behind beside its rows: bad rows in the quarantine, its line in the log, its report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.clock import business_day
from enishi.ingest.assembly import by_table
from enishi.ingest.commit import Written
from enishi.ingest.log import STOPPED, Past
from enishi.ingest.order import Place
from enishi.ingest.report import Check, LoadReport, Rejected, Status, TableLoad
from enishi.ingest.stage import Staged, table_load_id
from enishi.ingest.thresholds import empties
from enishi.lake import schema

FIRST = 5
"""So many row numbers are named beside a reason."""
AWAITS = "awaits_parent"


@dataclass(frozen=True)
class Facts:
    """What belongs to a load besides its rows."""

    now: datetime
    zone: ZoneInfo
    past: Past
    place: Place | None = None
    checks: tuple[Check, ...] = ()
    accepted: str = ""
    superseded: bool = False
    """Whether a newer version of the file is there: its bad rows are nobody's business any more."""


def report(staged: Staged, status: Status, written: Written, facts: Facts) -> LoadReport:
    """What was read and what came of it."""
    return LoadReport(
        staged.mapping.id,
        staged.file,
        staged.load_id,
        status,
        staged.rows_in,
        staged.rejected,
        written.loads,
        _rejected(staged),
        staged.new_columns,
        lost_columns=_lost(staged, facts.past),
        checks=facts.checks,
        warned=tuple(Rejected(*what, rows) for what, rows in staged.watch.warned.most_common() if rows),
        rows_skipped=staged.watch.skipped,
        rows_superseded=written.rows_superseded,
        rows_tombstoned=len(staged.tombstoned),
        accepted=facts.accepted,
    )


def _rejected(staged: Staged) -> tuple[Rejected, ...]:
    numbers: dict[tuple[str, str], list[int]] = {what: [] for what in staged.reasons}
    for batch in staged.rejects.batches():
        columns = [batch.column(name).to_pylist() for name in ("column", "reason", "row_no")]
        for column, reason, row_no in zip(*columns, strict=True):
            if len(found := numbers[column or "", reason]) < FIRST:
                found.append(row_no)
    return tuple(Rejected(*what, rows, tuple(numbers[what])) for what, rows in staged.reasons.most_common())


def _lost(staged: Staged, past: Past) -> tuple[str, ...]:
    """Columns that the mapping knows, or the file before had, and this one does not have."""
    if staged.mapping.format.kind in ("jsonl", "json"):
        return ()
    known = {
        name: None for target in staged.mapping.tables for column in target.columns.values() for name in column.inputs
    }
    known |= dict.fromkeys(past.loads[0].columns if past.loads else ())
    return tuple(name for name in known if name.split(".")[0] not in staged.watch.columns)


def quarantined(staged: Staged, facts: Facts) -> pa.RecordBatchReader:
    """Rows of the quarantine for the file's bad rows."""
    table = schema.table("quarantine")
    closing = ("repaired_load_id", "closed_at", "closed_by", "why")
    form = table.arrow_of(name for name in table.names if name not in closing)
    constant: Mapping[str, Any] = {
        "load_id": staged.load_id,
        "source_id": staged.mapping.id,
        "load_date": business_day(facts.now, facts.zone),
        "columns": json.dumps(staged.watch.columns, ensure_ascii=False),
        "source_order": facts.place.order if facts.place else None,
        "scope": facts.place.scope if facts.place else None,
    }

    def rows() -> Iterator[pa.RecordBatch]:
        for batch in staged.rejects.batches():
            columns = {name: batch.column(name) for name in batch.schema.names}
            columns["state"] = _states(columns["reason"], superseded=facts.superseded)
            yield pa.RecordBatch.from_arrays(
                [_filled(field, columns, constant, batch.num_rows) for field in form], schema=form
            )

    return pa.RecordBatchReader.from_batches(form, rows())


def _states(reasons: Any, *, superseded: bool) -> Any:
    states = [
        "superseded" if superseded else "waiting" if reason == AWAITS else "open" for reason in reasons.to_pylist()
    ]
    return pa.array(states, pa.string())


def _filled(field: Any, columns: Mapping[str, Any], constant: Mapping[str, Any], rows: int) -> Any:
    return (
        columns[field.name] if field.name in columns else pa.repeat(pa.scalar(constant[field.name], field.type), rows)
    )


def logged(staged: Staged, loads: Sequence[TableLoad], facts: Facts, status: str) -> pa.Table:
    """A row of the log a table."""
    newest = {
        table: max((pile.newest for pile in piles if pile.newest), default=None) for table, piles in by_table(staged)
    }
    rows = [
        {
            **_of_file(staged, facts, status),
            "load_id": table_load_id(staged.load_id, load.table),
            "table_name": load.table,
            "rows_superseded": load.superseded,
            "rows_offered": load.rows,
            "watermark": newest[load.table],
        }
        for load in loads
    ]
    return pa.Table.from_pylist(rows, schema=schema.table("load_log").arrow)


def logged_stop(staged: Staged, facts: Facts, stops: Sequence[Check]) -> pa.Table:
    """The log's row of a load that was stopped: what was measured, what is allowed."""
    row = {
        **_of_file(staged, facts, STOPPED),
        "load_id": table_load_id(staged.load_id, STOPPED),
        "note": "; ".join(check.sentence for check in stops),
    }
    return pa.Table.from_pylist([row], schema=schema.table("load_log").arrow)


def _of_file(staged: Staged, facts: Facts, status: str) -> dict[str, Any]:
    return {
        "source_id": staged.mapping.id,
        "file": staged.file,
        "load_date": business_day(facts.now, facts.zone),
        "loaded_at": facts.now.replace(tzinfo=None),
        "rows_in": staged.rows_in,
        "rows_rejected": staged.rejected,
        "status": status,
        "rows_skipped": staged.watch.skipped,
        "source_order": facts.place.order if facts.place and staged.mapping.load.ordered_by else None,
        "columns": json.dumps(staged.watch.columns, ensure_ascii=False),
        "empties": json.dumps({name: round(share, 6) for name, share in empties(staged).items()}, ensure_ascii=False),
        "note": "; ".join(check.sentence for check in facts.checks if facts.accepted and not check.holds) or None,
        "accepted": facts.accepted or None,
    }
