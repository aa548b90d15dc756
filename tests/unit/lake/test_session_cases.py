"""Visits out of web events: every rule of `v_sessions` as data, worked out by hand (tests/cases/sessions)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from enishi.ids import digest
from enishi.lake import sql
from enishi.lake.schema import table
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

NOON = datetime(2026, 11, 21, 3)
DAY = date(2026, 11, 21)
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "sessions" / "sessions.yaml").read_text("utf-8"))
CUSTOMERS = [
    {"customer_id": "C1", "status": "merged", "merged_into": "C9"},
    *({"customer_id": name, "status": "active"} for name in ("C2", "C3", "C5", "C9")),
]
MESSAGES = [{"message_id": "M1", "customer_id": "C5", "channel": "line", "sent_date": DAY, "status": "sent"}]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWarehouse]:
    warehouse = LocalWarehouse(tmp_path_factory.mktemp("sessions"), Settings())
    put(warehouse, "customers", CUSTOMERS)
    put(warehouse, "messages", MESSAGES)
    yield warehouse
    warehouse.close()


def put(lake: LocalWarehouse, name: str, rows: list[dict[str, Any]]) -> None:
    schema = table(name).arrow
    whole = [{column: row.get(column) for column in schema.names} for row in rows]
    lake.replace(name, pa.Table.from_pylist(whole, schema))


def events(case: dict[str, Any]) -> list[dict[str, Any]]:
    hurried: list[list[Any]] = [[second / 200, {}] for second in range(case.get("hurry", 0))]
    return [
        {
            "event_id": f"E{place:03d}",
            "event_at": NOON + timedelta(minutes=minute),
            "event_date": DAY,
            "visitor_id": "V1",
            "event_type": "page_view",
            **said,
        }
        for place, (minute, said) in enumerate([*hurried, *case["events"]])
    ]


def links(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "customer_id": customer,
            "id_type": "cookie",
            "id_value_hash": digest(visitor),
            "valid_from": NOON + timedelta(minutes=minute),
        }
        for minute, visitor, customer in case.get("links", [])
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_events_become_visits(lake: LocalWarehouse, case: dict[str, Any]) -> None:
    put(lake, "web_events", events(case))
    put(lake, "identities", links(case))
    query = sql.parse("SELECT * FROM v_sessions AS s ORDER BY s.visitor_id, s.started_at", "test")
    found = lake.query(query).to_pylist()
    asked = [list(session) for session in case["gives"]]
    assert len(found) == len(asked)
    assert [{name: row[name] for name in names} for row, names in zip(found, asked, strict=True)] == case["gives"]


def test_a_session_is_one_row() -> None:
    """The view's SQL holds on both engines."""
    assert sql.lint(sql.view("v_sessions")) == []
    assert sql.lint(sql.view("v_web_channels")) == []
