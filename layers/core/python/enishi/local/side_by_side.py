"""A machine's tasks, as many at a time as there are processes, with the same figures as one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any

from enishi.flow.tasks import perform
from enishi.local.workers import Answer, Workers
from enishi.ports import Services

FAMILIES: Mapping[str, str] = {
    "select": "asking",
    "branch": "asking",
    "split": "asking",
    "lanes": "asking",
    "prepare": "asking",
    "cut": "asking",
    "send": "asking",
    "close_step": "closing",
    "close_run": "closing",
}
"""Tasks of one family may be under way together: what one writes, none of the others reads.

Those that ask read tables and write files of their own, rows of their own run, and claims of their own customers; those
that close write the rows of their own step.
"""


class SideBySide:
    """Gives tasks of a family to `workers`; a task of another family, or of none, waits until those are done."""

    def __init__(self, services: Services, workers: Workers) -> None:
        self._services = services
        self._workers = workers
        self._family: str | None = None
        self._under_way: list[Future[Answer]] = []
        self._first: list[Callable[[], object]] = []

    def first(self, settle: Callable[[], object]) -> None:
        """Let `settle` happen before every task: it waits for work outside of the machine that tasks may ask about."""
        self._first.append(settle)

    def __call__(self, task: str, payload: dict[str, Any]) -> Answer | Future[Answer]:
        for settle in self._first:
            settle()
        family = FAMILIES.get(task)
        if family != self._family:
            self._finish()
            self._family = family
        if family is None:
            return perform(self._services, task, payload)
        work = self._workers.perform(task, payload, self._services.clock.now())
        self._under_way.append(work)
        return work

    def _finish(self) -> None:
        wait(self._under_way)
        self._under_way.clear()
