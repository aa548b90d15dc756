"""Push through `pinpoint.SendMessages` with Addresses, up to 100 tokens a call. Pure.

A token is `apns:<token>` or `gcm:<token>`; without a prefix it is FCM's. Title, body and data are given a token, so
one call carries a hundred different messages; the app opens the `url` that it finds in the data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from enishi.channels.guard import violation
from enishi.consent.reasons import RefusalReason
from enishi.ports import Accepted, Message, Receipt, Refused, Unknown

_TYPES: Mapping[str, str] = {"apns": "APNS", "gcm": "GCM"}
_DEFAULT = "GCM"

_STATUSES: Mapping[str, Receipt] = {
    "THROTTLED": Refused(RefusalReason.THROTTLED, retryable=True),
    "PERMANENT_FAILURE": Refused(RefusalReason.INVALID),
    "OPT_OUT": Refused(RefusalReason.OPT_OUT),
    "DUPLICATE": Refused(RefusalReason.REJECTED),
}
"""What proves that nothing went out. TEMPORARY_FAILURE and UNKNOWN_FAILURE are held as unknown."""


def unfit(message: Message) -> Refused | None:
    """A refusal of ours before the call; None when the service may see the message."""
    if found := violation(message):
        return Refused(found)
    return None if notification(message) else Refused(RefusalReason.REJECTED)


def send_request(messages: Sequence[Message], application_id: str) -> dict[str, Any]:
    """The arguments of `send_messages` for sound messages whose tokens all differ."""
    return {
        "ApplicationId": application_id,
        "MessageRequest": {
            "Addresses": {token(message.address): _address(message) for message in messages},
            "MessageConfiguration": {"DefaultPushNotificationMessage": {"Action": "OPEN_APP"}},
        },
    }


def receipts(answer: Mapping[str, Any], messages: Sequence[Message]) -> list[Receipt]:
    """One receipt a message; a token that the answer leaves out is unknown."""
    results = answer.get("MessageResponse", {}).get("Result", {})
    return [_receipt(results.get(token(message.address), {})) for message in messages]


def token(address: str) -> str:
    """The address without its platform."""
    prefix, _, rest = address.partition(":")
    return rest if prefix in _TYPES else address


def notification(message: Message) -> dict[str, Any]:
    """{title, body, url, data} of the payload; {} when it holds none."""
    try:
        parsed = json.loads(message.payload)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _receipt(result: Mapping[str, Any]) -> Receipt:
    status = result.get("DeliveryStatus", "")
    if status == "SUCCESSFUL":
        return Accepted(str(result.get("MessageId", "")))
    return _STATUSES.get(status, Unknown(RefusalReason.NO_ANSWER))


def _address(message: Message) -> dict[str, Any]:
    notice = notification(message)
    context = {**notice.get("data", {}), "url": notice.get("url", ""), "send_id": message.send_id}
    return {
        "ChannelType": _TYPES.get(message.address.partition(":")[0], _DEFAULT),
        "TitleOverride": notice.get("title", ""),
        "BodyOverride": notice.get("body", ""),
        "Context": context,
    }
