"""What the demo adds to the published files, on receipts small enough to work out by hand."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from enishi.clock import start_of_day
from enishi.local.blobs import FolderBlobs
from enishi.local.demo.completejourney import DAY, SCENARIOS, copy_scenarios
from enishi.local.demo.completejourney_files import EVIDENCE, install_extras
from enishi.local.demo.completejourney_world import Readers
from enishi.local.services import local_services
from enishi.scenario.library import library
from enishi.scenario.lint import lint
from enishi.scenario.lint_content import content_findings
from enishi.settings import Settings

NEW_YORK = ZoneInfo("America/New_York")
# household, product, quantity, paid, taken off by the shop, instant (UTC)
RECEIPTS = [
    ("7", "tea", 1, 2.00, 0.00, "2017-01-05 15:00:00"),
    ("7", "tea", 2, 4.00, 1.00, "2017-01-20 15:00:00"),  # 2.50 a piece before the discount
    ("8", "tea", 1, 3.00, 0.00, "2017-01-25 15:00:00"),  # January's median of 2.00, 2.50, 3.00
    ("8", "tea", 1, 9.00, 0.00, "2017-02-01 04:59:59"),  # January still, in New York: median of four, 2.75
    ("8", "tea", 1, 2.75, 0.00, "2017-02-03 15:00:00"),  # the same price in February adds no row
    ("8", "tea", 1, 2.80, 0.00, "2017-04-03 15:00:00"),
    ("8", "gift", 0, 0.00, 0.00, "2017-04-03 15:00:00"),  # nothing was paid for nothing: no price
]


@pytest.fixture
def raw(tmp_path: Path) -> FolderBlobs:
    names = ("household_id", "product_id", "quantity", "sales_value", "retail_disc")
    columns: dict[str, object] = {
        name: list(values) for name, values in zip(names, list(zip(*RECEIPTS, strict=True))[:5], strict=True)
    }
    columns["coupon_match_disc"] = [0.0] * len(RECEIPTS)
    columns["transaction_timestamp"] = [datetime.fromisoformat(receipt[5]) for receipt in RECEIPTS]
    pq.write_table(pa.table(columns), tmp_path / "transactions.parquet")
    blobs = FolderBlobs(tmp_path / "raw")
    install_extras(blobs, date(2017, 11, 21), tmp_path / "transactions.parquet")
    return blobs


def test_a_price_is_known_from_the_month_after_it_was_paid(raw: FolderBlobs) -> None:
    found = pq.read_table(io.BytesIO(raw.get("drop/shelf_prices/shelf_prices.parquet"))).to_pylist()
    february, may = datetime(2017, 2, 1, 5), datetime(2017, 5, 1, 4)
    assert found == [
        {"product_id": "tea", "price": Decimal("2.75"), "valid_from": february, "valid_to": may},
        {"product_id": "tea", "price": Decimal("2.80"), "valid_from": may, "valid_to": None},
    ]


def test_invented_contacts_say_that_they_are(raw: FolderBlobs) -> None:
    rows = list(csv.DictReader(io.StringIO(raw.get("drop/contacts/invented_contacts.csv").decode())))
    assert [row["household_id"] for row in rows] == ["7", "8"]
    assert [row["asked_at"] for row in rows] == ["2017-01-05 15:00:00", "2017-01-25 15:00:00"]
    for row in rows:
        assert row["mail"].endswith("@example.com")
        assert row["evidence"] == EVIDENCE
        assert bool(row["push_token"]) == bool(row["push_answer"])


def _moment(event: dict[str, Any]) -> datetime:
    """When a provider says that it happened: SES under the event's own name, the others at the top."""
    text = event["at"] if "at" in event else event[event["eventType"].lower()]["timestamp"]
    return datetime.fromisoformat(text)


def test_the_coupon_runs_from_the_business_day(raw: FolderBlobs) -> None:
    (row,) = csv.DictReader(io.StringIO(raw.get("drop/own_coupons/invented_coupons.csv").decode()))
    assert (row["valid_from"], row["valid_to"], row["note"]) == (
        "2017-11-21",
        "2017-12-05",
        "invented for the demonstration",
    )


def test_reactions_are_told_on_their_day_and_are_the_same_when_told_again(tmp_path: Path) -> None:
    services: Any = local_services(Settings(home=tmp_path, zone="America/New_York"))
    sent_at = datetime(2017, 11, 22, 4, 59)  # a minute before midnight in New York
    messages = {
        "message_id": [f"m{number}" for number in range(200)],
        "customer_id": [f"c{number}" for number in range(200)],
        "channel": ["mail", "push"] * 100,
        "scenario_id": ["thanksgiving"] * 200,
        "status": ["sent"] * 199 + ["control"],
        "sent_at": [sent_at] * 200,
        "sent_date": [date(2017, 11, 21)] * 200,
    }
    services.warehouse.append("messages", pa.table(messages))
    readers, told = Readers(1, NEW_YORK), {}
    for day in (date(2017, 11, 20), date(2017, 11, 21), date(2017, 11, 22)):
        keys = readers.end(services, day)
        told[day] = [json.loads(line) for key in keys for line in services.raw.get(key).splitlines()]
        before = [services.raw.get(key) for key in keys]
        assert [services.raw.get(key) for key in readers.end(services, day)] == before
    assert told[date(2017, 11, 20)] == []
    for day in (date(2017, 11, 21), date(2017, 11, 22)):
        moments = [_moment(event) for event in told[day]]
        assert moments
        assert all(moment.astimezone(NEW_YORK).date() == day for moment in moments)
        assert min(moments) >= sent_at.replace(tzinfo=UTC)
    services.warehouse.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Settings:
    copy_scenarios(tmp_path / "scenarios")
    return Settings(home=tmp_path, zone="America/New_York", currency="USD", tenant="completejourney")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_copies_hold(workspace: Settings, name: str) -> None:
    definition = library(workspace).read(name)
    assert lint(definition, workspace, DAY) == []
    assert content_findings(definition, workspace, start_of_day(DAY, NEW_YORK)) == []


def test_a_planners_own_file_stays(workspace: Settings) -> None:
    brand = workspace.home / "scenarios" / "_shared" / "brand.yaml"
    brand.write_text("name: Mine\n", encoding="utf-8")
    copy_scenarios(workspace.home / "scenarios")
    assert brand.read_text(encoding="utf-8") == "name: Mine\n"
