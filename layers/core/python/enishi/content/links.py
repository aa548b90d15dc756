"""Signed links: the target, the message and the place in it travel inside the token, so a link can be believed.

A token is `<payload>.<mark>`, both base64url without padding: the payload is a JSON list in the order of `Link`'s
fields, the mark is HMAC-SHA256 under a key of the tenant's own. Nothing is looked up, so nothing can be guessed at.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from urllib.parse import urlsplit

from enishi.errors import TemplateError

LIFE = timedelta(days=180)
LONGEST = 4096


class LinkKind(StrEnum):
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"


class LinkRefusal(StrEnum):
    """Why a token is not believed. The answer to any of them is a 4xx, never a redirect."""

    MALFORMED = "malformed"
    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Link:
    """What a token says."""

    kind: LinkKind
    target: str
    """Absolute http(s) address; "" for an unsubscribe link."""
    send_id: str
    channel: str
    block: str = ""
    position: int = 0
    product_id: str = ""
    expires: int = 0
    """Seconds since 1970, UTC."""


@dataclass(frozen=True)
class LinkBook:
    """Signs and verifies the links of one tenant. `base` is the public address under which they are served."""

    secret: bytes
    tenant: str
    base: str

    @cached_property
    def _key(self) -> bytes:
        return hmac.digest(self.secret, f"links|{self.tenant}".encode(), "sha256")

    def url(self, link: Link) -> str:
        """`<base>/c/<token>` for a click, `<base>/u/<token>` to unsubscribe.

        Raises:
            TemplateError: the target is no absolute http(s) address.
        """
        if link.kind is LinkKind.CLICK and not is_web_address(link.target):
            raise TemplateError("a link must lead to an absolute http(s) address", remedy="Write https://… in full.")
        return f"{self.base}/{link.kind[0]}/{self.token(link)}"

    def token(self, link: Link) -> str:
        payload = _JSON(_facts(link)).encode()
        return f"{_encode(payload)}.{_encode(self._mark(payload))}"

    def verify(self, token: str, now: datetime) -> Link | LinkRefusal:
        """The link of a token that we signed and that is still good, else why not. Constant time in the mark."""
        try:
            payload, mark = (_decode(part) for part in token.split(".")) if len(token) <= LONGEST else (b"", b"")
        except (ValueError, NotBase64):
            return LinkRefusal.MALFORMED
        if not hmac.compare_digest(mark, self._mark(payload)):
            return LinkRefusal.FORGED
        kind, *facts = json.loads(payload)
        link = Link(LinkKind(kind), *facts)
        return link if now.timestamp() < link.expires else LinkRefusal.EXPIRED

    def _mark(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")


def is_web_address(url: str) -> bool:
    """True for http(s) with a host and without anything that a browser or a proxy may read differently."""
    if not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _facts(link: Link) -> list[str | int]:
    """The fields in order; written out because this runs for every link of every mail."""
    head: list[str | int] = [str(link.kind), link.target, link.send_id, link.channel]
    return [*head, link.block, link.position, link.product_id, link.expires]


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Strict: the one text that `_encode` would have made, or ValueError."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError("not the canonical form")
    return data
