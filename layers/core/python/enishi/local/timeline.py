"""Things that happen one after another on a virtual clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from enishi.clock import ManualClock

Action = Callable[[], object]


class Timeline:
    """A heap of due actions. Time jumps to the next one; of two at one instant, the one planned first goes first."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self._due: list[tuple[datetime, int, Action]] = []
        self._number = count()

    def at(self, instant: datetime, action: Action) -> None:
        """Plan `action` for `instant` (aware); what is past happens now."""
        heapq.heappush(self._due, (max(instant, self.clock.now()), next(self._number), action))

    def soon(self, action: Action) -> None:
        """Plan `action` for now, after what is already planned for now."""
        self.at(self.clock.now(), action)

    def run(self, until: datetime | None = None) -> None:
        """Let everything happen that is due until `until` (everything at all by default), in order."""
        while self._due and (until is None or self._due[0][0] <= until):
            instant, _, action = heapq.heappop(self._due)
            self.clock.move_to(instant)
            action()
        if until is not None:
            self.clock.move_to(until)

    @property
    def idle(self) -> bool:
        """Whether nothing is planned."""
        return not self._due
