"""A log's merge looks only at the days of its rows: it costs what they cost, not what the table has grown to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from enishi.aws import athena_sql
from enishi.aws.athena_staging import Staging
from enishi.lake import sql
from enishi.lake.schema import table
from enishi.local.blobs import FolderBlobs

EVENTS = table("web_events")
DAYS = (date(2026, 11, 20), date(2026, 11, 21))


def staged_days(folder: Path, name: str, *days: date | None, column: str) -> tuple[date, date] | None:
    declared = table(name)
    key = {part: [str(number) for number in range(len(days))] for part in declared.key}
    rows = pa.table({**key, column: pa.array(days, pa.date32())})
    work: Any = FolderBlobs(folder)
    with Staging(work).rows(declared, rows, complete=False, keyed=True) as staged:
        return staged.days


def test_the_days_of_a_log_are_those_of_its_rows(tmp_path: Path) -> None:
    assert staged_days(tmp_path, "web_events", DAYS[1], DAYS[0], column="event_date") == DAYS


def test_rows_that_may_move_are_looked_for_everywhere(tmp_path: Path) -> None:
    assert staged_days(tmp_path, "orders", *DAYS, column="order_date") is None


def test_a_row_without_its_day_is_looked_for_everywhere(tmp_path: Path) -> None:
    assert staged_days(tmp_path, "web_events", DAYS[0], None, column="event_date") is None


@pytest.mark.parametrize("build", [athena_sql.merge, athena_sql.differences])
def test_other_days_are_not_opened(build: Any) -> None:
    source = sql.parse("SELECT 'E1' AS event_id, DATE '2026-11-21' AS event_date", "test")
    target, names = exp.to_table("lake_db.web_events"), ["event_id", "event_date"]
    text = sql.to_athena(build(target, EVENTS, source, names, DAYS))
    assert """t."event_date" BETWEEN CAST('2026-11-19' AS DATE) AND CAST('2026-11-22' AS DATE)""" in text.replace(
        '"t"', "t"
    )
    assert "BETWEEN" not in sql.to_athena(build(target, EVENTS, source, names))
