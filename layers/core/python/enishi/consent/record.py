"""The permission record of one customer and channel: order-free, so that late news never undoes newer news."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from enishi.ports import PermissionChange

FINAL_REASONS = frozenset({"bounce", "complaint"})
"""No later opt-in lifts these: the address does not work, or its owner called the mail spam."""


@dataclass(frozen=True)
class PermissionRecord:
    final_reason: str | None = None
    final_at: datetime | None = None
    refused_reason: str | None = None
    refused_at: datetime | None = None
    allowed_at: datetime | None = None

    def refused(self, reason: str, at: datetime) -> PermissionRecord:
        """With a refusal. The first final one stays; of the others the latest counts."""
        if reason in FINAL_REASONS:
            earlier = self.final_at is not None and self.final_at <= at
            return self if earlier else replace(self, final_reason=reason, final_at=at)
        later = self.refused_at is not None and self.refused_at >= at
        return self if later else replace(self, refused_reason=reason, refused_at=at)

    def allowed(self, at: datetime) -> PermissionRecord:
        """With an opt-in; the latest counts."""
        later = self.allowed_at is not None and self.allowed_at >= at
        return self if later else replace(self, allowed_at=at)

    def changed(self, change: PermissionChange) -> PermissionRecord:
        return self.allowed(change.at) if change.reason is None else self.refused(change.reason, change.at)

    @property
    def refusal(self) -> str | None:
        """Why nothing may be sent; None when nothing is known against it. At equal instants the refusal wins."""
        if self.final_reason is not None:
            return self.final_reason
        if self.refused_at is None or (self.allowed_at is not None and self.allowed_at > self.refused_at):
            return None
        return self.refused_reason
