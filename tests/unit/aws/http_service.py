"""A service on loopback that answers from a script: the real clients talk to it over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What to answer. `drop`: close the connection without a word; `delay`: seconds before the answer."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    delay: float = 0.0


@dataclass
class Service:
    url: str
    answer: Callable[[Request], Answer]
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on loopback until the end of the block; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(answer: Callable[[Request], Answer], *, form: bool = False) -> Iterator[Service]:
    """`form`: bodies are HTML forms, given as names and values."""
    service = Service("", answer)
    read: Callable[[bytes], Any] = (lambda data: dict(parse_qsl(data.decode()))) if form else json.loads

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = Request(self.path, dict(self.headers.items()), read(self.rfile.read(length) or b"{}"))
            with service.lock:
                service.requests.append(request)
                given = service.answer(request)
            time.sleep(given.delay)
            if given.drop:
                self.close_connection = True
                return
            self._reply(given)

        def _reply(self, given: Answer) -> None:
            data = json.dumps(given.body).encode()
            try:
                self.send_response(given.status)
                for name, value in {"Content-Type": "application/json", **given.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except BrokenPipeError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None: ...

    with listening(Handler) as service.url:
        yield service
