"""The end of each virtual day: what people did comes in as raw files and providers' events, and lands."""

from __future__ import annotations

from datetime import date

from enishi.flow.tasks import perform
from enishi.local.demo.datasets import World
from enishi.local.workers import Workers
from enishi.ports import Services

EVENTS = "events/"


class Days:
    """Ends each day once, however often the demo runs."""

    def __init__(self, services: Services, workers: Workers, world: World) -> None:
        self._services = services
        self._workers = workers
        self._world = world

    def end(self, day: date) -> None:
        """Bring in what happened on `day`; nothing when that day ended before."""
        marker = f"demo/days/{day}.json"
        if self._services.work.list(marker):
            return
        loads = self._workers.loads(self._services.clock.now())
        for key in self._world.end(self._services, day):
            if key.startswith(EVENTS):
                perform(self._services, "land", {"key": key})
            else:
                loads.begin(key)
        loads.finish(self._services.notices)
        self._services.work.put(marker, b"{}")
