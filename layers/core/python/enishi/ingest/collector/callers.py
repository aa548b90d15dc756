"""What is kept of a caller: what kind of device, whether it is a robot, and a number that hides its address."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from enishi.errors import SettingsError
from enishi.ingest.collector.http import Request

Networks = Sequence[IPv4Network | IPv6Network]
_KEPT = {4: 24, 6: 48}
"""Bits of an address that are looked at: a street, not a house."""
_SYSTEMS = (
    ("ios", re.compile(r"iPhone|iPad|iPod")),
    ("android", re.compile(r"Android")),
    ("windows", re.compile(r"Windows")),
    ("mac", re.compile(r"Macintosh")),
    ("chromeos", re.compile(r"CrOS")),
    ("linux", re.compile(r"Linux|X11")),
)
_BROWSERS = (
    ("line", re.compile(r"\bLine/")),
    ("edge", re.compile(r"\bEdg(e|A|iOS)?/")),
    ("samsung", re.compile(r"SamsungBrowser/")),
    ("firefox", re.compile(r"Firefox/|FxiOS/")),
    ("opera", re.compile(r"\bOPR/")),
    ("chrome", re.compile(r"Chrome/|CriOS/")),
    ("safari", re.compile(r"Safari/")),
)
_TABLET = re.compile(r"iPad|Tablet|Android(?!.*\bMobile\b)")
_PHONE = re.compile(r"iPhone|iPod|Android.*\bMobile\b|Windows Phone")


@dataclass(frozen=True)
class Agent:
    """A user agent in three words."""

    device: str
    system: str
    browser: str


@lru_cache(maxsize=4096)
def agent(text: str) -> Agent:
    """Device (pc, smartphone, tablet), system and browser family of a User-Agent header."""
    device = "tablet" if _TABLET.search(text) else "smartphone" if _PHONE.search(text) else "pc"
    return Agent(device, _first(_SYSTEMS, text), _first(_BROWSERS, text))


def _first(known: Sequence[tuple[str, re.Pattern[str]]], text: str) -> str:
    return next((name for name, pattern in known if pattern.search(text)), "other")


@lru_cache(maxsize=4096)
def listed(text: str) -> bool:
    """Whether a User-Agent is on the list of known robots and monitoring agents (crawler-user-agents, MIT)."""
    from crawleruseragents import is_crawler

    return bool(is_crawler(text))


def robot(request: Request, internal: Networks, driven: bool) -> str:
    """Why a caller is no visitor: listed, no_user_agent, webdriver, no_language, internal; "" for a person."""
    text = request.headers.get("user-agent", "")
    reasons = {
        "no_user_agent": not text,
        "listed": bool(text) and listed(text),
        "webdriver": driven,
        "no_language": not request.headers.get("accept-language"),
        "internal": _inside(request.address, internal),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The retailer's own networks from the setting `collector_internal`: addresses and networks with blanks between.

    Raises:
        SettingsError: a part is no network.
    """
    try:
        return tuple(ip_network(part, strict=False) for part in text.split())
    except ValueError as error:
        remedy = "Write 203.0.113.0/24 198.51.100.7."
        raise SettingsError("an internal network of the collector is none", remedy=remedy) from error


def _inside(address: str, internal: Networks) -> bool:
    try:
        return any(ip_address(address) in network for network in internal)
    except ValueError:
        return False


def hidden(address: str, secret: bytes, at: datetime) -> str | None:
    """12 hex digits for the caller's network (/24, /48) under a key of that UTC day; None without an address.

    The same network has another number tomorrow, and nobody without the secret can tell which it was.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    network = ip_network((found, _KEPT[found.version]), strict=False)
    key = hmac.digest(secret, f"collector|{at:%Y-%m-%d}".encode(), "sha256")
    return hmac.new(key, str(network).encode(), "sha256").hexdigest()[:12]
