"""From a push template's JSON to a notification that APNs and FCM take."""

from __future__ import annotations

import json

from enishi.content.line import parsed
from enishi.content.links import is_web_address
from enishi.content.mail import one_line
from enishi.content.outcome import NothingToSay, Rendered, Unfit
from enishi.ports import Channel

FIELDS = frozenset({"title", "body", "url", "data"})
LONGEST_TITLE = 65
LONGEST_BODY = 240
LARGEST = 4000
"""Bytes; both services take 4,096 with their own frame."""


def finish(source: str) -> Rendered:
    """The notification {title, body, url, data} that `source` says.

    Raises:
        Unfit: not JSON, or beyond the limits.
        NothingToSay: an empty object.
    """
    notice = parsed(source)
    if notice == {}:
        raise NothingToSay
    if not isinstance(notice, dict) or set(notice) - FIELDS:
        raise Unfit("shape", f"a push template gives an object of {', '.join(sorted(FIELDS))}")
    title = one_line(str(notice.get("title", "")), "title", LONGEST_TITLE)
    body = one_line(str(notice.get("body", "")), "body", LONGEST_BODY)
    if not is_web_address(str(notice.get("url", ""))):
        raise Unfit("shape", "the url of a push is an absolute http(s) address")
    if not all(isinstance(value, str) for value in dict(notice.get("data") or {}).values()):
        raise Unfit("shape", "the data of a push holds texts only")
    payload = json.dumps({**notice, "title": title, "body": body}, ensure_ascii=False, separators=(",", ":"))
    if len(payload.encode()) > LARGEST:
        raise Unfit("shape", f"a push has at most {LARGEST} bytes")
    return Rendered(Channel.PUSH, subject=title, text=body, payload=payload)
