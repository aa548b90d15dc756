"""Channels: messages, receipts, providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    MAIL = "mail"
    LINE = "line"
    PUSH = "push"
    SMS = "sms"
    ONSITE = "onsite"
    CATALOG = "catalog"


@dataclass(frozen=True)
class Message:
    """One rendered item, ready for a provider. `address` and the bodies are personal: never log or put in an error."""

    send_id: str
    channel: Channel
    address: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    sender: str = ""
    """The brand's name, for a mail whose environment gives an address without one."""
    payload: str = field(default="", repr=False)
    """JSON of a LINE message list or of a push notification; "" for mail."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    """Non-personal labels that providers hand back with every event: scenario, step, run."""


@dataclass(frozen=True)
class Accepted:
    provider_id: str


@dataclass(frozen=True)
class Refused:
    """The provider said no and proved that nothing went out."""

    reason: str
    retryable: bool = False


@dataclass(frozen=True)
class Unknown:
    """The request went out and no answer came: held, never sent again by guess."""

    reason: str


Receipt = Accepted | Refused | Unknown


class ChannelProvider(Protocol):
    channel: Channel
    batch_size: int

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        """One receipt a message, in order. Never raises for what one message caused."""
        ...
