"""API Gateway's HTTP API (payload format 2.0) ↔ the collector's requests and answers."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from enishi.ingest.collector.http import Request, Response


def request_of(event: Mapping[str, Any], received_at: datetime) -> Request:
    """The request inside a function's event. A body that is not the base64 it claims to be is empty."""
    http = event["requestContext"]["http"]
    return Request(
        http["method"],
        event["rawPath"],
        received_at,
        {name.lower(): value for name, value in event.get("headers", {}).items()},
        dict(parse_qsl(event.get("rawQueryString", ""))),
        _body(event),
        http.get("sourceIp", ""),
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "replace")
    try:
        return b64decode(body)
    except NotBase64:
        return b""


def answer_of(response: Response) -> dict[str, Any]:
    """A function's answer. Bytes always travel as base64: an image is no text."""
    answer: dict[str, Any] = {"statusCode": response.status, "headers": dict(response.headers)}
    return answer | ({"body": b64encode(response.body).decode(), "isBase64Encoded": True} if response.body else {})
