"""Whether an address can belong to its channel: shape only, nothing is looked up. Addresses never leave this module."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from enishi.ports import Channel

LONGEST_MAIL = 254
LONGEST_TOKEN = 4096

_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LINE = re.compile(r"U[0-9a-f]{32}")
_TOKEN = re.compile(r"(?:(?:apns|gcm):)?[A-Za-z0-9_:%.-]{8,}")


def _mail(address: str) -> bool:
    # Old Japanese carriers allowed dots at the end of the local part and two in a row, so dots are not judged.
    return len(address) <= LONGEST_MAIL and _MAIL.fullmatch(address) is not None


def _line(address: str) -> bool:
    return _LINE.fullmatch(address) is not None


def _push(address: str) -> bool:
    return len(address) <= LONGEST_TOKEN and _TOKEN.fullmatch(address) is not None


_SHAPES: Mapping[Channel, Callable[[str], bool]] = {Channel.MAIL: _mail, Channel.LINE: _line, Channel.PUSH: _push}


def is_sane(channel: Channel, address: str) -> bool:
    """True when a provider of `channel` could take `address`: a line break or a second receiver never passes."""
    return channel in _SHAPES and _SHAPES[channel](address)


def domain(channel: Channel, address: str) -> str | None:
    """What the lake may keep of an address: the receiving domain of a mail, the platform of a push."""
    if channel is Channel.MAIL:
        return address.rpartition("@")[2].lower()
    if channel is Channel.PUSH and ":" in address[:5]:
        return address.split(":", 1)[0]
    return channel.value
