"""Things that happen one after another on a virtual clock."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import datetime
from itertools import count
from typing import Any

from enishi.clock import ManualClock

Action = Callable[[], object]


class Timeline:
    """A heap of due actions. Time jumps to the next one; of two at one instant, the one planned first goes first.

    Time stands still while work is awaited that other processes do.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self._due: list[tuple[datetime, int, Action]] = []
        self._awaited: deque[tuple[Future[Any], Action]] = deque()
        self._number = count()

    def at(self, instant: datetime, action: Action) -> None:
        """Plan `action` for `instant` (aware); what is past happens now."""
        heapq.heappush(self._due, (max(instant, self.clock.now()), next(self._number), action))

    def soon(self, action: Action) -> None:
        """Plan `action` for now, after what is already planned for now."""
        self.at(self.clock.now(), action)

    def when_done(self, work: Future[Any], action: Action) -> None:
        """Let `action` happen now, once `work` is done and what was awaited before it has happened."""
        self._awaited.append((work, action))

    def run(self, until: datetime | None = None) -> None:
        """Let everything happen that is due until `until` (everything at all by default), in order."""
        while self._awaited or self._is_due(until):
            if self._awaited and not self._is_due(self.clock.now()):
                self._await()
            else:
                self._next()
        if until is not None:
            self.clock.move_to(until)

    @property
    def idle(self) -> bool:
        """Whether nothing is planned and nothing is awaited."""
        return not self._due and not self._awaited

    def _is_due(self, until: datetime | None) -> bool:
        return bool(self._due) and (until is None or self._due[0][0] <= until)

    def _next(self) -> None:
        instant, _, action = heapq.heappop(self._due)
        self.clock.move_to(instant)
        action()

    def _await(self) -> None:
        work, action = self._awaited.popleft()
        wait([work])
        action()
