"""The sample retailer's world, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from enishi.ports import Services


@dataclass(frozen=True)
class SampleWorld:
    seed: int
    day: date

    def end(self, services: Services, day: date) -> Sequence[str]:
        return []
