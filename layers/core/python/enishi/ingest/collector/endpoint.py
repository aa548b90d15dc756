"""The endpoint: `POST /e` takes batches, `GET /e.gif` one event without a script, `GET /e.js` gives the tag."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from enishi.ids import digest, stable_id
from enishi.ingest.collector import callers, moments, sites
from enishi.ingest.collector.events import VIEWS, Surroundings, line
from enishi.ingest.collector.fields import Unfit
from enishi.ingest.collector.http import Request, Response
from enishi.ingest.collector.sites import Site
from enishi.settings import Settings

LARGEST = 64 * 1024
"""Bytes of a batch; also what a browser lets `sendBeacon` and `fetch(keepalive)` carry."""
MOST_EVENTS = 50
_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Outcome:
    """What to answer, and the lines (JSON Lines, each with its line end) to keep; `refused` of them are no good."""

    response: Response
    lines: bytes = b""
    events: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Collector:
    """Answers requests. Nothing of it is kept between two of them, so any number may run side by side."""

    sites: Mapping[str, Site]
    secret: bytes = field(repr=False)
    internal: callers.Networks = ()

    def answer(self, request: Request) -> Outcome:
        """The answer to any request whatsoever; never raises for what a caller sent."""
        route = ROUTES.get((request.method, request.path))
        if route:
            return route(self, request)
        known = [method for method, path in ROUTES if path == request.path]
        return Outcome(Response(405, {"allow": ", ".join(known)}) if known else Response(404))

    def knows(self, origin: str) -> bool:
        """Whether `origin` is one of any site."""
        return any(origin in site.origins for site in self.sites.values())

    def admitted(self, request: Request, name: Any) -> Site | None:
        """The site that `name` says, if the request comes from one of its origins."""
        site = self.sites.get(name) if isinstance(name, str) else None
        return site if site and request.origin in site.origins else None


def collector(settings: Settings) -> Collector:
    """The collector of an environment.

    Raises:
        SettingsError: `collector_sites` or `collector_internal` does not hold.
    """
    secret = settings.secret.get_secret_value().encode()
    return Collector(sites.parse(settings.collector_sites), secret, callers.networks(settings.collector_internal))


def _post(known: Collector, request: Request) -> Outcome:
    """A batch. A known page may read the answer: a refusal that its tag cannot see, it would send again."""
    outcome = _batch(known, request)
    shared = _shared_with(request) if known.knows(request.origin) else {}
    return replace(outcome, response=Response(outcome.response.status, shared))


def _batch(known: Collector, request: Request) -> Outcome:
    if len(request.body) > LARGEST:
        return Outcome(Response(413))
    said = _parsed(request.body)
    events = said.get("events")
    if not isinstance(events, list) or not events:
        return Outcome(Response(400))
    if len(events) > MOST_EVENTS:
        return Outcome(Response(413))
    site = known.admitted(request, said.get("site"))
    if site is None:
        return Outcome(Response(403))
    try:
        sent_at = moments.instant(said.get("sent_at"))
    except Unfit:
        return Outcome(Response(400))
    consent = said.get("consent") is True and request.headers.get("sec-gpc") != "1"
    around = _around(known, request, site, sent_at, consent, driven=said.get("webdriver") is True)
    return _kept(events, around, Response(204))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _pixel(known: Collector, request: Request) -> Outcome:
    """For pages without scripts: one view, nobody's."""
    site = known.admitted(request, request.query.get("site"))
    if site is None:
        return Outcome(Response(403))
    around = _around(known, request, site, request.received_at, False, driven=False)
    said: dict[str, Any] = {name: value for name, value in request.query.items() if name != "site"}
    said["event_type"] = said.get("event_type") if said.get("event_type") in VIEWS else "page_view"
    said |= {"event_id": _event_id(request), "at": int(request.received_at.timestamp() * 1000)}
    image = {"content-type": "image/gif", "cache-control": "no-store"}
    return _kept([said], around, Response(200, image, _PIXEL))


def _event_id(request: Request) -> str:
    """An id in the form of the tag's own, out of the request itself: an adapter that repeats it makes no second one."""
    facts = (request.address, request.headers.get("user-agent", ""), repr(sorted(request.query.items())))
    return stable_id("", request.received_at.isoformat(), *facts).upper().rjust(26, "0")


def _tag(_known: Collector, request: Request) -> Outcome:
    body, mark = tag()
    headers = {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=3600",
        "etag": mark,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
    }
    same = request.headers.get("if-none-match") == mark
    return Outcome(Response(304, headers) if same else Response(200, headers, body))


@cache
def tag() -> tuple[bytes, str]:
    """The built tag and its ETag."""
    body = files(__package__).joinpath("tag", "e.js").read_bytes()
    return body, f'"{digest(body.decode())[:16]}"'


def _preflight(known: Collector, request: Request) -> Outcome:
    """The tag's own requests need none; a page that sends JSON by hand does."""
    if not known.knows(request.origin):
        return Outcome(Response(403))
    allowed = {"access-control-allow-methods": "POST", "access-control-allow-headers": "content-type"}
    return Outcome(Response(204, {**_shared_with(request), **allowed, "access-control-max-age": "86400"}))


def _shared_with(request: Request) -> dict[str, str]:
    return {"access-control-allow-origin": request.origin, "vary": "origin"}


def _around(
    known: Collector, request: Request, site: Site, sent_at: datetime, consent: bool, *, driven: bool
) -> Surroundings:
    """What the request itself says; of a caller without consent nothing that would tell two of them apart."""
    agent = callers.agent(request.headers.get("user-agent", ""))
    reason = callers.robot(request, known.internal, driven)
    skew = moments.skew(sent_at, request.received_at)
    facts = {
        "site": site.id,
        "device": agent.device,
        "is_bot": bool(reason),
        "robot": reason or None,
        "received_at": moments.to_text(request.received_at),
        "skew_s": str(round(skew.total_seconds())) if skew else None,
        "consent": None if consent else "denied",
        "system": agent.system if consent else None,
        "browser": agent.browser if consent else None,
        "net": callers.hidden(request.address, known.secret, request.received_at) if consent else None,
    }
    facts = {name: value for name, value in facts.items() if value is not None}
    return Surroundings(request.received_at, sent_at, consent, site.hosts, facts)


def _kept(events: list[Any], around: Surroundings, response: Response) -> Outcome:
    lines = [made for made in (line(event, around) for event in events) if made is not None]
    data = "".join(f"{_JSON(made)}\n" for made in lines).encode()
    return Outcome(response, data, len(lines), sum("problem" in made for made in lines))


ROUTES: Mapping[tuple[str, str], Callable[[Collector, Request], Outcome]] = {
    ("POST", "/e"): _post,
    ("OPTIONS", "/e"): _preflight,
    ("GET", "/e.gif"): _pixel,
    ("GET", "/e.js"): _tag,
}
