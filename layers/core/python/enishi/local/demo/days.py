"""The end of each virtual day: what people did comes in as raw files and providers' events, and lands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property

from enishi.flow.ingest import catalogue
from enishi.flow.tasks import perform
from enishi.ingest.sources import Sources
from enishi.local.demo.datasets import World
from enishi.local.workers import Loads, Workers
from enishi.ports import Services

EVENTS = "events/"


class Days:
    """Ends each day once, however often the demo runs.

    A day's files go on loading while the next day passes, until somebody asks: `settle` waits for them. Where somebody
    `awaits` new rows of a table, which start a scenario, its day is settled at once.
    """

    def __init__(self, services: Services, workers: Workers, world: World, awaits: Callable[[str], bool]) -> None:
        self._services = services
        self._workers = workers
        self._world = world
        self._awaits = awaits
        self._under_way: list[tuple[str, Loads]] = []

    def end(self, day: date) -> None:
        """Bring in what happened on `day`; nothing when that day ended before."""
        marker = f"demo/days/{day}.json"
        if self._services.work.list(marker):
            return
        loads, urgent = self._workers.loads(self._services.clock.now()), False
        self._under_way.append((marker, loads))
        for key in self._world.end(self._services, day):
            if key.startswith(EVENTS):
                perform(self._services, "land", {"key": key})
            else:
                loads.begin(key)
                urgent = urgent or self._is_awaited(key)
        if urgent:
            self.settle()

    def settle(self) -> None:
        """Wait until every day that ended is in the lake."""
        while self._under_way:
            marker, loads = self._under_way.pop(0)
            loads.finish(self._services.notices)
            self._services.work.put(marker, b"{}")

    def _is_awaited(self, key: str) -> bool:
        return any(self._awaits(target.table) for target in self._sources.of_key(key).tables)

    @cached_property
    def _sources(self) -> Sources:
        return catalogue(self._services)
