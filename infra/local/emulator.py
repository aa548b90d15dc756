"""The emulator of AWS: an environment of its own with a pinned ministack, one process on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx

from infra.local.waiting import wait_until
from infra.tools.layers import ROOT

BUILD = ROOT / "build" / "emulator"
SCRATCH = BUILD / "tmp"
"""Where the emulator and its functions keep temporary files; gone with it."""

REQUIREMENTS = Path(__file__).with_name("emulator-requirements.txt")
ACCOUNT = "123456789012"
REGION = "ap-northeast-1"


@dataclass(frozen=True)
class Emulator:
    """Where it listens."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """What makes the AWS tools speak to it. Its access key is the account's number."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def running(endpoints: Mapping[str, str]) -> Iterator[Emulator]:
    """An emulator that lives as long as the block; `endpoints` are further AWS_ENDPOINT_URL_… for its functions.

    Raises:
        RuntimeError: it does not come up within a minute; the log says why.
    """
    python = environment()
    emulator = Emulator(free_port())
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    with (BUILD / "emulator.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 fixed words
            [str(python), "-m", "infra.local.launcher"],
            cwd=ROOT,
            env={**_surroundings(), **emulator.variables, **_settings(emulator), **endpoints},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: _healthy(emulator, process), 60, "the emulator comes up")
            yield emulator
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(SCRATCH, ignore_errors=True)


def environment() -> Path:
    """The interpreter of build/emulator-venv, made when its pins changed."""
    mark = sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / "build" / f"emulator-venv-{mark}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        _uv("venv", "--clear", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--python", str(python), "-r", str(REQUIREMENTS))
        (folder / "ready").touch()
    return python


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _settings(emulator: Emulator) -> dict[str, str]:
    return {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(emulator.port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "SFN_WAIT_SCALE": "0",
        "TMPDIR": str(SCRATCH),
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _surroundings() -> dict[str, str]:
    """This process's variables without those that would leak settings or credentials into functions."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ENISHI_", "PYTHON"))}


def _healthy(emulator: Emulator, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"the emulator ended at once; see {BUILD / 'emulator.log'}")
    try:
        return httpx.get(f"{emulator.url}/_ministack/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _uv(*words: str) -> None:
    subprocess.run([str(Path(sys.executable).parent / "uv"), *words, "--quiet"], check=True, timeout=300)  # noqa: S603
