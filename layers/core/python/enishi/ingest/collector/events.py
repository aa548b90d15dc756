"""One event of a batch → one line of a raw file, or a line that says why it is no good."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enishi.ingest.collector import moments
from enishi.ingest.collector.fields import Unfit, fields, plain, read

Line = dict[str, Any]
EVENT_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
EVENT_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}")
PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,39}")
VIEWS = frozenset({"page_view", "product_view", "search"})
"""What is counted of a visitor who did not agree to more."""
MOST_PROPERTIES = 20
LONGEST_PROPERTY = 200
LONGEST_RAW = 2000
RESERVED = frozenset(
    {"site", "system", "browser", "net", "robot", "consent", "skew_s", "received_at", "problem", "raw"}
    | {"event_at", "event_id", "event_type", "device", "is_bot", "at"}
)
"""Names that a property may not take: ours."""


@dataclass(frozen=True)
class Surroundings:
    """What all events of a request share."""

    received_at: datetime
    sent_at: datetime
    consent: bool
    hosts: frozenset[str]
    facts: Mapping[str, Any]
    """Columns and attributes from the request itself: site, device, is_bot …"""


def line(event: Any, around: Surroundings) -> Line | None:
    """The line of one event; None for one that must not be kept without consent."""
    try:
        return _good(event, around)
    except _RefusedError as refused:
        return _refusal(event, refused, around)


class _RefusedError(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.problem = f"{column}:{reason}"


def _good(event: Any, around: Surroundings) -> Line | None:
    if not isinstance(event, dict):
        raise _RefusedError("", "not_an_object")
    kind = _matched(event, "event_type", EVENT_TYPE)
    if not around.consent and kind not in VIEWS:
        return None
    made: Line = {"event_id": _matched(event, "event_id", EVENT_ID), "event_at": _at(event, around), "event_type": kind}
    made |= {**dict(_fields(event, around)), **around.facts}
    return made | dict(_properties(event)) if around.consent else made


def _matched(event: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = event.get(name)
    if value is None:
        raise _RefusedError(name, "missing")
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _RefusedError(name, "does_not_fit")
    return value


def _at(event: Mapping[str, Any], around: Surroundings) -> str:
    try:
        at = moments.instant(event.get("at"))
        return moments.to_text(moments.corrected(at, around.sent_at, around.received_at))
    except Unfit as unfit:
        raise _RefusedError("event_at", unfit.reason) from None


def _fields(event: Mapping[str, Any], around: Surroundings) -> Iterator[tuple[str, Any]]:
    for name, field in fields().items():
        if field.linking and not around.consent:
            continue
        try:
            value = read(field, event.get(name))
        except Unfit as unfit:
            raise _RefusedError(name, unfit.reason) from None
        if value is not None and not (name == "referrer_host" and value in around.hosts):
            yield name, value


def _properties(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Own properties as short texts; what has no usable name is left out."""
    own = [name for name in event if name not in RESERVED and name not in fields() and PROPERTY.fullmatch(name)]
    for name in own[:MOST_PROPERTIES]:
        value = event[name]
        if isinstance(value, str | int | float):
            text = plain(value if isinstance(value, str) else json.dumps(value), LONGEST_PROPERTY)
            if text:
                yield name, text


def _refusal(event: Any, refused: _RefusedError, around: Surroundings) -> Line | None:
    """What the quarantine gets: the reason, and with consent what the event said, cut and without mail addresses."""
    if not around.consent:
        return {"problem": refused.problem, **around.facts}
    known = dict(_presentable(event)) if isinstance(event, dict) else event
    said = plain(json.dumps(known, separators=(",", ":")), LONGEST_RAW)
    return {"problem": refused.problem, **around.facts, "raw": said}


def _presentable(event: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """An event without ids that are none: a page that sends a clear member number must not fill the quarantine."""
    for name, value in event.items():
        try:
            if name in fields() and fields()[name].linking:
                read(fields()[name], value)
        except Unfit:
            continue
        yield name, value
