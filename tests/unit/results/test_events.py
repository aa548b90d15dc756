from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from enishi.content.links import Link, LinkBook, LinkKind
from enishi.ports import Channel
from enishi.results.events import BadLineError, EventType, ProviderEvent, parse
from enishi.results.landing import Owner, consent_rows, event_rows, permission_changes, read
from enishi.results.machines import machines

TOKYO = ZoneInfo("Asia/Tokyo")
SENT_AT = "2026-11-21T01:00:00.000Z"
LINKS = LinkBook(b"secret", "sample", "https://shop.example.jp")
OWNERS = {"m1": Owner("C1", Channel.MAIL), "m2": Owner("C2", Channel.LINE), "m3": Owner("C3", Channel.PUSH)}


def ses(kind: str, detail: dict[str, Any] | None = None, send_id: str = "m1") -> str:
    mail = {"timestamp": SENT_AT, "messageId": "ses-1", "destination": [], "tags": {"send_id": [send_id]}}
    name = {"Rendering Failure": "failure"}.get(kind, kind.lower())
    return json.dumps({"eventType": kind, "mail": mail, name: detail or {"timestamp": "2026-11-21T02:00:00.000Z"}})


def plain(event: str, provider: str = "line", send_id: str = "m2", **more: str) -> str:
    at = {"at": "2026-11-21T01:00:04.000Z"}
    return json.dumps({"provider": provider, "event": event, "send_id": send_id, **at, **more})


def parsed(line: str) -> ProviderEvent:
    event = parse(line)
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (ses("Send"), EventType.SENT),
        (ses("Delivery"), EventType.DELIVERED),
        (ses("Open"), EventType.OPEN),
        (ses("Click"), EventType.CLICK),
        (ses("Bounce", {"timestamp": SENT_AT, "bounceType": "Permanent"}), EventType.HARD_BOUNCE),
        (ses("Bounce", {"timestamp": SENT_AT, "bounceType": "Transient"}), EventType.SOFT_BOUNCE),
        (ses("Bounce", {"timestamp": SENT_AT, "bounceType": "Undetermined"}), EventType.SOFT_BOUNCE),
        (ses("Complaint"), EventType.COMPLAINT),
        (ses("Subscription"), EventType.UNSUBSCRIBE),
        (ses("Reject"), EventType.REJECTED),
        (ses("Rendering Failure"), EventType.REJECTED),
        (plain("delivered"), EventType.DELIVERED),
        (plain("block"), EventType.BLOCK),
        (plain("invalid", "push"), EventType.HARD_BOUNCE),
        (plain("click", "push"), EventType.CLICK),
    ],
)
def test_every_providers_words_become_one_kind(line: str, kind: EventType) -> None:
    assert parsed(line).type is kind


def test_an_event_has_its_own_time_and_the_providers_id() -> None:
    event = parsed(ses("Delivery"))
    assert event.at == datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert (event.send_id, event.provider_id) == ("m1", "ses-1")


def test_a_delay_says_nothing() -> None:
    assert parse(ses("DeliveryDelay")) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{half a li", "not_json"),
        ("[1]", "not_an_object"),
        ('{"eventType": "Dance"}', "unknown_event"),
        ('{"eventType": "Open"}', "no_mail"),
        ('{"eventType": "Open", "mail": {}}', "no_send_id"),
        ('{"eventType": "Open", "mail": {"tags": {"send_id": []}}}', "no_send_id"),
        ('{"eventType": "Open", "mail": {"tags": {"send_id": ["m"]}}}', "no_instant"),
        ('{"provider": "line", "event": "dance"}', "unknown_event"),
        ('{"provider": "line", "event": "open", "at": "2026-11-21T00:00:00Z"}', "no_send_id"),
        ('{"provider": "line", "event": "open", "send_id": "m", "at": "yesterday"}', "no_instant"),
    ],
)
def test_a_bad_line_is_named_without_its_values(line: str, reason: str) -> None:
    with pytest.raises(BadLineError, match=f"^{reason}$"):
        parse(line)


