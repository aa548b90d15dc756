"""A request and an answer, free of who serves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One request. Header names are lower case; `address` is the caller's IP and leaves this object only hashed."""

    method: str
    path: str
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    address: str = field(default="", repr=False)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the page that asks: from Origin, else from Referer; "" when neither says it."""
        said = self.headers.get("origin") or self.headers.get("referer", "")
        try:
            parts = urlsplit(said)
        except ValueError:
            return ""
        return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


@dataclass(frozen=True)
class Response:
    """What goes back: a status, headers, bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Outcome:
    """What to answer, and the lines (JSON Lines, each with its line end) to keep; `refused` of them are no good."""

    response: Response
    lines: bytes = b""
    events: int = 0
    refused: int = 0


class Answering(Protocol):
    """What a server puts requests to."""

    def answer(self, request: Request) -> Outcome:
        """The answer to any request whatsoever; never raises for what a caller sent."""
        ...
