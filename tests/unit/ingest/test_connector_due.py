"""When a delivery is due, and how it stands: hand-worked days around a holiday and a change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from enishi.clock import ManualClock, from_text
from enishi.errors import MappingError
from enishi.flow.import_due import expectations, late
from enishi.flow.tasks import perform
from enishi.ingest.connectors.declaration import DueBy
from enishi.ingest.connectors.due import Standing, is_due_on, standing
from enishi.local.services import local_services
from enishi.settings import Settings

TOKYO = ZoneInfo("Asia/Tokyo")
MORNING = DueBy.model_validate({"at": "07:00", "days": "business", "closed": ["12-31"]})


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-11-20", True),
        ("2026-11-21", False),
        ("2026-11-22", False),
        ("2026-11-23", False),
        ("2026-11-24", True),
        ("2026-12-31", False),
        ("2027-01-01", False),
    ],
    ids=["friday", "saturday", "sunday", "labour thanksgiving", "tuesday", "closed", "new year"],
)
def test_business_days_know_weekends_holidays_and_closings(day: str, due: bool) -> None:
    assert is_due_on(date.fromisoformat(day), MORNING) is due


@pytest.mark.parametrize(
    ("now", "loads", "was", "ahead"),
    [
        ("2026-11-24T06:59", ["2026-11-20T06:30"], Standing.ARRIVED, Standing.EXPECTED),
        ("2026-11-24T07:00", ["2026-11-20T06:30"], Standing.MISSING, Standing.EXPECTED),
        ("2026-11-24T07:00", ["2026-11-24T06:30"], Standing.ARRIVED, Standing.EXPECTED),
        ("2026-11-24T09:00", ["2026-11-24T08:30"], Standing.LATE, Standing.EXPECTED),
        ("2026-11-24T23:00", ["2026-11-24T06:30", "2026-11-24T22:00"], Standing.ARRIVED, Standing.ARRIVED),
        ("2026-11-23T12:00", [], Standing.MISSING, Standing.EXPECTED),
    ],
)
def test_how_a_delivery_stands(now: str, loads: list[str], was: Standing, ahead: Standing) -> None:
    found = standing("points", MORNING, [tokyo(at) for at in loads], tokyo(now), TOKYO)
    assert [one.standing for one in found] == [was, ahead]
    assert found[0].behind is (was is Standing.MISSING)


def test_a_due_time_is_a_local_time() -> None:
    new_york = DueBy.model_validate({"at": "06:00", "zone": "America/New_York"})
    before, after = (
        standing("s", new_york, [], from_text(now), TOKYO)[0].due_at
        for now in ("2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z")
    )
    assert before == from_text("2026-10-31T10:00:00Z")
    assert after == from_text("2026-11-02T11:00:00Z")


def test_unknown_holidays_are_said() -> None:
    with pytest.raises(MappingError, match="holidays of QQ"):
        is_due_on(date(2026, 1, 5), DueBy.model_validate({"at": "06:00", "days": "business", "country": "QQ"}))


SOURCE = """
id: points
files: "P*.csv"
due_by: "07:00"
tables:
  - table: point_ledger
    columns: {entry_id: no, customer_id: {from: member, id: C}, posted_at: at, points: points}
"""


def test_the_lake_says_what_came(tmp_path: Path) -> None:
    clock = ManualClock(tokyo("2026-11-20T06:00"))
    services = local_services(Settings(home=tmp_path), clock)
    services.raw.put("sources/points.yaml", SOURCE.encode())
    services.raw.put("drop/points/P1.csv", b"no,member,at,points\n1,m,2026-11-19,5\n")
    perform(services, "ingest", {"key": "drop/points/P1.csv"})
    clock.move_to(tokyo("2026-11-20T08:00"))
    assert late(services) == []
    clock.move_to(tokyo("2026-11-21T08:00"))
    assert [one.standing for one in expectations(services)] == [Standing.MISSING, Standing.EXPECTED]
    assert perform(services, "import_due", {}) == {"expected": 1, "late": 1, "late_sources": ["points"]}
