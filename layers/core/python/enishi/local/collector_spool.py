"""Lines on their way to raw files: safe on disk before the answer goes out, rolled into gzip files like a stream's."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from enishi.clock import Clock
from enishi.ports import Blobs

FOLDER = "drop/{at:%Y/%m/%d/%H}/web_collector"
"""Where the deployed stream puts its files, too (`infra/constructs/collector.py`)."""


class Spool:
    """An `enishi.ports.EventStream` of one process. What an earlier process left behind is rolled on start."""

    def __init__(self, folder: Path, raw: Blobs, clock: Clock, *, rolled: Callable[[str], None] = lambda _key: None):
        self._open = folder / "open.jsonl"
        self._raw = raw
        self._clock = clock
        self._rolled = rolled
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, lines: bytes) -> None:
        """Append whole lines; on disk when this returns."""
        with self._lock, self._open.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def roll(self) -> str | None:
        """Make a raw file of what waits; its key, or None when nothing does.

        A crash between the file and the removal gives the same lines twice, which their event ids make one.
        """
        with self._lock:
            data = self._open.read_bytes() if self._open.exists() else b""
            if not data:
                return None
            key = _key(self._clock.now())
            self._raw.put(key, gzip.compress(data, mtime=0))
            self._open.unlink()
        self._rolled(key)
        return key


def _key(at: datetime) -> str:
    return f"{FOLDER.format(at=at)}/local-web-events-{at:%Y%m%dT%H%M%S%f}.jsonl.gz"
