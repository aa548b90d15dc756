"""Who may be written to, as fast as a send needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from enishi.ports.delivery import Channel


@dataclass(frozen=True)
class PermissionChange:
    """A customer said no (`reason`), or yes (`reason` None), to a channel."""

    customer_id: str
    channel: Channel
    reason: str | None
    at: datetime


class Permissions(Protocol):
    """The fast record of who said no, newer than the lake: asked at the moment of sending."""

    def refusals(self, customer_ids: Sequence[str], channel: Channel) -> dict[str, str]:
        """customer_id → reason (opt_out, bounce, complaint, blocked); absent = nothing known against it."""
        ...

    def refuse(self, customer_id: str, channel: Channel, reason: str, at: datetime) -> None: ...

    def allow(self, customer_id: str, channel: Channel, at: datetime) -> None:
        """A newer opt-in. It never lifts a refusal that is younger than `at`, nor a bounce or a complaint."""
        ...

    def record(self, changes: Sequence[PermissionChange]) -> None:
        """Many `refuse` and `allow` at once, in any order."""
        ...
