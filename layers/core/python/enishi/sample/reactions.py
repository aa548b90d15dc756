"""What providers report of messages: deliveries, opens of people and machines, clicks, bounces, complaints, blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np

from enishi.sample.randomness import Floats
from enishi.sample.responses import Sent, channel, draws, manner

_PEOPLE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Mobile",
    "Mozilla/5.0 (Linux; Android 16) Mobile",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
)
_PROXIES = ("Mozilla/5.0", "Mozilla/5.0 (via ImageProxy)")
_SCANNER = "Mozilla/5.0 (compatible; LinkScanner/2.1)"
_SHOP = "https://shop.example.jp/"
_LIFE = 3 * 86400
"""Seconds after which a message has had all its events: people look at it within 55 hours."""


@dataclass(frozen=True)
class Event:
    """One thing a provider reports. `at` is UTC seconds; `data` holds what this kind of event knows besides."""

    kind: str
    at: float
    data: Mapping[str, Any]


def events_of(
    sent: Sequence[Sent], bought: Mapping[str, int], seed: int, start: int, end: int
) -> Iterator[tuple[Sent, Event]]:
    """Every event of the messages in the seconds [start, end); `bought` = message id → when its reader bought."""
    alive = [message for message in sent if start - _LIFE < message.at < end]
    for message, luck in zip(alive, draws([message.id for message in alive], seed, "reacts"), strict=True):
        life = _LIVES.get(message.channel)
        for event in life(message, luck, bought.get(message.id)) if life else ():
            if start <= event.at < end:
                yield message, event


def _mail_life(message: Sent, luck: Floats, bought: int | None) -> Iterator[Event]:
    shares = channel("mail")
    yield Event("Send", message.at, {})
    arrived = message.at + 2 + luck[0] * 28
    if luck[1] < shares["hard_bounce"] and bought is None:
        yield Event("Bounce", arrived, {"bounceType": "Permanent", "bounceSubType": "General"})
        return
    if luck[1] > shares["delivered"] + shares["hard_bounce"] and bought is None:
        yield Event("Bounce", arrived, {"bounceType": "Transient", "bounceSubType": "MailboxFull"})
        return
    yield Event("Delivery", arrived, {"processingTimeMillis": int(300 + luck[0] * 4000), "smtpResponse": "250 ok"})
    yield from _machines(luck, arrived)
    yield from _reader(message, luck, bought, arrived)


def _machines(luck: Floats, arrived: float) -> Iterator[Event]:
    """Prefetch by a privacy proxy, and a scanner that follows the links before anybody reads."""
    shares = channel("mail")
    if luck[2] < shares["machine_open"]:
        yield Event("Open", arrived + 3 + luck[0] * 40, {"userAgent": _PROXIES[int(luck[0] * 2)]})
    if luck[2] > 1 - shares["scanner"]:
        for number in range(2):
            link = f"{_SHOP}?l={number + 1}"
            yield Event("Click", arrived + 1 + number, {"userAgent": _SCANNER, "link": link})


def _reader(message: Sent, luck: Floats, bought: int | None, arrived: float) -> Iterator[Event]:
    shares, ways = channel("mail"), manner(message.scenario)
    agent = {"userAgent": _PEOPLE[int(luck[3] * 3)]}
    opened = _looked_at(message, luck, bought, arrived)
    if luck[4] < shares["open"] * ways["open"] or bought is not None:
        yield Event("Open", opened, agent)
        if luck[5] < shares["click"] * ways["click"] or bought is not None:
            yield Event("Click", opened + 15 + luck[6] * 90, {**agent, "link": f"{_SHOP}?l={1 + int(luck[6] * 4)}"})
        elif luck[7] < shares["unsubscribe"] / shares["open"]:
            yield Event("Subscription", opened + 30, {})
        elif luck[7] > 1 - shares["complaint"] / shares["open"]:
            yield Event("Complaint", opened + 60, {"complaintFeedbackType": "abuse", **agent})


def _looked_at(message: Sent, luck: Floats, bought: int | None, arrived: float) -> float:
    """When a person looks: within the day, half of them within two hours; who bought looked before."""
    free = arrived + 7200 * float(np.exp(1.1 * (luck[6] + luck[7] + luck[0] - 1.5) * 2))
    return free if bought is None else min(free, message.at + (bought - message.at) * 0.7)


def _line_life(message: Sent, luck: Floats, bought: int | None) -> Iterator[Event]:
    shares, ways = channel("line"), manner(message.scenario)
    if luck[0] > shares["delivered"] and bought is None:
        return
    arrived = message.at + 1 + luck[1] * 3
    yield Event("delivered", arrived, {})
    opened = _looked_at(message, luck, bought, arrived)
    if luck[2] < shares["open"] * min(ways["open"], 1.6) or bought is not None:
        yield Event("open", opened, {"device": "smartphone"})
        if luck[3] < shares["click"] * ways["click"] or bought is not None:
            yield Event("click", opened + 10 + luck[4] * 60, {"device": "smartphone", "link": f"{_SHOP}?l=1"})
        elif luck[5] < shares["block"] / shares["open"]:
            yield Event("block", opened + 20, {})


def _push_life(message: Sent, luck: Floats, bought: int | None) -> Iterator[Event]:
    shares, ways = channel("push"), manner(message.scenario)
    if luck[0] < shares["invalid"] and bought is None:
        yield Event("invalid", message.at + 1, {})
        return
    if luck[0] > shares["delivered"] + shares["invalid"] and bought is None:
        return
    yield Event("delivered", message.at + 1 + luck[1] * 5, {})
    device = {"device": ("app_ios", "app_android")[int(luck[1] * 2)]}
    opened = min(_looked_at(message, luck, bought, message.at + 6), message.at + 36_000)
    if luck[2] < shares["open"] * ways["open"] or bought is not None:
        yield Event("open", opened, device)
        if luck[3] < shares["click"] or bought is not None:
            yield Event("click", opened + 5 + luck[4] * 20, {**device, "link": f"{_SHOP}?l=1"})


_LIVES: Mapping[str, Callable[[Sent, Floats, int | None], Iterator[Event]]] = MappingProxyType(
    {"mail": _mail_life, "line": _line_life, "push": _push_life}
)

PROVIDERS: Mapping[str, str] = MappingProxyType({"mail": "ses", "line": "line", "push": "push"})
"""Channel → the provider that reports on it."""


def as_line(message: Sent, event: Event) -> str:
    """The event as its provider writes it, one line of JSON."""
    made = _ses(message, event) if message.channel == "mail" else _small(message, event)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def _ses(message: Sent, event: Event) -> dict[str, Any]:
    tags = {"send_id": [message.id], "scenario": [message.scenario], "step": [message.step]}
    mail = {"timestamp": _text(message.at), "messageId": f"ses-{message.id}", "destination": [], "tags": tags}
    key = event.kind.lower()
    return {
        "eventType": event.kind,
        "mail": mail,
        key: {"timestamp": _text(event.at), **_MORE.get(event.kind, {}), **event.data},
    }


_MORE: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "Open": {"ipAddress": "192.0.2.7"},
        "Click": {"ipAddress": "192.0.2.7", "linkTags": None},
        "Bounce": {"bouncedRecipients": []},
        "Subscription": {
            "source": "UnsubscribeHeader",
            "newTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": []},
        },
    }
)


def _small(message: Sent, event: Event) -> dict[str, Any]:
    head = {"provider": PROVIDERS[message.channel], "event": event.kind, "send_id": message.id}
    return {**head, "event_id": f"{message.channel[0]}-{message.id}-{event.kind}", "at": _text(event.at), **event.data}


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at % 1 * 1000):03d}Z"