def test_a_file_keeps_each_event_once_and_every_bad_line() -> None:
    lines = [plain("delivered"), "", plain("delivered"), "nonsense", plain("open")]
    found = read([line.encode() for line in lines] + [b"\xff\xfe"])
    assert [event.type for _, _, event in found.events] == [EventType.DELIVERED, EventType.OPEN]
    assert [(line.row_no, line.reason) for line in found.bad] == [(4, "not_json"), (6, "not_utf8")]


def click(link: str, seconds: int, agent: str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)") -> ProviderEvent:
    at = (datetime(2026, 11, 21, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()
    return parsed(ses("Click", {"timestamp": at, "link": link, "userAgent": agent}))


def test_people_and_machines_are_told_apart() -> None:
    proxy = parsed(ses("Open", {"timestamp": SENT_AT, "userAgent": "Mozilla/5.0"}))
    image = parsed(ses("Open", {"timestamp": SENT_AT, "userAgent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}))
    person = parsed(ses("Open", {"timestamp": SENT_AT, "userAgent": "Mozilla/5.0 (iPhone)"}))
    scanner = click("https://shop.example.jp/a", 600, "LinkScanner/2.1")
    quick = [click("https://shop.example.jp/a", 3), click("https://shop.example.jp/b", 4)]
    late = [click("https://shop.example.jp/c", 300), click("https://shop.example.jp/d", 301)]
    one = parsed(ses("Click", {"timestamp": SENT_AT, "link": "x", "userAgent": "Mozilla/5.0 (Macintosh)"}, "m9"))
    found = machines().among([proxy, image, person, scanner, *quick, *late, one])
    assert found == {event.event_id for event in (proxy, image, scanner, *quick)}


def test_our_links_tell_block_and_product_and_others_stay_as_they_are() -> None:
    link = Link(LinkKind.CLICK, "https://www.example.jp/p/1", "m1", "mail", "items", 2, "P1", 4_000_000_000)
    ours, forged = click(LINKS.url(link), 60), click(LINKS.url(link)[:-2] + "xx", 61)
    rows = event_rows([ours, forged], machines(), LINKS, TOKYO).to_pylist()
    facts = ("link_url", "link_id", "block_position", "product_id", "device")
    assert [rows[0][name] for name in facts] == ["https://www.example.jp/p/1", "items", 2, "P1", "smartphone"]
    assert [rows[1][name] for name in facts[1:4]] == [None, None, None]


def test_an_event_falls_on_its_own_business_day() -> None:
    late = parsed(ses("Open", {"timestamp": "2026-11-21T15:00:00Z", "userAgent": "x"}))
    [row] = event_rows([late], machines(), LINKS, TOKYO).to_pylist()
    assert (str(row["event_at"]), str(row["event_date"])) == ("2026-11-21 15:00:00", "2026-11-22")


def test_sent_and_rejected_leave_no_row() -> None:
    assert event_rows([parsed(ses("Send")), parsed(ses("Reject"))], machines(), LINKS, TOKYO).num_rows == 0


def test_those_who_leave_are_refused_from_then_on() -> None:
    events = [
        parsed(ses("Bounce", {"timestamp": SENT_AT, "bounceType": "Permanent"})),
        parsed(ses("Bounce", {"timestamp": SENT_AT, "bounceType": "Transient"})),
        parsed(ses("Complaint")),
        parsed(ses("Subscription")),
        parsed(plain("block")),
        parsed(plain("invalid", "push", "m3")),
        parsed(ses("Open")),
    ]
    changes = permission_changes(events, OWNERS)
    assert [(change.customer_id, change.channel.value, change.reason) for change in changes] == [
        ("C1", "mail", "bounce"),
        ("C1", "mail", "complaint"),
        ("C1", "mail", "opt_out"),
        ("C2", "line", "blocked"),
        ("C3", "push", "invalid"),
    ]
    states = [(row["state"], row["source"]) for row in consent_rows(events, OWNERS, TOKYO).to_pylist()]
    assert states == [
        ("invalid", "bounce"),
        ("opt_out", "complaint"),
        ("opt_out", "unsubscribe_link"),
        ("blocked", "block"),
        ("invalid", "bounce"),
    ]
