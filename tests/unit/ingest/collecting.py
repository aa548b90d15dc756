"""What the tests of the collector share: a shop, its visitors' requests, and the lines that come out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from enishi.ingest.collector import sites
from enishi.ingest.collector.endpoint import Collector, Outcome
from enishi.ingest.collector.http import Request

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
ORIGIN = "https://shop.example.com"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
HEADERS = {"origin": ORIGIN, "user-agent": PHONE, "accept-language": "ja", "content-type": "text/plain;charset=UTF-8"}
SHOP = Collector(sites.parse(f"shop={ORIGIN}"), b"a secret of the tests")
MEMBER = "C" + "0a" * 10


def event(number: int = 0, **says: Any) -> dict[str, Any]:
    """A product view a second before noon; the same number is the same event."""
    good = {
        "event_id": f"01K{number:023d}",
        "at": NOON_MS - 1000,
        "event_type": "product_view",
        "visitor_id": "01K" + "V" * 23,
        "session_id": "01K" + "S" * 23,
        "seq_in_session": 1,
        "page_path": "/p/1",
        "product_id": "P1",
    }
    return {name: value for name, value in {**good, **says}.items() if value is not None}


def batch(*events: Any, **says: Any) -> dict[str, Any]:
    return {"site": "shop", "consent": True, "sent_at": NOON_MS, "webdriver": False, "events": list(events)} | says


def post(said: Any, *, headers: Mapping[str, str] | None = None, address: str = "203.0.113.9") -> Request:
    """The tag's request; `said` is what it posts, bytes as they are."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Request("POST", "/e", NOON, {**HEADERS, **(headers or {})}, {}, body, address)


def get(path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Request:
    return Request("GET", path, NOON, HEADERS if headers is None else headers, query or {}, b"", "203.0.113.9")


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.lines.decode().splitlines()]
