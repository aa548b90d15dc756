"""What stands behind the links of messages: a click goes on to its target, an opt-out asks once and is done.

Looking at the opt-out page changes nothing, since mail scanners open every link; only its button does, or the one-click
POST of a mailbox provider (RFC 8058). Each answer leaves one line for `results.landing`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from enishi.content.links import Link, LinkBook, LinkKind, LinkRefusal
from enishi.ids import stable_id
from enishi.ingest.collector import sites
from enishi.ingest.collector.http import Outcome, Request, Response
from enishi.settings import Settings

ROUTES = (("GET", "/c/{token}"), ("GET", "/u/{token}"), ("POST", "/u/{token}"))
"""What a server in front has to let through."""
MESSAGE = "en_m"
"""The parameter by which the web tag knows the message that a visit came from."""
_HTML = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}


@dataclass(frozen=True)
class LinkPages:
    """Answers requests for links that `book` signed; `hosts` are the shop's own, which learn the message of a visit."""

    book: LinkBook = field(repr=False)
    hosts: Collection[str] = ()

    def answer(self, request: Request) -> Outcome:
        """The answer to any request whatsoever; never raises for what a caller sent."""
        _, _, rest = request.path.partition("/")
        kind, _, token = rest.partition("/")
        handlers = _BY_KIND.get(kind, {})
        if not handlers:
            return Outcome(Response(404))
        if request.method not in handlers:
            return Outcome(Response(405, {"allow": ", ".join(handlers)}))
        link = self.book.verify(token, request.received_at)
        if isinstance(link, LinkRefusal) or link.kind is not _KINDS[kind]:
            return Outcome(_page(410 if link is LinkRefusal.EXPIRED else 404, "gone"))
        return handlers[request.method](self, request, link)


def link_pages(settings: Settings) -> LinkPages:
    """The pages of an environment.

    Raises:
        SettingsError: `collector_sites` does not hold.
    """
    book = LinkBook(settings.secret.get_secret_value().encode(), settings.tenant, settings.public_url)
    hosts = {host for site in sites.parse(settings.collector_sites).values() for host in site.hosts}
    return LinkPages(book, frozenset(hosts))


def _click(pages: LinkPages, request: Request, link: Link) -> Outcome:
    target = _with_message(link.target, link.send_id) if urlsplit(link.target).hostname in pages.hosts else link.target
    moved = Response(302, {"location": target, "cache-control": "no-store", "referrer-policy": "no-referrer"})
    return _said("click", pages, request, link, moved)


def _with_message(target: str, send_id: str) -> str:
    parts = urlsplit(target)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != MESSAGE]
    return urlunsplit(parts._replace(query=urlencode([*query, (MESSAGE, send_id)])))


def _ask(_pages: LinkPages, _request: Request, _link: Link) -> Outcome:
    return Outcome(_page(200, "ask"))


def _opt_out(pages: LinkPages, request: Request, link: Link) -> Outcome:
    return _said("unsubscribe", pages, request, link, _page(200, "done"))


def _said(event: str, pages: LinkPages, request: Request, link: Link, response: Response) -> Outcome:
    """The answer with the line that lands. An adapter that repeats a request makes no second event of it."""
    at = request.received_at.isoformat()
    agent = request.headers.get("user-agent", "")
    line = {
        "provider": "page",
        "event": event,
        "event_id": stable_id("P", event, link.send_id, at, request.address, agent),
        "send_id": link.send_id,
        "at": at,
        "link": f"{pages.book.base}{request.path}",
        "agent": agent[:400],
    }
    return Outcome(response, f"{json.dumps(line, ensure_ascii=False)}\n".encode(), 1)


def _page(status: int, name: str) -> Response:
    return Response(status, _HTML, _html(name))


@cache
def _html(name: str) -> bytes:
    return (files("enishi.results") / "link_pages" / f"{name}.html").read_bytes()


_KINDS: Mapping[str, LinkKind] = {"c": LinkKind.CLICK, "u": LinkKind.UNSUBSCRIBE}
_BY_KIND: Mapping[str, Mapping[str, Callable[[LinkPages, Request, Link], Outcome]]] = {
    "c": {"GET": _click},
    "u": {"GET": _ask, "POST": _opt_out},
}
