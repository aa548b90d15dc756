"""Signed links: what we signed is believed until it expires, anything else is refused. No open redirects."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from enishi.content.links import Link, LinkBook, LinkKind, LinkRefusal, is_web_address
from enishi.errors import TemplateError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BOOK = LinkBook(b"secret", "sample", "https://go.example.jp")
LINK = Link(LinkKind.CLICK, "https://shop.example.jp/p/1?色=赤", "f" * 32, "mail", "items", 2, "P1", 1_800_000_000)


def test_a_token_says_what_was_signed() -> None:
    assert BOOK.verify(BOOK.token(LINK), NOW) == LINK


def test_the_kind_stands_in_the_address() -> None:
    assert BOOK.url(LINK).startswith("https://go.example.jp/c/")
    opt_out = Link(LinkKind.UNSUBSCRIBE, "", "f" * 32, "mail", expires=1_800_000_000)
    assert BOOK.url(opt_out).startswith("https://go.example.jp/u/")


def test_a_link_expires() -> None:
    last = datetime.fromtimestamp(LINK.expires, UTC)
    assert BOOK.verify(BOOK.token(LINK), last - timedelta(seconds=1)) == LINK
    assert BOOK.verify(BOOK.token(LINK), last) is LinkRefusal.EXPIRED


@pytest.mark.parametrize("book", [LinkBook(b"other", "sample", BOOK.base), LinkBook(b"secret", "other", BOOK.base)])
def test_another_key_or_tenant_is_not_believed(book: LinkBook) -> None:
    assert book.verify(BOOK.token(LINK), NOW) is LinkRefusal.FORGED


def test_no_changed_token_is_accepted() -> None:
    """12,000 tokens with a flipped bit, a changed, dropped, doubled or moved character: none is believed."""
    chance, token, accepted = random.Random(1), BOOK.token(LINK), 0  # noqa: S311 - to be repeatable
    for _ in range(12_000):
        changed = _changed(token, chance)
        accepted += changed != token and isinstance(BOOK.verify(changed, NOW), Link)
    assert accepted == 0


def _changed(token: str, chance: random.Random) -> str:
    raw = bytearray(token.encode())
    place = chance.randrange(len(raw))
    match chance.randrange(5):
        case 0:
            raw[place] ^= 1 << chance.randrange(7)
        case 1:
            raw[place] = ord(chance.choice("ABCabc019-_.=+/ "))
        case 2:
            del raw[place]
        case 3:
            raw.insert(place, raw[place])
        case _:
            other = chance.randrange(len(raw))
            raw[place], raw[other] = raw[other], raw[place]
    return raw.decode("ascii", errors="replace")


def test_every_single_bit_of_the_token_counts() -> None:
    token = BOOK.token(LINK)
    for place in range(len(token)):
        for bit in range(7):
            changed = token[:place] + chr(ord(token[place]) ^ (1 << bit)) + token[place + 1 :]
            assert isinstance(BOOK.verify(changed, NOW), LinkRefusal)


@pytest.mark.parametrize(
    "token",
    ["", ".", "a", "a.b.c", "..", "あ.い", "x" * 5000, f"{urlsafe_b64encode(b'[]').decode()}.AA", "=.=", "%00.%00"],
)
def test_nonsense_is_refused_without_an_error(token: str) -> None:
    assert isinstance(BOOK.verify(token, NOW), LinkRefusal)


def test_the_payload_cannot_be_exchanged_for_another_target() -> None:
    evil = replace(LINK, target="https://evil.example/")
    payload = LinkBook(b"guess", "sample", BOOK.base).token(evil).split(".")[0]
    mark = BOOK.token(LINK).split(".")[1]
    assert BOOK.verify(f"{payload}.{mark}", NOW) is LinkRefusal.FORGED


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "//evil.example/",
        "/relative",
        "https:///path",
        "https://shop.example.jp@evil.example/",
        "https://shop.example.jp\\@evil.example/",
        "https://x.example/\r\nSet-Cookie: a=b",
        "data:text/html,x",
        "https://x.example/a b",
        "http://[::1",
        "",
    ],
)
def test_only_absolute_web_addresses_are_signed(target: str) -> None:
    assert not is_web_address(target)
    with pytest.raises(TemplateError):
        BOOK.url(replace(LINK, target=target))
