"""Waiting for something that another process does, never without an end."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE = 0.5


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask again and again until `holds`.

    Raises:
        TimeoutError: it did not hold within `seconds`; says `what` was awaited.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(PAUSE)
