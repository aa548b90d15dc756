"""LINE's push API: one call a message, with a retry key by which LINE executes it once. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from enishi.channels.guard import violation
from enishi.consent.reasons import RefusalReason
from enishi.ports import Accepted, Message, Receipt, Refused, Unknown

PATH = "/v2/bot/message/push"
ACCEPTED_BEFORE = 409
THROTTLED = 429
SERVER_FAULT = 500
_QUOTA = "monthly limit"
"""LINE answers 429 both for its rate and for the used-up monthly quota; only its sentence tells them apart."""

_NAMESPACE = uuid5(NAMESPACE_URL, "https://enishi.example/line-retry-key")

_REFUSALS: Mapping[int, str] = {
    400: RefusalReason.REJECTED,
    401: RefusalReason.NOT_CONFIGURED,
    403: RefusalReason.NOT_CONFIGURED,
    404: RefusalReason.NOT_CONFIGURED,
    413: RefusalReason.REJECTED,
}


@dataclass(frozen=True)
class LinePush:
    body: bytes = field(repr=False)
    retry_key: UUID


def unfit(message: Message) -> Refused | None:
    """A refusal of ours before the call; None when LINE may see the message."""
    if found := violation(message):
        return Refused(found)
    return None if _messages(message) else Refused(RefusalReason.REJECTED)


def push_request(message: Message) -> LinePush:
    """Body and retry key of a sound message: the same message always has the same key."""
    body = json.dumps(push_body(message), ensure_ascii=False, separators=(",", ":"))
    return LinePush(body.encode(), uuid5(_NAMESPACE, message.send_id))


def push_body(message: Message) -> dict[str, Any]:
    return {"to": message.address, "messages": _messages(message)}


def receipt(status: int, headers: Mapping[str, str], body: bytes) -> Receipt:
    """What LINE's answer proves. A 5xx proves nothing: LINE says itself that the message may have gone out."""
    if status < 300:
        return Accepted(headers.get("x-line-request-id", ""))
    if status == ACCEPTED_BEFORE:
        return Accepted(headers.get("x-line-accepted-request-id", ""))
    if status == THROTTLED:
        spent = _QUOTA in body.decode("utf-8", "replace")
        return Refused(RefusalReason.QUOTA) if spent else Refused(RefusalReason.THROTTLED, retryable=True)
    if status >= SERVER_FAULT:
        return Unknown(RefusalReason.NO_ANSWER)
    return Refused(_REFUSALS.get(status, RefusalReason.REJECTED))


def _messages(message: Message) -> list[Any]:
    try:
        parsed = json.loads(message.payload)
    except ValueError:
        return []
    return parsed if isinstance(parsed, list) else []
