"""Stands for LINE's Messaging API and for Pinpoint's SendMessages on loopback: keeps what came, answers as they do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LINE_PATH = "/v2/bot/message/push"
PUSH_PATH = "/v1/apps/"

Answer = tuple[int, dict[str, Any], dict[str, str]]
"""Status, body, headers."""


@dataclass
class Recorded:
    """What went out: LINE's requests by retry key, push notifications in order."""

    line: dict[str, Any] = field(default_factory=dict)
    push: list[dict[str, Any]] = field(default_factory=list)

    def take_line(self, headers: Mapping[str, str], body: dict[str, Any]) -> Answer:
        """A retry key that was seen before is a conflict and sends nothing."""
        key = headers.get("X-Line-Retry-Key", "")
        if key in self.line:
            return 409, {"message": "The retry key is already accepted"}, {"X-Line-Accepted-Request-Id": key}
        self.line[key] = body
        return 200, {"sentMessages": [{"id": key}]}, {"X-Line-Request-Id": key}

    def take_push(self, headers: Mapping[str, str], body: dict[str, Any]) -> Answer:
        """Every token's delivery succeeds."""
        del headers
        self.push += body["Addresses"].values()
        result = {
            token: {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "MessageId": f"push-{len(self.push)}-{number}"}
            for number, token in enumerate(body["Addresses"])
        }
        return 200, {"ApplicationId": "emulated", "RequestId": "emulated", "Result": result}, {}


@contextmanager
def recording(port: int) -> Iterator[Recorded]:
    """Listen on `port` of loopback as long as the block."""
    recorded = Recorded()
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(recorded))
    threading.Thread(target=server.serve_forever, daemon=True, name="recorder").start()
    try:
        yield recorded
    finally:
        server.shutdown()
        server.server_close()


def _handler(recorded: Recorded) -> type[BaseHTTPRequestHandler]:
    takers: dict[str, Callable[[Mapping[str, str], dict[str, Any]], Answer]] = {
        LINE_PATH: recorded.take_line,
        PUSH_PATH: recorded.take_push,
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            take = next((take for path, take in takers.items() if self.path.startswith(path)), None)
            status, answer, headers = take(dict(self.headers.items()), body) if take else (404, {}, {})
            data = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: addresses are personal."""

    return Handler
