"""From a LINE template's JSON to a message list that LINE takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from enishi.content.links import is_web_address
from enishi.content.mail import one_line
from enishi.content.outcome import NothingToSay, Rendered, Unfit
from enishi.ports import Channel

MOST_MESSAGES = 5
LONGEST_TEXT = 5000
LONGEST_ALT = 400
LONGEST_URI = 1000
MOST_BUBBLES = 12
LARGEST_FLEX = 50_000


def finish(source: str) -> Rendered:
    """The message list that `source` says.

    Raises:
        Unfit: not JSON, or beyond LINE's limits.
        NothingToSay: an empty list.
    """
    messages = parsed(source)
    if messages == []:
        raise NothingToSay
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES:
        raise Unfit("shape", f"a LINE template gives a list of at most {MOST_MESSAGES} messages")
    titles = [_checked(message) for message in messages]
    payload = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    return Rendered(Channel.LINE, subject=titles[0], payload=payload)


def parsed(source: str) -> Any:
    """JSON, or Unfit."""
    try:
        return json.loads(source, parse_constant=_no_number)
    except ValueError as error:
        place = getattr(error, "lineno", 0)
        raise Unfit("shape", f"the template gives no JSON (line {place} of the result)") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _checked(message: Any) -> str:
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise Unfit("shape", f"a LINE message is one of {', '.join(KINDS)}")
    for uri in _uris(message):
        if len(uri) > LONGEST_URI or not (is_web_address(uri) or uri.startswith("tel:")):
            raise Unfit("shape", f"a link of a LINE message is http(s) or tel, at most {LONGEST_URI} characters")
    return KINDS[kind](message)


def _text(message: Mapping[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
        raise Unfit("shape", f"a LINE text has 1 to {LONGEST_TEXT} characters")
    return text.split("\n", 1)[0][:LONGEST_ALT]


def _flex(message: Mapping[str, Any]) -> str:
    contents = message.get("contents")
    if not isinstance(contents, dict) or contents.get("type") not in {"bubble", "carousel"}:
        raise Unfit("shape", "the contents of a flex message are a bubble or a carousel")
    bubbles = contents.get("contents", []) if contents["type"] == "carousel" else [contents]
    if not 0 < len(bubbles) <= MOST_BUBBLES or len(json.dumps(contents).encode()) > LARGEST_FLEX:
        raise Unfit("shape", f"a flex message has 1 to {MOST_BUBBLES} bubbles and at most {LARGEST_FLEX} bytes")
    return one_line(str(message.get("altText", "")), "altText", LONGEST_ALT)


def _uris(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (str(value) for key, value in node.items() if key == "uri")
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _uris(child)


KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"text": _text, "flex": _flex}
