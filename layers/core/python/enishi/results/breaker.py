"""The circuit breaker: a run whose mails bounce or are called spam stops by itself, within one chunk."""

from __future__ import annotations

from dataclasses import dataclass

from enishi.ports import Blobs


@dataclass(frozen=True)
class Health:
    """What became of a run's mails so far."""

    delivered: int
    bounced: int
    complained: int


@dataclass(frozen=True)
class Thresholds:
    """Shares of all mails that came to an end (delivered or bounced). Providers act at 5 % and 0.1 %."""

    bounce: float = 0.04
    complaint: float = 0.0008
    minimum: int = 200
    """Mails that must have come to an end before a share says anything."""


def trips(health: Health, thresholds: Thresholds) -> bool:
    """True when the run must stop."""
    ended = health.delivered + health.bounced
    if ended < thresholds.minimum:
        return False
    return health.bounced >= thresholds.bounce * ended or health.complained >= thresholds.complaint * ended


def stop_key(run_id: str) -> str:
    return f"stops/{run_id}"


def stop(work: Blobs, run_id: str) -> bool:
    """Mark `run_id` as stopped for every sender; True when it was not yet."""
    return work.put_if_absent(stop_key(run_id), b"circuit_open")


def is_stopped(work: Blobs, run_id: str) -> bool:
    return stop_key(run_id) in work.list(stop_key(run_id))
