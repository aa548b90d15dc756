"""Who may touch the files of a lake folder: any number of writers, or one process that clears files away.

Writers of one table take turns. A commit would refuse the slower of two, which would then plan all of it again.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderLock:
    """A lock file that several processes share; the operating system frees it when a process dies."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Writers: data files that no snapshot names yet are safe while this is held."""
        with self._held(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody writes while this is held: a file that no snapshot names is nobody's."""
        with self._held(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _held(self, how: int) -> Iterator[None]:
        with self._path.open("a") as file:
            fcntl.flock(file, how)
            yield


def lake_lock(home: Path) -> FolderLock:
    return FolderLock(home / "lake" / ".writers")


class Turns:
    """A lock for each table, held by one process while it plans and commits."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "lake" / ".turns"

    @contextmanager
    def of(self, table: str) -> Iterator[None]:
        """Wait for the table's turn and hold it."""
        with FolderLock(self._folder / table).alone():
            yield
