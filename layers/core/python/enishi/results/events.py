"""Providers' events as one kind of fact, whatever the provider calls them. Pure: one line in, one event out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from enishi.ids import stable_id


class EventType(StrEnum):
    """What `message_events.event_type` says; SENT and REJECTED settle the ledger and leave no row."""

    SENT = "sent"
    REJECTED = "rejected"
    DELIVERED = "delivered"
    OPEN = "open"
    CLICK = "click"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    BLOCK = "block"


@dataclass(frozen=True)
class ProviderEvent:
    """One event of one message. `at` is when it happened, UTC; the arrival is the file's."""

    event_id: str
    send_id: str
    type: EventType
    at: datetime
    provider_id: str = ""
    sent_at: datetime | None = None
    link: str = ""
    device: str = ""
    agent: str | None = field(default=None, repr=False)
    """User agent; None where the provider gives none."""


class BadLineError(ValueError):
    """A line that is no event; its words name the field, never a value."""


def parse(line: str) -> ProviderEvent | None:
    """The event of one JSON line; None for one that says nothing about a message's fate (a delivery delay).

    Raises:
        BadLineError: not JSON, no known kind, or without the id of a message or an instant.
    """
    try:
        document = json.loads(line)
    except ValueError:
        raise BadLineError("not_json") from None
    if not isinstance(document, dict):
        raise BadLineError("not_an_object")
    return _ses(document) if "eventType" in document else _plain(document)


def _ses(document: Mapping[str, Any]) -> ProviderEvent | None:
    """An event that SES publishes through a configuration set (Firehose or SNS)."""
    kind = str(document["eventType"])
    if kind in _SES_SILENT:
        return None
    if kind not in _SES_KINDS:
        raise BadLineError("unknown_event")
    mail, detail = _object(document, "mail"), _object(document, _SES_DETAILS.get(kind, kind.lower()), optional=True)
    send_id = _tag(mail, "send_id")
    event_type = _SES_KINDS[kind](detail)
    at = _instant(detail.get("timestamp") or mail.get("timestamp"))
    link = str(detail.get("link") or "")
    agent = detail.get("userAgent") if kind in {"Open", "Click"} else None
    return ProviderEvent(
        event_id=stable_id("E", "ses", send_id, event_type, at.isoformat(), link),
        send_id=send_id,
        type=event_type,
        at=at,
        provider_id=str(mail.get("messageId") or ""),
        sent_at=_instant(mail.get("timestamp")),
        link=link,
        agent=None if agent is None else str(agent),
    )


def _bounce(detail: Mapping[str, Any]) -> EventType:
    return EventType.HARD_BOUNCE if detail.get("bounceType") == "Permanent" else EventType.SOFT_BOUNCE


_SES_KINDS: Mapping[str, Callable[[Mapping[str, Any]], EventType]] = {
    "Send": lambda _: EventType.SENT,
    "Reject": lambda _: EventType.REJECTED,
    "Rendering Failure": lambda _: EventType.REJECTED,
    "Delivery": lambda _: EventType.DELIVERED,
    "Open": lambda _: EventType.OPEN,
    "Click": lambda _: EventType.CLICK,
    "Bounce": _bounce,
    "Complaint": lambda _: EventType.COMPLAINT,
    "Subscription": lambda _: EventType.UNSUBSCRIBE,
}
_SES_SILENT = frozenset({"DeliveryDelay"})
_SES_DETAILS: Mapping[str, str] = {"Rendering Failure": "failure"}

_PLAIN_KINDS: Mapping[str, EventType] = {
    "delivered": EventType.DELIVERED,
    "open": EventType.OPEN,
    "click": EventType.CLICK,
    "block": EventType.BLOCK,
    "invalid": EventType.HARD_BOUNCE,
    "unsubscribe": EventType.UNSUBSCRIBE,
}


def _plain(document: Mapping[str, Any]) -> ProviderEvent:
    """LINE, push and our own pages: `{"provider", "event", "send_id", "at"}`, at will `event_id link device agent`."""
    kind = str(document.get("event", ""))
    if kind not in _PLAIN_KINDS:
        raise BadLineError("unknown_event")
    provider, send_id = str(document.get("provider", "")), _message(document.get("send_id"))
    at, link = _instant(document.get("at")), str(document.get("link") or "")
    own = str(document.get("event_id") or "") or f"{kind}|{at.isoformat()}|{link}"
    agent = document.get("agent")
    return ProviderEvent(
        event_id=stable_id("E", provider, send_id, own),
        send_id=send_id,
        type=_PLAIN_KINDS[kind],
        at=at,
        link=link,
        device=str(document.get("device") or ""),
        agent=None if agent is None else str(agent),
    )


def _object(document: Mapping[str, Any], name: str, *, optional: bool = False) -> Mapping[str, Any]:
    found = document.get(name, {} if optional else None)
    if not isinstance(found, dict):
        raise BadLineError(f"no_{name}")
    return found


def _tag(mail: Mapping[str, Any], name: str) -> str:
    values = _object(mail, "tags", optional=True).get(name)
    return _message(values[0] if isinstance(values, list) and values else None)


def _message(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadLineError("no_send_id")
    return value


def _instant(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadLineError("no_instant") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
