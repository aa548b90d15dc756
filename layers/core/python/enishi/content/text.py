"""The plain-text part of a mail, made from its HTML in one pass."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

TAG = re.compile(r"(<[^>]*>)")
SPACES = re.compile(r"[ \t\r\n]+")
AROUND_BREAKS = re.compile(r" *\n *")
MANY_BREAKS = re.compile(r"\n{3,}")
HREF = re.compile(r'href="([^"]*)"')
SKIPPED = ("<!--notext-->", "<!--/notext-->")
PARAGRAPHS = ("p", "div", "h1", "h2", "h3", "ul", "ol", "table")
BREAKS = {f"<{slash}{name}": "\n\n" for name in PARAGRAPHS for slash in ("", "/")} | {
    "<br": "\n",
    "</tr": "\n",
    "</li": "\n",
    "<li": "・",
    "</td": " ",
}


def plain_text(html: str) -> str:
    """`html`'s body as text: paragraphs apart, links as their words and then the address on its own line.

    What stands between `<!--notext-->` and `<!--/notext-->` is left out (the preheader, spacers).
    """
    pieces: list[str] = []
    address, skipping = "", False
    parts = TAG.split(html[max(0, html.find("<body")) :])
    for text, tag in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if not skipping and text:
            pieces.append(_words(text))
        if tag.startswith("<a "):
            address = _address(tag)
        elif tag in SKIPPED:
            skipping = tag == SKIPPED[0]
        elif not skipping:
            pieces.append(f"\n{address}\n" if tag == "</a>" else _break(tag))
    return _tidy("".join(pieces))


def _words(text: str) -> str:
    """A text between two tags as a browser shows it: any white space is one space."""
    if text.isspace():
        return " "
    return SPACES.sub(" ", text) if "\n" in text or "  " in text else text


@lru_cache(maxsize=1024)
def _break(tag: str) -> str:
    """What a tag other than a link means in text; the same tags come in every mail."""
    return BREAKS.get(tag.partition(" ")[0].rstrip(">/"), "")


def _address(tag: str) -> str:
    found = HREF.search(tag)
    return found[1] if found else ""


def _tidy(text: str) -> str:
    plain = unescape(text) if "&" in text else text
    return MANY_BREAKS.sub("\n\n", AROUND_BREAKS.sub("\n", plain)).strip() + "\n"
