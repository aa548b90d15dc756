"""The demo's sample retailer: generated raw files, and a simulated world that reacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property

from enishi.local.demo.datasets import Advance, Arrived, World
from enishi.local.demo.sample_world import SampleWorld, raw_key
from enishi.ports import Services
from enishi.sample import generate

DAY = date(2026, 11, 21)
SCENARIOS = (
    "cart_abandonment",
    "f2_conversion",
    "favourite_price_down",
    "points_expiry",
    "research_steps",
    "season",
    "vip_coupon",
)
PRICES_ARRIVE = time(10, 5)


@dataclass(frozen=True)
class SampleRetailer:
    """An electronics chain of `members` people; the same seed, members and day give the same files."""

    members: int = 20_000
    seed: int = 1
    day: date = DAY
    tenant: str = "enishi_denki"
    retailer: str = "えにし電器(サンプル)"
    notes: tuple[str, ...] = ("Everybody and everything in it is generated.",)
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    days_after: int = 32
    scenarios: tuple[str, ...] = SCENARIOS
    later: Mapping[str, time] = field(default_factory=lambda: {"prices": PRICES_ARRIVE})

    @cached_property
    def world(self) -> World:
        return SampleWorld(self.seed, self.members, self.day)

    def write(self, services: Services, advance: Advance, arrived: Arrived) -> None:
        facts = {"seed": self.seed, "members": self.members, "day": self.day.isoformat()}
        marker = f"demo/files-{self.seed}-{self.members}-{self.day}.json"
        if services.work.list(marker):
            advance(self.members, self.members)
            for key in json.loads(services.work.get(marker))["keys"]:
                arrived(key)
            return
        advance(0, self.members)
        folder = services.settings.home / "raw" / "drop"
        manifest = generate(folder, self.seed, self.members, self.day, advance, lambda file: arrived(raw_key(file)))
        keys = [raw_key(file) for file in manifest.files]
        services.work.put(marker, json.dumps({**facts, "keys": keys}).encode())
