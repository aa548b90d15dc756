"""What a piece of work takes, measured in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one side, or one question, took."""

    what: str
    rows: int
    cpu_s: float
    wall_s: float
    rss_mb: float
    cells: str = ""
    """Digest of the answer's cells, where another side has to give the same ones."""


def taken(what: str, work: Callable[[], int]) -> Cost:
    """Do `work`, which says its rows, in this process; what was imported and opened before it is not counted."""
    start, before = time.monotonic(), _cpu()
    rows = work()
    return Cost(what, rows, _cpu() - before, time.monotonic() - start, peak_mb())


def peak_mb() -> float:
    """The most memory this process held. Linux's `ru_maxrss` keeps that of the process that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    [held] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(held) / 1024


def told_by(module: str, *arguments: str) -> Cost:
    """The cost that `module`, run in a process of its own, prints as its last line."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
