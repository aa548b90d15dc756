"""The collector on a laptop: the same core as the deployed function behind the standard library's HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from enishi.clock import Clock
from enishi.errors import SettingsError
from enishi.ingest.collector.endpoint import LARGEST, Collector, Outcome
from enishi.ingest.collector.http import Request, Response
from enishi.ports import EventStream

Watch = Callable[[Outcome], None]
_SECONDS = 10
"""A caller that sends nothing for so long is let go."""


class _Server(ThreadingHTTPServer):
    known: Collector


class CollectorServer:
    """Serves on 127.0.0.1 from `with` on, until its end. `known` makes the collector once the own address is known."""

    def __init__(
        self,
        known: Callable[[str], Collector],
        stream: EventStream,
        clock: Clock,
        port: int,
        *,
        watch: Watch = lambda _outcome: None,
    ) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _handler(stream, clock, watch))
        except OSError as error:
            remedy = "Choose another one with --port."
            raise SettingsError(f"port {port} cannot be used", where="enishi collect serve", remedy=remedy) from error
        self._server.known = known(self.url)
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


def _handler(stream: EventStream, clock: Clock, watch: Watch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
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
            outcome = self.server.known.answer(request)
            if outcome.lines:
                stream.put(outcome.lines)
            self._send(outcome.response)
            watch(outcome)

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
                clock.now(),
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

    return Handler
