"""`enishi collect`: the endpoint over real HTTP, and that the deployed function writes the very same lines."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from enishi.cli import collect
from enishi.cli.context import Session
from enishi.clock import ManualClock
from enishi.errors import LakeError, NotSupportedError, SettingsError
from enishi.ingest.collector.endpoint import LARGEST
from enishi.local.blobs import FolderBlobs
from enishi.local.collector_server import CollectorServer
from enishi.local.collector_spool import Spool
from enishi.settings import Settings
from functions import web as start
from tests.infra.test_handlers import Context
from tests.unit.ingest.collecting import HEADERS, NOON, SHOP, batch, event

REQUESTS: list[tuple[str, str, dict[str, str], bytes]] = [
    ("POST", "/e", {}, json.dumps(batch(event(1, color="赤"), event(2, product_id=[]))).encode()),
    ("POST", "/e", {}, json.dumps(batch(event(3), consent=False)).encode()),
    ("POST", "/e", {"user-agent": "curl/8.9"}, json.dumps(batch(event(4))).encode()),
    ("POST", "/e", {"origin": "https://evil.example"}, json.dumps(batch(event(5))).encode()),
    ("POST", "/e", {}, b"\xff{"),
    ("OPTIONS", "/e", {}, b""),
    ("GET", "/e.gif?site=shop&page_path=%2Fp%2F%E8%B5%A4", {}, b""),
    ("GET", "/e.js", {}, b""),
    ("GET", "/nothing", {}, b""),
]


class Kept:
    """A stream that remembers."""

    def __init__(self) -> None:
        self.lines = b""

    def put(self, lines: bytes) -> None:
        self.lines += lines


def gateway_event(method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """As an HTTP API calls a function (payload format 2.0); bodies that are no text come as base64."""
    path, _, query = target.partition("?")
    made = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {**HEADERS, **headers},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "127.0.0.1"}},
        "isBase64Encoded": False,
    }
    try:
        return {**made, "body": body.decode()} if body else made
    except UnicodeDecodeError:
        return {**made, "body": b64encode(body).decode(), "isBase64Encoded": True}


def test_the_function_and_the_laptop_write_the_same_lines() -> None:
    clock, laptop, deployed = ManualClock(NOON), Kept(), Kept()
    handler = start.web("collect", lambda: (SHOP, deployed), clock)
    with CollectorServer(lambda _url: SHOP, laptop, clock, 0) as server, httpx.Client(base_url=server.url) as client:
        for method, target, headers, body in REQUESTS:
            local = client.request(method, target, headers={**HEADERS, **headers}, content=body)
            remote = handler(gateway_event(method, target, headers, body), Context())
            assert remote["statusCode"] == local.status_code
            assert {name: local.headers[name] for name in remote["headers"]} == remote["headers"]
            assert remote.get("body", "") == b64encode(local.content).decode()
    assert laptop.lines == deployed.lines
    assert laptop.lines.count(b"\n") == 5


def test_what_the_stream_does_not_take_is_not_acknowledged() -> None:
    class Full:
        def put(self, _lines: bytes) -> None:
            raise LakeError("the stream did not take the events")

    handler = start.web("collect", lambda: (SHOP, Full()))
    with pytest.raises(LakeError):
        handler(gateway_event(*REQUESTS[0]), Context())


def test_the_function_logs_nothing_of_a_visit(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = start.web("collect", lambda: (SHOP, Kept()), ManualClock(NOON))
    for request in REQUESTS[1:]:
        handler(gateway_event(*request), Context())
    assert (caplog.text, capsys.readouterr().out) == ("", "")


def test_a_body_that_is_too_large_is_not_read() -> None:
    with CollectorServer(lambda _url: SHOP, Kept(), ManualClock(NOON), 0) as server:
        assert httpx.post(f"{server.url}/e", content=b" " * (LARGEST + 1), headers=HEADERS).status_code == 413


def test_a_port_in_use_is_named() -> None:
    with CollectorServer(lambda _url: SHOP, Kept(), ManualClock(NOON), 0) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(SettingsError, match=str(port)):
            CollectorServer(lambda _url: SHOP, Kept(), ManualClock(NOON), port)


def test_what_waits_survives_the_process(tmp_path: Path) -> None:
    raw, clock = FolderBlobs(tmp_path / "raw"), ManualClock(NOON)
    Spool(tmp_path / "spool", raw, clock).put(b"{}\n")
    key = Spool(tmp_path / "spool", raw, clock).roll()
    assert key == "drop/2026/11/21/03/web_collector/local-web-events-20261121T030000000000.jsonl.gz"
    assert gzip.decompress(raw.get(key)) == b"{}\n"
    assert Spool(tmp_path / "spool", raw, clock).roll() is None


@contextmanager
def serving(session: Session, *, load: bool) -> Iterator[httpx.Client]:
    """The command in a thread of its own, as a person runs it, until the end of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=collect._serve, args=(session, 0, 0.1), kwargs={"load": load, "stop": stop})
    thread.start()
    try:
        yield httpx.Client(base_url=_url(session, thread))
    finally:
        stop.set()
        thread.join(60)


def _url(session: Session, thread: threading.Thread) -> str:
    for _ in range(300):
        said = session.errors.file.getvalue()  # type: ignore[attr-defined]
        if "Ctrl-C" in said:
            return str(said.split("Try it")[1].split()[0].removesuffix("/demo"))
        assert thread.is_alive(), said
        time.sleep(0.05)
    raise TimeoutError(said)


def asking(session: Session, *words: str) -> str:
    done = CliRunner().invoke(collect.app, list(words), obj=session)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_served_tried_and_loaded(tmp_path: Path) -> None:
    said = io.StringIO()
    session = Session(Settings(home=tmp_path), errors=Console(file=said, width=200))
    with serving(session, load=False) as client:
        assert "えにし電器" in client.get("/demo/p/P0001").text
        assert client.get("/e.js").status_code == 200
        origin = {**HEADERS, "origin": str(client.base_url).rstrip("/")}
        now = int(time.time() * 1000)
        tried = batch(event(1, at=now), event(2, at=now, product_id=[]), site="demo", sent_at=now)
        assert client.post("/e", json=tried, headers=origin).status_code == 204
        client.close()
    assert "1 events, 1 refused" in said.getvalue()
    [report] = json.loads(asking(session, "load", "--format", "json"))
    assert (report["rows"], report["quarantined"]) == (2, 1)
    assert json.loads(asking(session, "load", "--format", "json")) == []


def test_a_deployed_environment_has_its_own_collector(tmp_path: Path) -> None:
    session = Session(Settings(home=tmp_path, env="prod"))
    with pytest.raises(NotSupportedError):
        collect._serve(session, 0, 1, load=False, stop=threading.Event())
