"""The record that makes sending safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from enishi.ports.delivery import Channel, Receipt


class LedgerState(StrEnum):
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cap:
    """A frequency counter that a claim takes a place of: at most `limit` claims share `key`.

    What stands in the counters `counted` counts as well (records that were merged into the person); the claim takes no
    place there.
    """

    key: str
    limit: int
    counted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    send_id: str
    run_id: str
    step_id: str
    chunk: int
    customer_id: str
    channel: Channel
    expires_at: datetime
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What the ledger knows of one send."""

    send_id: str
    run_id: str
    step_id: str
    chunk: int
    customer_id: str
    channel: Channel
    state: LedgerState
    claimed_at: datetime
    expires_at: datetime
    provider_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Won:
    """The claim is ours: send."""


@dataclass(frozen=True)
class Held:
    """Somebody claimed it before; `entry` says how that stands."""

    entry: Entry


@dataclass(frozen=True)
class CapReached:
    """The customer has had enough; nothing was claimed."""

    cap: Cap


ClaimOutcome = Won | Held | CapReached


class RunState(StrEnum):
    OPENED = "opened"
    RESUMED = "resumed"
    FINISHED = "finished"
    OTHER = "other"
    """Another execution owns this run."""


class Ledger(Protocol):
    """The record that makes sending safe (claim before send; see docs/delivery.md)."""

    def open_run(self, run_id: str, execution: str, now: datetime) -> RunState:
        """Take the run for `execution`: OPENED the first time, RESUMED for the same execution, FINISHED, or OTHER."""
        ...

    def finish_run(self, run_id: str, now: datetime) -> None: ...

    def claim(self, claims: Sequence[Claim], now: datetime) -> list[ClaimOutcome]:
        """Claim before the call; each claim and its caps are one atomic step. An expired live claim becomes UNKNOWN."""
        ...

    def settle(self, send_id: str, receipt: Receipt, now: datetime) -> LedgerState:
        """Record the outcome. CLAIMED and UNKNOWN may become anything; ACCEPTED never changes.

        A refusal frees its caps.
        """
        ...

    def settle_all(self, receipts: Mapping[str, Receipt], now: datetime) -> dict[str, LedgerState]:
        """`settle` for a provider's batch: send_id → the state that stands afterwards."""
        ...

    def release(self, send_id: str) -> None:
        """Give up a claim whose refusal was retryable, caps included, so that it can be claimed again."""
        ...

    def entries(self, run_id: str, step_id: str, chunk: int) -> list[Entry]: ...

    def find(self, send_ids: Sequence[str]) -> dict[str, Entry]: ...
