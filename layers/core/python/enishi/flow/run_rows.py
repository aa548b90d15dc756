"""The rows of `scenario_runs`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from enishi.clock import business_day
from enishi.flow.payload import Run
from enishi.ports import Services

TABLE = "scenario_runs"
_TIMES = ("slot_at", "started_at", "ended_at")


def write_run(services: Services, run: Run, **facts: Any) -> None:
    """Write what is known of `run`; other columns keep their values. The same facts again change nothing."""
    slot_date = business_day(run.slot_at, services.settings.tz)
    key = {
        "run_id": run.id,
        "scenario_id": run.scenario,
        "scenario_version": run.version,
        "slot_at": run.slot_at,
        "slot_date": slot_date,
    }
    row = {name: _value(value) for name, value in {**key, **facts}.items()}
    services.warehouse.upsert(TABLE, pa.table({name: _column(name, value) for name, value in row.items()}))


def _value(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _column(name: str, value: Any) -> pa.Array[Any]:
    kind = pa.timestamp("us") if name in _TIMES else None
    return pa.array([value], type=kind)
