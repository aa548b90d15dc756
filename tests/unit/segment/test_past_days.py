"""A segment asked as of a past day has the members that it had on that day, although rows are written over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from enishi.clock import ManualClock
from enishi.errors import LakeError
from enishi.flow import erase
from enishi.lake.schema import table, tables
from enishi.lake.sql import parse, to_athena
from enishi.local.privacy import local_tools
from enishi.local.services import local_services
from enishi.ports import Services
from enishi.privacy.report import Request
from enishi.segment.as_of import as_it_stood
from enishi.segment.compile import members
from enishi.segment.moment import Moment
from enishi.settings import Settings

FIRST = date(2026, 11, 1)
TOKYO = ZoneInfo("Asia/Tokyo")
GOLD = {"rank": "gold"}
DAYS: list[list[dict[str, Any]]] = [
    [{"customer_id": "C1", "member_rank": "gold"}, {"customer_id": "C2", "member_rank": "silver"}],
    [{"customer_id": "C2", "member_rank": "gold"}, {"customer_id": "C3", "member_rank": "gold"}],
    [{"customer_id": "C1", "member_rank": "silver"}],
    [{"customer_id": "C3", "member_rank": "gold", "status": "merged", "merged_into": "C2"}],
    [],
    [{"customer_id": "C2", "member_rank": "gold", "status": "withdrawn", "withdrawn_date": date(2026, 11, 6)}],
]
"""What each day writes over."""
EXPECTED = [["C1"], ["C1", "C2", "C3"], ["C2", "C3"], ["C2"], ["C2"], []]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 1, 3, tzinfo=UTC))


@pytest.fixture
def services(tmp_path: Path, clock: ManualClock) -> Services:
    return local_services(Settings(home=tmp_path / "home"), clock)


def gold(services: Services, moment: Moment, *, then: bool = True) -> list[str]:
    query = members({"attribute": {"member_rank": ["gold"]}}, moment)
    return sorted(services.warehouse.query(as_it_stood(query, moment) if then else query).column(0).to_pylist())


def live(services: Services, clock: ManualClock) -> Iterator[tuple[Moment, list[str]]]:
    """(end of day, members on that day), writing each day over the last, many commits a day."""
    for number, rows in enumerate(DAYS):
        day = FIRST + timedelta(days=number)
        clock.move_to(datetime(day.year, day.month, day.day, 3, tzinfo=UTC))
        for row in rows:
            whole = {"status": "active", "registered_date": FIRST, **row}
            services.warehouse.upsert("customers", pa.Table.from_pylist([whole]))
        for noise in range(6):
            services.warehouse.upsert(
                "customers", pa.table({"customer_id": ["C9"], "join_staff_id": [f"{number}-{noise}"]})
            )
        moment = Moment.end_of(day, TOKYO)
        yield moment, gold(services, moment, then=False)


def test_every_past_day_answers_as_it_did(services: Services, clock: ManualClock) -> None:
    recorded = list(live(services, clock))
    assert [found for _, found in recorded] == EXPECTED
    assert [gold(services, moment) for moment, _ in recorded] == EXPECTED


def test_a_day_before_the_past_begins_is_refused_with_the_oldest(services: Services, clock: ManualClock) -> None:
    list(live(services, clock))
    with pytest.raises(LakeError, match="goes back to 2026-11-01T03:00:00Z"):
        gold(services, Moment.end_of(date(2026, 10, 30), TOKYO))


def test_an_erased_person_vanishes_from_past_answers(services: Services, clock: ManualClock) -> None:
    moments = [moment for moment, _ in live(services, clock)]
    tools = local_tools(services)
    erase.erase(tools, erase.plan(tools, "C1", Request(clock.now())))
    with pytest.raises(LakeError, match="goes back to 2026-11-06"):
        gold(services, moments[0])
    clock.move_to(clock.now() + timedelta(days=1))
    assert "C1" not in gold(services, Moment.end_of(date(2026, 11, 7), TOKYO))


def test_the_statement_is_athenas_own() -> None:
    query = as_it_stood(parse("SELECT c.customer_id FROM customers AS c", "test"), Moment.end_of(FIRST, TOKYO))
    assert "customers FOR TIMESTAMP AS OF" in to_athena(query)


def test_every_table_that_is_written_over_or_not_says_its_history() -> None:
    spans = {name: declared.history for name, declared in tables().items() if declared.history}
    assert all(table(name).column(history.since) for name, history in spans.items() if history.since)
    assert {name for name, history in spans.items() if history.kind == "snapshots"} >= {
        "customers",
        "products",
        "carts",
    }
    assert {name for name, history in spans.items() if history.kind == "versions"} >= {"identities", "price_history"}
