"""The public web on a laptop: the cores of the deployed functions behind the standard library's HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from enishi.clock import Clock
from enishi.errors import SettingsError
from enishi.ingest.collector.endpoint import LARGEST
from enishi.ingest.collector.http import Answering, Outcome, Request, Response
from enishi.ports import EventStream

Watch = Callable[[Outcome], None]
_SECONDS = 10
"""A caller that sends nothing for so long is let go."""


@dataclass(frozen=True)
class Desk:
    """Who answers, and where its lines go."""

    known: Answering
    stream: EventStream


Desks = Mapping[str, Desk]
"""By the first part of a path; "" answers all others."""


class _Server(ThreadingHTTPServer):
    """What each request finds: who answers, when it is, and who watches."""

    desks: Desks
    clock: Clock
    watch: Watch


class CollectorServer:
    """Serves on 127.0.0.1 from `with` on, until its end. `desks` are made once the own address is known."""

    def __init__(
        self,
        desks: Callable[[str], Desks],
        clock: Clock,
        port: int,
        *,
        watch: Watch = lambda _outcome: None,
    ) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            remedy = "Choose another one with --port."
            raise SettingsError(f"port {port} cannot be used", where="enishi collect serve", remedy=remedy) from error
        self._server.clock, self._server.watch = clock, watch
        self._server.desks = desks(self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="collector")

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> CollectorServer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def demo_page() -> Response:
    """A small shop to try the tag on (Japanese, package data)."""
    body = files("enishi.ingest.collector").joinpath("tag", "demo.html").read_bytes()
    return Response(200, {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}, body)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_OPTIONS(self) -> None:
        self._answer()

    def _answer(self) -> None:
        request = self._request()
        if request is None:
            self.close_connection = True
            return self._send(Response(413))
        if request.method == "GET" and request.path.startswith("/demo"):
            return self._send(demo_page())
        desks = self.server.desks
        desk = desks.get(request.path.split("/")[1], desks[""])
        outcome = desk.known.answer(request)
        if outcome.lines:
            desk.stream.put(outcome.lines)
        self._send(outcome.response)
        self.server.watch(outcome)

    def _request(self) -> Request | None:
        """None for a body that is too large to be read at all."""
        size = self.headers.get("Content-Length", "0")
        length = int(size) if size.isascii() and size.isdigit() else LARGEST + 1
        if length > LARGEST:
            return None
        parts = urlsplit(self.path)
        return Request(
            self.command,
            parts.path,
            self.server.clock.now(),
            {name.lower(): value for name, value in self.headers.items()},
            dict(parse_qsl(parts.query)),
            self.rfile.read(length),
            self.client_address[0],
        )

    def _send(self, response: Response) -> None:
        with suppress(ConnectionError):
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.status not in (204, 304):
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: paths and addresses are personal."""
