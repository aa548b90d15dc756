"""Mail through SES v2: one SendBulkEmail of up to 50 messages that we rendered ourselves. Pure.

The inline template is nothing but one variable a part, so SES renders nothing that could fail after it accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from enishi.channels.guard import violation
from enishi.consent.reasons import RefusalReason
from enishi.ports import Accepted, Message, Receipt, Refused, Unknown

_TEMPLATE = {"Subject": "{{subject}}", "Text": "{{text}}", "Html": "{{html}}"}
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9_-]")
LONGEST_TAG = 256
LARGEST_DATA = 262_144
"""Characters of one entry's replacement data."""

_STATUSES: Mapping[str, Receipt] = {
    "MESSAGE_REJECTED": Refused(RefusalReason.REJECTED),
    "INVALID_PARAMETER": Refused(RefusalReason.REJECTED),
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": Refused(RefusalReason.NOT_CONFIGURED),
    "CONFIGURATION_SET_NOT_FOUND": Refused(RefusalReason.NOT_CONFIGURED),
    "TEMPLATE_NOT_FOUND": Refused(RefusalReason.NOT_CONFIGURED),
    "INVALID_SENDING_POOL_NAME": Refused(RefusalReason.NOT_CONFIGURED),
    "ACCOUNT_SUSPENDED": Refused(RefusalReason.SUSPENDED),
    "ACCOUNT_SENDING_PAUSED": Refused(RefusalReason.SUSPENDED),
    "CONFIGURATION_SET_SENDING_PAUSED": Refused(RefusalReason.SUSPENDED),
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": Refused(RefusalReason.QUOTA),
    "ACCOUNT_THROTTLED": Refused(RefusalReason.THROTTLED, retryable=True),
}
"""What proves that nothing went out. TRANSIENT_FAILURE and FAILED prove nothing and are held as unknown."""


def unfit(message: Message) -> Refused | None:
    """A refusal of ours before the call; None when SES may see the message."""
    if found := violation(message):
        return Refused(found)
    return Refused(RefusalReason.REJECTED) if _is_large(message) and len(_data(message)) > LARGEST_DATA else None


def _is_large(message: Message) -> bool:
    """Whether it is worth counting: JSON writes no character with more than six."""
    return 6 * (len(message.subject) + len(message.text) + len(message.html)) + LONGEST_TAG > LARGEST_DATA


def bulk_request(messages: Sequence[Message], sender: str, configuration_set: str) -> dict[str, Any]:
    """The arguments of SESv2 `send_bulk_email` for sound messages."""
    request: dict[str, Any] = {
        "FromEmailAddress": sender,
        "DefaultContent": {"Template": {"TemplateContent": _TEMPLATE, "TemplateData": "{}"}},
        "BulkEmailEntries": [_entry(message) for message in messages],
    }
    return request | ({"ConfigurationSetName": configuration_set} if configuration_set else {})


def receipts(answer: Mapping[str, Any], count: int) -> list[Receipt]:
    """One receipt an entry; an entry that the answer leaves out is unknown."""
    results = list(answer.get("BulkEmailEntryResults", []))[:count]
    missing = count - len(results)
    return [_receipt(result) for result in results] + [Unknown(RefusalReason.NO_ANSWER)] * missing


def _receipt(result: Mapping[str, Any]) -> Receipt:
    status = result.get("Status", "")
    if status == "SUCCESS":
        return Accepted(str(result.get("MessageId", "")))
    return _STATUSES.get(status, Unknown(RefusalReason.NO_ANSWER))


def _entry(message: Message) -> dict[str, Any]:
    return {
        "Destination": {"ToAddresses": [message.address]},
        "ReplacementTags": [{"Name": name, "Value": tag_value(value)} for name, value in _tags(message).items()],
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": _data(message)}},
        "ReplacementHeaders": [{"Name": name, "Value": value} for name, value in message.headers.items()],
    }


def _tags(message: Message) -> dict[str, str]:
    return {**message.tags, "send_id": message.send_id}


def tag_value(value: str) -> str:
    """A tag takes letters, digits, `_` and `-` only. Labels may lose a character; a send id never does."""
    return _NOT_IN_A_TAG.sub("-", value)[:LONGEST_TAG] or "-"


def _data(message: Message) -> str:
    parts = {"subject": message.subject, "text": message.text, "html": message.html}
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
