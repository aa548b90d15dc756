"""Processes that perform tasks side by side over one workspace: a laptop's functions.

In AWS a distributed map calls one function a chunk, many at a time. Here the same tasks go to a few processes, each
with services of its own over the same tables, ledger and outbox, which are made for several processes.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from multiprocessing import parent_process
from typing import Any

from enishi.clock import ManualClock
from enishi.flow.tasks import perform
from enishi.local import forks
from enishi.local.notices import LocalNotices
from enishi.local.services import local_services
from enishi.ports import Notices, Services
from enishi.settings import Settings

SELDOM = (100_000, 20, 20)
"""How seldom a process of much work looks for garbage: trees of SQL come and go by the million."""
Answer = dict[str, Any]
Loaded = tuple[str, datetime]
"""A table that changed, and when."""
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Order:
    """One task: where, what, and the instant of the virtual clock at which it happens."""

    settings: bytes
    """Pickled: the same bytes are the same workspace."""
    task: str
    payload: Mapping[str, Any]
    at: datetime


def _unseen(_done: int) -> None:
    """Nobody watches."""


class Workers:
    """`size` processes over the workspace of `settings`; they start, and import what they need, at once.

    What a task raises is raised by its future. What a task gives notice of, nobody hears, but for loads.
    """

    def __init__(self, settings: Settings, size: int) -> None:
        self._settings = pickle.dumps(settings)
        self._pool = ProcessPoolExecutor(size, mp_context=forks.context(), initializer=_begin)
        for _ in range(size):
            self._pool.submit(_stand_by)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def perform(self, task: str, payload: Mapping[str, Any], at: datetime) -> Future[Answer]:
        """Begin `task` at the instant `at` (aware)."""
        return self._pool.submit(_carry_out, _Order(self._settings, task, payload, at))

    def loads(self, at: datetime) -> Loads:
        """Raw files to load side by side at the instant `at`."""
        return Loads(lambda key: self._pool.submit(_load, _Order(self._settings, "ingest", {"key": key}, at)))


class Loads:
    """Raw files that are being loaded."""

    def __init__(self, submit: Callable[[str], Future[list[Loaded]]]) -> None:
        self._submit = submit
        self._loads: list[Future[list[Loaded]]] = []

    @property
    def begun(self) -> int:
        """How many files."""
        return len(self._loads)

    def begin(self, key: str) -> None:
        """Load this file as soon as a process is free."""
        self._loads.append(self._submit(key))

    def finish(self, notices: Notices, watch: Callable[[int], None] = _unseen) -> None:
        """Wait for all; `watch` hears how many are done, `notices` at the end which tables changed, file by file in
        the order in which they began."""
        for done, load in enumerate(as_completed(self._loads), start=1):
            load.result()
            watch(done)
        for load in self._loads:
            for table, instant in load.result():
                notices.table_loaded(table, instant)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    """A worker leaves an interruption to the process that started it, and does not outlive that process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    gc.set_threshold(*SELDOM)
    atexit.register(_workspace.cache_clear)


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stand_by() -> None:
    """What makes a worker start before there is work."""


def _carry_out(order: _Order) -> Answer:
    return perform(_services(order), order.task, order.payload)


def _load(order: _Order) -> list[Loaded]:
    notices = LocalNotices()
    perform(replace(_services(order), notices=notices), order.task, order.payload)
    return notices.loaded


def _services(order: _Order) -> Services:
    services, clock = _workspace(order.settings)
    clock.move_to(order.at)
    return services


@cache
def _workspace(pickled: bytes) -> tuple[Services, ManualClock]:
    """Services of this process, opened once, and their clock. Its queries have one core: the others have theirs."""
    settings: Settings = pickle.loads(pickled)  # noqa: S301 - the process that started this one wrote it
    clock = ManualClock(_BEFORE_ALL)
    return local_services(settings, clock, threads=1), clock
