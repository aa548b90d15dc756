"""The sample retailer's world, day by day: providers' events, and the raw files of people who went on living."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlglot import exp

from enishi.lake import sql
from enishi.local.demo.days import EVENTS
from enishi.ports import Services
from enishi.sample import World
from enishi.sample.responses import COLUMNS

ASKED_LATER = frozenset({"receipts", "ec_orders", "points", "coupon_redemptions"})
"""What exits, goals and results ask about; nothing starts after the business day, so nobody asks who browsed."""


@dataclass(frozen=True)
class SampleWorld:
    """The people behind the generated files; the arguments are those of `generate`."""

    seed: int
    members: int
    day: date

    def end(self, services: Services, day: date) -> Sequence[str]:
        messages = services.warehouse.query(exp.select(*COLUMNS).from_(sql.table_ref("messages")))
        events, files = self._world.end(day, messages, services.settings.home / "raw" / "drop")
        told = [f"{EVENTS}{provider}/{day}.jsonl" for provider in sorted(events)]
        for key, provider in zip(told, sorted(events), strict=True):
            services.raw.put(key, "".join(f"{line}\n" for line in events[provider]).encode())
        kept = (file for file in files if file.rows and (day == self.day or file.source in ASKED_LATER))
        return [*(f"drop/{file.source}/{file.path.name}" for file in kept), *told]

    @cached_property
    def _world(self) -> World:
        return World(self.seed, self.members, self.day)
