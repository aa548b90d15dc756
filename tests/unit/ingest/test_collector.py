"""The web collector's core: requests in, answers and lines out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.errors import SettingsError
from enishi.ingest.collector import callers, sites
from enishi.ingest.collector.endpoint import LARGEST, MOST_EVENTS
from tests.unit.ingest.collecting import HEADERS, NOON, NOON_MS, ORIGIN, PHONE, SHOP, batch, event, get, lines, post

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "collector" / "events.yaml").read_text("utf-8"))
LONG = {"<300>": "x" * 300, "<200>": "x" * 200, "<hex>": "a" * 32}


def filled(says: dict[str, Any]) -> dict[str, Any]:
    """Long values written short, and `at_s`, seconds after noon, as the tag's milliseconds."""
    made = {name: LONG.get(value, value) if isinstance(value, str) else value for name, value in says.items()}
    return {**made, "at": NOON_MS + 1000 * made.pop("at_s")} if "at_s" in made else made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_event_becomes_a_line(case: dict[str, Any]) -> None:
    said = case["event"] if "event" in case else event(**filled(case.get("says", {})))
    sent_at = NOON_MS + 1000 * case.get("sent_s", 0)
    outcome = SHOP.answer(post(batch(said, consent=case.get("consent", True), sent_at=sent_at)))
    assert outcome.response.status == 204
    found = lines(outcome)
    assert len(found) == (0 if case.get("nothing") else 1)
    for line in found:
        assert line.get("problem") == case.get("refused")
        gives = filled(case.get("gives", {}))
        assert {name: line.get(name) for name in gives} == gives
        assert case.get("hides", "\0") not in str(line)


def test_a_bad_event_does_not_take_the_others_along() -> None:
    outcome = SHOP.answer(post(batch(event(1), event(2, product_id=[]), event(3))))
    assert (outcome.events, outcome.refused) == (3, 1)
    assert ["problem" in line for line in lines(outcome)] == [False, True, False]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b'{"a":' * 10_000, 400),
        ([1], 400),
        (batch(), 400),
        (batch(event(), sent_at="now"), 400),
        (batch(event(), sent_at=None), 400),
        (batch(event(), site="other"), 403),
        (batch(event(), site=["shop"]), 403),
        (batch(event(), site=None), 403),
        (batch(*[event(n) for n in range(MOST_EVENTS + 1)]), 413),
        (b" " * (LARGEST + 1), 413),
    ],
)
def test_a_request_that_is_none_leaves_nothing(said: Any, status: int) -> None:
    outcome = SHOP.answer(post(said))
    assert (outcome.response.status, outcome.lines, outcome.response.body) == (status, b"", b"")
    assert outcome.response.headers["access-control-allow-origin"] == ORIGIN


def test_as_many_events_as_allowed() -> None:
    assert SHOP.answer(post(batch(*[event(n) for n in range(MOST_EVENTS)]))).events == MOST_EVENTS


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (ORIGIN, 204),
        ("https://SHOP.example.com", 204),
        ("http://shop.example.com", 403),
        ("https://shop.example.com.evil.example", 403),
        ("https://shop.example.com:8443", 403),
        ("null", 403),
        ("", 403),
        ("https://[", 403),
    ],
)
def test_only_known_origins_may_send(origin: str, status: int) -> None:
    outcome = SHOP.answer(post(batch(event()), headers={"origin": origin}))
    assert outcome.response.status == status
    shared = outcome.response.headers.get("access-control-allow-origin")
    assert shared == (ORIGIN if status == 204 else None)


def test_other_paths_and_methods_are_not_served() -> None:
    assert SHOP.answer(get("/admin")).response.status == 404
    assert SHOP.answer(get("/e")).response.status == 405
    assert SHOP.answer(replace(post(b""), path="/e.js")).response.headers["allow"] == "GET"


def test_a_preflight_is_answered_to_known_origins() -> None:
    asked = replace(post(b""), method="OPTIONS")
    assert SHOP.answer(asked).response.headers["access-control-allow-methods"] == "POST"
    assert SHOP.answer(replace(asked, headers={"origin": "https://evil.example"})).response.status == 403


def test_global_privacy_control_is_no_consent() -> None:
    (line,) = lines(SHOP.answer(post(batch(event()), headers={"sec-gpc": "1"})))
    assert (line["consent"], line.get("visitor_id")) == ("denied", None)


@pytest.mark.parametrize("consent", ["granted", 1, None, "true"])
def test_only_a_plain_yes_is_consent(consent: Any) -> None:
    (line,) = lines(SHOP.answer(post(batch(event(), consent=consent))))
    assert line["consent"] == "denied"


def test_a_page_without_scripts_counts_as_a_view_of_nobody() -> None:
    request = get(
        "/e.gif", {"site": "shop", "page_path": "/p/1", "visitor_id": "01K" + "V" * 23, "event_type": "login"}
    )
    outcome = SHOP.answer(request)
    assert (outcome.response.status, outcome.response.body[:6]) == (200, b"GIF89a")
    assert outcome.response.headers["cache-control"] == "no-store"
    (line,) = lines(outcome)
    assert (line["event_type"], line["page_path"], line["consent"]) == ("page_view", "/p/1", "denied")
    assert "visitor_id" not in line


