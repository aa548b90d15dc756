"""Stands for LINE's Messaging API on loopback: keeps what was pushed, answers a repeated retry key as LINE does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PUSH = "/v2/bot/message/push"


@contextmanager
def recording(port: int) -> Iterator[dict[str, Any]]:
    """Listen on `port`; yields what was pushed, by retry key."""
    pushed: dict[str, Any] = {}
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(pushed))
    threading.Thread(target=server.serve_forever, daemon=True, name="line-recorder").start()
    try:
        yield pushed
    finally:
        server.shutdown()
        server.server_close()


def _handler(pushed: dict[str, Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            key = self.headers.get("X-Line-Retry-Key", "")
            known = key in pushed
            if self.path == PUSH and not known:
                pushed[key] = body
            status = 404 if self.path != PUSH else 409 if known else 200
            self._answer(status, {"sentMessages": [{"id": key}]} if status == 200 else {"message": "no"}, key)

        def _answer(self, status: int, body: dict[str, Any], key: str) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Line-Request-Id", key)
            if status == 409:
                self.send_header("X-Line-Accepted-Request-Id", key)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: addresses are personal."""

    return Handler
