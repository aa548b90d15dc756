"""What the collector wrote, loaded: events and links in the lake, what was refused in the quarantine, nothing twice."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from enishi.clock import ManualClock
from enishi.flow import ingest as flow
from enishi.ids import digest
from enishi.ingest.report import LoadReport
from enishi.lake import sql
from enishi.local.services import local_services
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Services
from enishi.settings import Settings
from tests.unit.ingest.collecting import MEMBER, NOON, PHONE, SHOP, batch, event, post

VISITOR = "01K" + "V" * 23
LOGIN = event(7, event_type="login", customer_id=MEMBER)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = local_services(Settings(home=tmp_path), ManualClock(NOON))
    yield made
    assert isinstance(made.warehouse, LocalWarehouse)
    made.warehouse.close()


def load(services: Services, name: str, *batches: dict[str, Any], agent: str = PHONE) -> LoadReport:
    """One raw file with what the collector makes of the batches."""
    written = b"".join(SHOP.answer(post(said, headers={"user-agent": agent})).lines for said in batches)
    key = f"drop/2026/11/21/03/web_collector/enishi-test-web-events-1-{name}.jsonl.gz"
    services.raw.put(key, gzip.compress(written, mtime=0))
    known = flow.catalogue(services)
    assert known.of_key(key).id == "web_collector"
    return flow.ingest(services, known.of_key(key), key)


def ask(services: Services, text: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in services.warehouse.query(sql.parse(text, "test")).to_pylist()]


def test_events_links_and_refusals_find_their_tables(services: Services) -> None:
    events = [event(1, color="red"), event(2, product_id=[]), LOGIN, event(3, customer_id=MEMBER)]
    load(services, "a", batch(*events), batch(event(4), consent=False))
    rows = ask(
        services,
        "SELECT w.event_id, w.event_date, w.visitor_id, w.customer_id, w.product_id, w.is_bot, w.device "
        "FROM web_events AS w ORDER BY w.event_id",
    )
    day, at = NOON.date(), NOON.replace(tzinfo=None)
    assert rows == [
        (event(1)["event_id"], day, VISITOR, None, "P1", False, "smartphone"),
        (event(3)["event_id"], day, VISITOR, MEMBER, "P1", False, "smartphone"),
        (event(4)["event_id"], day, None, None, "P1", False, "smartphone"),
        (event(7)["event_id"], day, VISITOR, MEMBER, "P1", False, "smartphone"),
    ]
    own = [dict(row[0]) for row in ask(services, "SELECT w.attributes FROM web_events AS w ORDER BY w.event_id")]
    assert {"site": "shop", "color": "red", "system": "ios"}.items() <= own[0].items()
    assert own[2].get("consent") == "denied"
    [link] = ask(services, "SELECT customer_id, id_type, id_value_hash, valid_from, match_rule FROM identities")
    assert link == (MEMBER, "cookie", digest(VISITOR), at.replace(hour=2, minute=59, second=59), "login")
    [refused] = ask(services, "SELECT q.row_no, q.column, q.reason FROM pii.quarantine AS q")
    assert refused == (2, "product_id", "not_text")


def test_a_repeat_never_doubles(services: Services) -> None:
    """The same batch again in another file: the tag sent it twice, or the stream delivered it twice."""
    load(services, "a", batch(event(1), event(2), LOGIN))
    load(services, "b", batch(event(2), LOGIN, event(3)))
    load(services, "c", batch(event(1), event(1)))
    assert ask(services, "SELECT COUNT(*), COUNT(DISTINCT w.event_id) FROM web_events AS w") == [(4, 4)]
    assert ask(services, "SELECT COUNT(*) FROM identities") == [(1,)]


def test_robots_are_kept_marked_and_link_nobody(services: Services) -> None:
    load(services, "a", batch(event(1), LOGIN), agent="Googlebot/2.1")
    assert ask(services, "SELECT COUNT_IF(w.is_bot), COUNT(*) FROM web_events AS w") == [(2, 2)]
    assert ask(services, "SELECT COUNT(*) FROM identities") == [(0,)]
    assert ask(services, "SELECT COUNT(*) FROM v_sessions") == [(0,)]


def test_a_visit_with_a_login_is_a_customers(services: Services) -> None:
    load(services, "a", batch(event(1), LOGIN))
    found = ask(services, "SELECT s.session_id, s.customer_id, s.identified_by, s.channel FROM v_sessions AS s")
    assert found == [(event()["session_id"], MEMBER, "login", "direct")]


def test_a_file_of_refusals_alone_loads(services: Services) -> None:
    report = load(services, "a", batch(3, None))
    assert report.rows_rejected == 2
    assert ask(services, "SELECT q.column, q.reason FROM pii.quarantine AS q") == [(None, "not_an_object")] * 2
