"""The sample retailer's world, day by day: providers' events, and the raw files of people who went on living."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlglot import exp

from enishi.lake import sql
from enishi.local.demo.days import EVENTS
from enishi.ports import Services
from enishi.sample import World
from enishi.sample.files import RawFile
from enishi.sample.responses import COLUMNS

ASKED_LATER = frozenset({"receipts", "ec_orders", "points", "coupon_redemptions"})
"""What exits, goals and results ask about; nothing starts after the business day, so nobody asks who browsed."""


@dataclass(frozen=True)
class SampleWorld:
    """The people behind the generated files; the arguments are those of `generate`."""

    seed: int
    members: int
    day: date

    def end(self, services: Services, day: date) -> Iterator[str]:
        """Raw files first: they load while providers' events are still being written."""
        messages = services.warehouse.query(exp.select(*COLUMNS).from_(sql.table_ref("messages")))
        for file in self._world.live(day, messages, services.settings.home / "raw" / "drop"):
            if file.rows and (day == self.day or file.source in ASKED_LATER):
                yield raw_key(file)
        for provider, lines in sorted(self._world.react(messages, day).items()):
            key = f"{EVENTS}{provider}/{day}.jsonl"
            services.raw.put(key, "".join(f"{line}\n" for line in lines).encode())
            yield key

    @cached_property
    def _world(self) -> World:
        return World(self.seed, self.members, self.day)


def raw_key(file: RawFile) -> str:
    """Where a generated file stands in the raw store."""
    return f"drop/{file.source}/{file.path.name}"
