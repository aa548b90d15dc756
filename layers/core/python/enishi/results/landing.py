"""A batch of providers' events → rows and changes. Pure: the effects are `enishi.flow.land`'s.

Order-free: every event has its own row and id, so events may come twice, late, or in any order, and a late delivery
never undoes a bounce. What an event proves about a message in doubt is the same whenever it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.clock import business_day
from enishi.content.links import Link, LinkBook
from enishi.ids import stable_id
from enishi.lake.schema import table
from enishi.ports import Accepted, Channel, PermissionChange, Receipt, Refused
from enishi.results.events import BadLineError, EventType, ProviderEvent, parse
from enishi.results.machines import Machines

UNKNOWN_MESSAGE = "unknown_message"


@dataclass(frozen=True)
class BadLine:
    """A line that cannot land: where it stood and why, with the line itself for the quarantine."""

    row_no: int
    reason: str
    raw: bytes


@dataclass(frozen=True)
class Read:
    """A file's lines: events once each, by id, and the lines that are none."""

    events: tuple[tuple[int, bytes, ProviderEvent], ...]
    bad: tuple[BadLine, ...]


@dataclass(frozen=True)
class Owner:
    """Whose message an event is about."""

    customer_id: str
    channel: Channel
    run_id: str = ""


def read(lines: Iterable[bytes]) -> Read:
    """Every line of a file; blank lines are nothing."""
    events: dict[str, tuple[int, bytes, ProviderEvent]] = {}
    bad: list[BadLine] = []
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            event = parse(raw.decode())
        except BadLineError as error:
            bad.append(BadLine(number, str(error), raw))
        except UnicodeDecodeError:
            bad.append(BadLine(number, "not_utf8", raw))
        else:
            if event is not None:
                events.setdefault(event.event_id, (number, raw, event))
    return Read(tuple(events.values()), tuple(bad))


def receipt_of(event: ProviderEvent) -> Receipt:
    """What an event proves: that the message went out, or (a rejection) that it did not."""
    if event.type is EventType.REJECTED:
        return Refused("rejected")
    return Accepted(event.provider_id)


def event_rows(events: Sequence[ProviderEvent], machines: Machines, links: LinkBook, zone: ZoneInfo) -> pa.Table:
    """Rows of `message_events`; links of ours are opened, so that block and product are known."""
    automatic = machines.among(events)
    landed = [event for event in events if event.type not in (EventType.SENT, EventType.REJECTED)]
    rows = [_event_row(event, links, zone) | {"is_machine": event.event_id in automatic} for event in landed]
    return pa.Table.from_pylist(rows, schema=table("message_events").arrow)


def _event_row(event: ProviderEvent, links: LinkBook, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "message_id": event.send_id,
        "event_type": event.type.value,
        "event_at": _naive(event.at),
        "event_date": business_day(event.at, zone),
        **_clicked(event, links),
        "device": _device(event),
    }


def _clicked(event: ProviderEvent, links: LinkBook) -> dict[str, Any]:
    if not event.link:
        return {}
    found = links.verify(event.link.rpartition("/")[2], event.at) if event.link.startswith(f"{links.base}/") else None
    if not isinstance(found, Link):
        return {"link_url": event.link}
    place = {"link_id": found.block or None, "block_position": found.position or None}
    return {"link_url": found.target or None, "product_id": found.product_id or None, **place}


_DEVICES: Sequence[tuple[str, str]] = (
    ("ipad", "tablet"),
    ("tablet", "tablet"),
    ("iphone", "smartphone"),
    ("app_ios", "smartphone"),
    ("app_android", "smartphone"),
    ("mobile", "smartphone"),
    ("android", "tablet"),
)
"""Part of a user agent or device name → device, the first that fits; an Android without "mobile" is a tablet."""


def _device(event: ProviderEvent) -> str | None:
    known = (event.device or event.agent or "").lower()
    if not known:
        return None
    return next((device for part, device in _DEVICES if part in known), "pc")


@dataclass(frozen=True)
class Withdrawal:
    """What an event says about a permission: the consent's state and source, and the reason of the refusal."""

    state: str
    source: str
    reason: Callable[[Channel], str]


_WITHDRAWALS: Mapping[EventType, Withdrawal] = {
    EventType.HARD_BOUNCE: Withdrawal("invalid", "bounce", lambda c: "invalid" if c is Channel.PUSH else "bounce"),
    EventType.COMPLAINT: Withdrawal("opt_out", "complaint", lambda _: "complaint"),
    EventType.UNSUBSCRIBE: Withdrawal("opt_out", "unsubscribe_link", lambda _: "opt_out"),
    EventType.BLOCK: Withdrawal("blocked", "block", lambda _: "blocked"),
}
"""A dead push token is not final: a new installation brings a new token and a new opt-in."""


def permission_changes(events: Sequence[ProviderEvent], owners: Mapping[str, Owner]) -> list[PermissionChange]:
    """Who said no by an event."""
    return [
        PermissionChange(owner.customer_id, owner.channel, _WITHDRAWALS[event.type].reason(owner.channel), event.at)
        for event, owner in _withdrawn(events, owners)
    ]


def consent_rows(events: Sequence[ProviderEvent], owners: Mapping[str, Owner], zone: ZoneInfo) -> pa.Table:
    """Rows of `consents` for the same people."""
    rows = [
        {
            "customer_id": owner.customer_id,
            "channel": owner.channel.value,
            "state": _WITHDRAWALS[event.type].state,
            "changed_at": _naive(event.at),
            "changed_date": business_day(event.at, zone),
            "source": _WITHDRAWALS[event.type].source,
            "reason": event.type.value,
            "evidence": f"event {event.event_id}",
        }
        for event, owner in _withdrawn(events, owners)
    ]
    return pa.Table.from_pylist(rows, schema=table("consents").arrow)


def _withdrawn(events: Sequence[ProviderEvent], owners: Mapping[str, Owner]) -> Iterable[tuple[ProviderEvent, Owner]]:
    return ((event, owners[event.send_id]) for event in events if event.type in _WITHDRAWALS)


def quarantine_rows(key: str, bad: Sequence[BadLine], day: date) -> pa.Table:
    """Rows of `quarantine` for a file's lines that cannot land."""
    rows = [
        {
            "load_id": stable_id("L", key),
            "source_id": "events",
            "file": key,
            "row_no": line.row_no,
            "reason": line.reason,
            "raw": line.raw,
            "load_date": day,
        }
        for line in bad
    ]
    return pa.Table.from_pylist(rows, schema=table("quarantine").arrow)


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
