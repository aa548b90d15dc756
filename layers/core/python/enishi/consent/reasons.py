"""Every typed reason for which a message did not go out, with its Japanese label in `reasons.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from enishi.data_files import data_of


class RefusalReason(StrEnum):
    """Reasons of the guards and of the providers. `enishi.content` adds the codes of what cannot be rendered."""

    EXITED = "exited"
    GOAL_REACHED = "goal_reached"
    LATE = "late"
    CIRCUIT_OPEN = "circuit_open"
    NO_TEMPLATE = "no_template"
    NO_CONTACT = "no_contact"
    BAD_ADDRESS = "bad_address"
    NO_CONSENT = "no_consent"
    OPT_OUT = "opt_out"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    BLOCKED = "blocked"
    INVALID = "invalid"
    QUIET_HOURS = "quiet_hours"
    CAP_DAY = "cap_day"
    CAP_WEEK = "cap_week"
    MERGED = "merged"
    NO_CONTENT = "no_content"
    HEADER = "header"
    THROTTLED = "throttled"
    QUOTA = "quota"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    NOT_CONFIGURED = "not_configured"
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    NO_ANSWER = "no_answer"
    CLAIM_EXPIRED = "claim_expired"


_BLOCK = "no_"
"""`no_<block>`: a block that the message requires has nothing for this person."""


@cache
def labels() -> Mapping[str, str]:
    """reason → Japanese label."""
    return MappingProxyType(data_of("enishi.consent", "reasons.yaml"))


def label(reason: str) -> str:
    """The Japanese label of any reason that a result row may carry; the code itself when nobody named it."""
    known = labels().get(reason)
    if known is None and reason.startswith(_BLOCK):
        return f"必要な内容（{reason.removeprefix(_BLOCK)}）がない"
    return known or reason
