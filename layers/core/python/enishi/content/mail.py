"""From a mail's HTML to its parts: subject, text part, headers, and what the law wants to see."""

from __future__ import annotations

import re
from html import escape, unescape

from enishi.content.brand import Brand
from enishi.content.outcome import NothingToSay, Rendered, Unfit
from enishi.content.text import plain_text
from enishi.ports import Channel

CONTENT = ("<!--content-->", "<!--/content-->")
LONGEST_SUBJECT = 200
WORDS = re.compile(r"(?:^|>)\s*[^\s<]")
"""Something to read outside the tags."""


def finish(html: str, brand: Brand, unsubscribe_url: str) -> Rendered:
    """The mail of rendered `html`.

    Raises:
        Unfit: no subject, a subject that would break a header, or something that the law wants is missing.
        NothingToSay: the content block is empty.
    """
    subject = one_line(unescape(_between(html, "<title>", "</title>")), "subject", LONGEST_SUBJECT)
    if not WORDS.search(_between(html, *CONTENT)):
        raise NothingToSay
    text = plain_text(html)
    for missing in missing_by_law(html, text, brand, unsubscribe_url):
        raise Unfit("law", missing)
    headers = unsubscribe_headers(unsubscribe_url)
    return Rendered(Channel.MAIL, subject, html, text, headers=headers, sender=brand.name)


def unsubscribe_headers(url: str) -> dict[str, str]:
    """One-click unsubscription (RFC 8058): a POST to `url`, never a GET."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def one_line(value: str, what: str, longest: int) -> str:
    """`value` trimmed, or Unfit: a header or a title is one printable line, so that nobody can add a header to it."""
    line = value.strip(" \n")
    if not line:
        raise Unfit("shape", f"the {what} is empty")
    if not line.isprintable():
        raise Unfit("header", f"the {what} holds a line break or a control character")
    if len(line) > longest:
        raise Unfit("shape", f"the {what} is longer than {longest} characters")
    return line


def missing_by_law(html: str, text: str, brand: Brand, unsubscribe_url: str) -> list[str]:
    """What 特定電子メール法 wants in a commercial mail and this one lacks, in both parts; [] when nothing."""
    wanted = {
        "the sender's name": brand.sender,
        "the postal address": brand.postal_address,
        "the contact": brand.contact,
        "the opt-out link": unsubscribe_url,
    }
    return [
        f"the mail lacks {what}"
        for what, value in wanted.items()
        if value not in text or (value not in html and escape(value) not in html)
    ]


def _between(html: str, start: str, end: str) -> str:
    first = html.find(start)
    last = html.find(end, first)
    if first < 0 or last < 0:
        raise Unfit("shape", f"the mail has no {start}: it must extend the mail layout")
    return html[first + len(start) : last]
