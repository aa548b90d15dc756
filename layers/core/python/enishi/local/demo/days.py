"""The end of each virtual day: what people did comes in as raw files and providers' events, and lands."""

from __future__ import annotations

from datetime import date

from enishi.flow.tasks import perform
from enishi.local.demo.datasets import World
from enishi.ports import Services

EVENTS = "events/"


class Days:
    """Ends each day once, however often the demo runs."""

    def __init__(self, services: Services, world: World) -> None:
        self._services = services
        self._world = world

    def end(self, day: date) -> None:
        """Bring in what happened on `day`; nothing when that day ended before."""
        marker = f"demo/days/{day}.json"
        if self._services.work.list(marker):
            return
        for key in self._world.end(self._services, day):
            perform(self._services, "land" if key.startswith(EVENTS) else "ingest", {"key": key})
        self._services.work.put(marker, b"{}")