def test_a_pixel_tells_its_page_by_its_referer() -> None:
    headers = {"referer": f"{ORIGIN}/p/1?secret=1", "user-agent": PHONE, "accept-language": "ja"}
    assert SHOP.answer(get("/e.gif", {"site": "shop"}, headers)).events == 1
    assert SHOP.answer(get("/e.gif", {"site": "shop"}, {"user-agent": PHONE})).response.status == 403


def test_a_repeated_pixel_request_is_the_same_event() -> None:
    first, again = (lines(SHOP.answer(get("/e.gif", {"site": "shop"})))[0] for _ in range(2))
    later = lines(SHOP.answer(replace(get("/e.gif", {"site": "shop"}), received_at=NOON + timedelta(seconds=1))))[0]
    assert first["event_id"] == again["event_id"] != later["event_id"]


def test_the_tag_is_served_once_and_then_known() -> None:
    served = SHOP.answer(get("/e.js")).response
    assert (served.status, served.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    known = SHOP.answer(get("/e.js", headers={**HEADERS, "if-none-match": served.headers["etag"]})).response
    assert (known.status, known.body) == (304, b"")


ROBOTS = (
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", {}, "listed"),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", {}, "listed"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0.0.0 Safari/537.36", {}, "listed"),
    ("python-requests/2.32", {}, "listed"),
    ("curl/8.9", {}, "listed"),
    ("", {}, "no_user_agent"),
    (PHONE, {"accept-language": ""}, "no_language"),
)
PEOPLE = {
    PHONE: ("smartphone", "ios", "safari"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36": (
        "pc", "windows", "chrome",
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0": (
        "pc", "windows", "edge",
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.6; rv:131.0) Gecko/20100101 Firefox/131.0": ("pc", "mac", "firefox"),
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/129.0.0.0 Mobile Safari/537.36": (
        "smartphone", "android", "chrome",
    ),
    "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/129.0.0.0 Safari/537.36": (
        "tablet", "android", "chrome",
    ),
    "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 Version/17.6 Mobile/15E148 Safari/604.1": (
        "tablet", "ios", "safari",
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari Line/14.15.0": (
        "smartphone", "ios", "line",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("agent", "headers", "reason"), ROBOTS)
def test_robots_are_marked_and_kept(agent: str, headers: dict[str, str], reason: str) -> None:
    (line,) = lines(SHOP.answer(post(batch(event()), headers={"user-agent": agent, **headers})))
    assert (line["is_bot"], line["robot"]) == (True, reason)


def test_a_driven_browser_is_a_robot() -> None:
    (line,) = lines(SHOP.answer(post(batch(event(), webdriver=True))))
    assert (line["is_bot"], line["robot"]) == (True, "webdriver")


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8::5"])
def test_visits_from_the_retailers_own_network_are_marked(address: str) -> None:
    shop = replace(SHOP, internal=callers.networks("10.0.0.0/8 2001:db8::/32"))
    (line,) = lines(shop.answer(post(batch(event()), address=address)))
    assert (line["is_bot"], line["robot"]) == (True, "internal")
    (other,) = lines(shop.answer(post(batch(event()))))
    assert not other["is_bot"]


@pytest.mark.parametrize(("agent", "known"), PEOPLE.items())
def test_people_are_no_robots_and_told_by_three_words(agent: str, known: tuple[str, str, str]) -> None:
    (line,) = lines(SHOP.answer(post(batch(event()), headers={"user-agent": agent})))
    assert (line["device"], line["system"], line["browser"]) == known
    assert line["is_bot"] is False


def test_an_address_is_never_kept() -> None:
    for address in ("203.0.113.9", "2001:db8:1:2::3"):
        outcome = SHOP.answer(post(batch(event(), 3), address=address))
        assert address not in outcome.lines.decode()
        assert PHONE not in outcome.lines.decode()


def test_a_network_has_one_number_a_day() -> None:
    def number(address: str, day: int = 0, secret: bytes = b"s") -> str | None:
        return callers.hidden(address, secret, NOON + timedelta(days=day))

    assert number("203.0.113.9") == number("203.0.113.200")
    assert len({number("203.0.113.9"), number("203.0.114.9"), number("203.0.113.9", 1)}) == 3
    assert number("203.0.113.9") != number("203.0.113.9", secret=b"t")
    assert number("2001:db8:1::1") == number("2001:db8:1:ffff::2")
    assert number("unknown") is None


def test_sites_are_told_by_one_setting() -> None:
    known = sites.parse("shop=https://a.example https://B.example:8443; app = https://c.example ;")
    assert {name: set(site.origins) for name, site in known.items()} == {
        "shop": {"https://a.example", "https://b.example:8443"},
        "app": {"https://c.example"},
    }
    assert sites.parse("") == {}


@pytest.mark.parametrize(
    "text", ["shop", "=https://a.example", "shop=a.example", "shop=https://a.example/x", "s h=https://a"]
)
def test_a_setting_that_does_not_hold_is_named(text: str) -> None:
    with pytest.raises(SettingsError):
        sites.parse(text)


def test_an_internal_network_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError):
        callers.networks("10.0.0.0/8 nonsense")
