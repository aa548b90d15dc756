"""The pages behind the links of messages: clicks go on, opt-outs ask once, and what they leave lands as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from enishi.content.links import LIFE, Link, LinkBook, LinkKind
from enishi.ingest.collector.http import Outcome, Request
from enishi.results import landing
from enishi.results.machines import machines
from enishi.results.pages import LinkPages, link_pages
from enishi.settings import Settings

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
EXPIRES = int((NOON + LIFE).timestamp())
BOOK = LinkBook(b"secret", "sample", "https://mail.example.com")
PAGES = LinkPages(BOOK, frozenset({"shop.example.com"}))
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"


def _click(target: str = "https://shop.example.com/p/1?l=2#top", **says: Any) -> str:
    link = Link(LinkKind.CLICK, target, "S1", "mail", block="ranking", position=3, product_id="tv", expires=EXPIRES)
    return BOOK.token(link if not says else Link(**{**vars(link), **says}))


def _opt_out() -> str:
    return BOOK.token(Link(LinkKind.UNSUBSCRIBE, "", "S1", "mail", expires=EXPIRES))


def _asked(path: str, method: str = "GET", at: datetime = NOON) -> Outcome:
    return PAGES.answer(Request(method, path, at, {"user-agent": AGENT}, address="203.0.113.9"))


def _line(outcome: Outcome) -> dict[str, Any]:
    assert outcome.lines.endswith(b"\n")
    said: dict[str, Any] = json.loads(outcome.lines)
    return said


def test_a_click_goes_on_to_its_target_which_learns_the_message() -> None:
    outcome = _asked(f"/c/{_click()}")
    assert outcome.response.status == 302
    assert outcome.response.headers["location"] == "https://shop.example.com/p/1?l=2&en_m=S1#top"
    assert _line(outcome)["event"] == "click"


def test_another_host_learns_nothing() -> None:
    assert _asked(f"/c/{_click('https://maps.example.org/?q=1')}").response.headers["location"] == (
        "https://maps.example.org/?q=1"
    )


def test_a_click_lands_with_its_place_in_the_message() -> None:
    read = landing.read([_asked(f"/c/{_click()}").lines])
    assert read.bad == ()
    [row] = landing.event_rows(
        [event for _, _, event in read.events], machines(), BOOK, ZoneInfo("Asia/Tokyo")
    ).to_pylist()
    assert (row["message_id"], row["event_type"], row["device"]) == ("S1", "click", "smartphone")
    assert (row["link_id"], row["block_position"], row["product_id"]) == ("ranking", 3, "tv")


def test_looking_at_the_opt_out_page_changes_nothing() -> None:
    outcome = _asked(f"/u/{_opt_out()}")
    assert (outcome.response.status, outcome.lines) == (200, b"")
    assert "配信を停止する".encode() in outcome.response.body


def test_its_button_and_a_mailbox_providers_one_click_opt_out() -> None:
    outcome = _asked(f"/u/{_opt_out()}", "POST")
    assert outcome.response.status == 200
    [(_, _, event)] = landing.read([outcome.lines]).events
    assert (event.type, event.send_id, event.at) == ("unsubscribe", "S1", NOON)


def test_a_repeated_request_is_one_event() -> None:
    first, again = (_asked(f"/u/{_opt_out()}", "POST").lines for _ in range(2))
    assert len(landing.read([first, again]).events) == 1


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/c/forged.token", "GET", 404),
        (f"/c/{_opt_out()}", "GET", 404),
        (f"/u/{_click()}", "POST", 404),
        (f"/c/{_click(expires=1)}", "GET", 410),
        (f"/c/{_click()}", "POST", 405),
        ("/x/anything", "GET", 404),
        ("/", "GET", 404),
    ],
)
def test_what_is_not_signed_for_it_goes_nowhere(path: str, method: str, status: int) -> None:
    outcome = _asked(path, method)
    assert (outcome.response.status, outcome.lines) == (status, b"")
    assert "location" not in outcome.response.headers


def test_a_link_ends_with_its_life() -> None:
    assert _asked(f"/u/{_opt_out()}", "POST", NOON + LIFE + timedelta(seconds=1)).response.status == 410


def test_the_shops_hosts_are_those_of_the_collectors_sites() -> None:
    made = link_pages(Settings(collector_sites="shop=https://shop.example.com https://m.example.com"))
    assert made.hosts == {"shop.example.com", "m.example.com"}
