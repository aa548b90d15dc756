"""What rendering gives: a message, nothing to say, or a recipient put aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from enishi.ports import Channel, Message


@dataclass(frozen=True)
class Rendered:
    """The parts of one message. Everything but `title` may hold personal data."""

    channel: Channel
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    payload: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    sender: str = ""
    """The brand's name."""
    title: str = ""
    """The subject without the customer's name: what the lake may keep."""

    def message(self, send_id: str, address: str, tags: Mapping[str, str]) -> Message:
        """The item that a provider takes."""
        return Message(
            send_id=send_id,
            channel=self.channel,
            address=address,
            subject=self.subject,
            html=self.html,
            text=self.text,
            sender=self.sender,
            payload=self.payload,
            headers=self.headers,
            tags=tags,
        )


@dataclass(frozen=True)
class Quarantined:
    """This recipient cannot be rendered; the others go on. Free of personal data."""

    reason: str
    """A short code: undefined, limits, header, forbidden, law, shape, error."""
    detail: str = ""
    where: str = ""
    """Template file and line."""


@dataclass(frozen=True)
class Empty:
    """There is nothing for this person in the message, so none is sent."""

    reason: str = "no_content"


Outcome = Rendered | Quarantined | Empty


class Unfit(Exception):  # noqa: N818 - carries a verdict inside the package, never leaves it
    """What was rendered may not be sent."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


class NothingToSay(Exception):  # noqa: N818 - carries a verdict inside the package, never leaves it
    """The rendered content is empty."""
