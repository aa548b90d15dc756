"""A real Trino on this machine: fetched by its Maven coordinates, started on loopback, stopped when done."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".trino"
VERSION = "476"
HOME = FOLDER / f"trino-server-core-{VERSION}"
_PLACES = "geospatial"
JAVA = 24
"""The oldest Java that this version runs on."""
HEAP = "2500m"
CATALOG = "awsdatacatalog"
"""As Athena calls it: the statements that run here are the ones that would run there."""
PATIENCE = 600
"""Seconds that a start may take, on a machine that has other work."""


class Unavailable(Exception):  # noqa: N818 says why and what to do, is no defect
    """The server cannot be had on this machine."""


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def memory(self) -> float:
        """The most memory that the process has held, in GB."""
        status = Path(f"/proc/{self.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) / 1e6 if found else float("nan")


def install() -> None:
    """Fetch and unpack the server into `.trino/`, unless it is there."""
    if (HOME / "plugin" / _PLACES).is_dir():
        return
    if not shutil.which("mvn"):
        raise Unavailable("Maven fetches the server. Install Maven 3.8 or newer.")
    done = subprocess.run(["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), "initialize"], check=False)
    if done.returncode:
        raise Unavailable(f"Maven could not fetch io.trino:trino-server-core:{VERSION} and io.trino:trino-iceberg.")
    _unpack(FOLDER / "maven" / f"trino-server-core-{VERSION}.tar.gz", FOLDER)


def _unpack(archive: Path, folder: Path) -> None:
    """The core, and of its plugins the functions on places. Maven would make its hard links empty files."""
    with tarfile.open(archive) as packed:
        wanted = [member for member in packed if "/plugin/" not in member.name or f"/plugin/{_PLACES}" in member.name]
        packed.extractall(folder, wanted, filter="data")


def java_home() -> Path:
    """A Java that is new enough: JAVA_HOME, the one on the PATH, or another that is installed."""
    named = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    found = shutil.which("java")
    on_path = [Path(found).resolve().parents[1]] if found else []
    for home in (*named, *on_path, *sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)):
        if _version(home / "bin" / "java") >= JAVA:
            return home
    raise Unavailable(f"Trino {VERSION} needs Java {JAVA} or newer. Install one, or name it with JAVA_HOME.")


def _version(java: Path) -> int:
    if not java.exists():
        return 0
    said = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


@contextmanager
def running() -> Iterator[Server]:
    """The server, ready for queries; one at a time on a machine."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("Another run has its server up. Wait for it.") from None
        port = _free_port()
        _configure(port)
        process = _start()
        try:
            _wait(port, process)
            yield Server(port, process.pid)
        finally:
            _stop(process)
            shutil.rmtree(FOLDER / "data", ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _configure(port: int) -> None:
    """A coordinator that works itself, with one Iceberg catalogue whose names are kept in files."""
    shutil.rmtree(FOLDER / "data", ignore_errors=True)
    files = {
        "config.properties": f"""
            coordinator=true
            node-scheduler.include-coordinator=true
            http-server.http.port={port}
            discovery.uri=http://127.0.0.1:{port}
            query.max-memory=1GB
            query.max-memory-per-node=1GB
            query.max-history=20
            query.min-expire-age=1s
            query.client.timeout=30m
            task.client.timeout=30m
            iterative-optimizer-timeout=30m
            task.concurrency=1
            optimizer.join-reordering-strategy=NONE
            web-ui.enabled=false
            """,
        "node.properties": f"""
            node.environment=tests
            node.internal-address=127.0.0.1
            node.bind-ip=127.0.0.1
            node.data-dir={FOLDER / "data"}
            """,
        "jvm.config": f"-Xmx{HEAP}\n-XX:+UseSerialGC\n-XX:TieredStopAtLevel=1\n-XX:+ExitOnOutOfMemoryError",
        "log.properties": "io.trino=WARN\nio.airlift=WARN",
        f"catalog/{CATALOG}.properties": f"""
            connector.name=iceberg
            iceberg.catalog.type=TESTING_FILE_METASTORE
            hive.metastore.catalog.dir=local://{FOLDER / "data" / "names"}
            iceberg.register-table-procedure.enabled=true
            iceberg.table-statistics-enabled=false
            fs.native-local.enabled=true
            local.location=/
            """,
    }
    for name, text in files.items():
        path = HOME / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")


def _start() -> subprocess.Popen[bytes]:
    home = java_home()
    environment = {**os.environ, "JAVA_HOME": str(home), "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    (FOLDER / "data" / "names").mkdir(parents=True)
    with (FOLDER / "server.log").open("wb") as log:
        return subprocess.Popen(
            [str(HOME / "bin" / "launcher"), "run"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it takes queries."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"http://127.0.0.1:{port}/v1/info", timeout=5).json()["starting"] is False:
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(1)
    raise Unavailable(f"The server did not start; see {FOLDER / 'server.log'}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The process that this run started, and those that it started."""
    for sign, seconds in ((signal.SIGTERM, 30), (signal.SIGKILL, 10)):
        if process.poll() is None:
            os.killpg(process.pid, sign)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
