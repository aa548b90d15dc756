"""The last look before a provider: no line break where a header or an address stands, on any channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enishi.consent.addresses import is_sane
from enishi.consent.reasons import RefusalReason
from enishi.ports import Message

_HEADER_NAME = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
LONGEST_LINE = 998
"""Bytes of one header line (RFC 5322)."""


def violation(message: Message) -> RefusalReason | None:
    """Why no provider may see `message`: HEADER or BAD_ADDRESS; None when it is sound."""
    if not is_sane(message.channel, message.address):
        return RefusalReason.BAD_ADDRESS
    if not all(_is_line(line) for line in _lines(message)) or not all(map(_is_header_name, message.headers)):
        return RefusalReason.HEADER
    return None


def _lines(message: Message) -> Iterator[str]:
    yield message.send_id
    yield message.subject
    yield from _pairs(message.headers)
    yield from _pairs(message.tags)


def _pairs(mapping: Mapping[str, str]) -> Iterator[str]:
    for name, value in mapping.items():
        yield name
        yield value


def _is_line(text: str) -> bool:
    """One printable line. Line and paragraph separators of Unicode count as breaks: some software obeys them."""
    return text.isprintable() and len(text) <= LONGEST_LINE


def _is_header_name(name: str) -> bool:
    return bool(name) and set(name) <= _HEADER_NAME
