"""Notices on the laptop: kept in order, and handed to whoever listens (the local machine's triggers)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Listener = Callable[[str, datetime], None]


class LocalNotices:
    """`enishi.ports.Notices` inside one process."""

    def __init__(self) -> None:
        self.loaded: list[tuple[str, datetime]] = []
        """(table, instant) of every notice so far."""
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener(table, at)` for every notice from now on."""
        self._listeners.append(listener)

    def table_loaded(self, table: str, at: datetime) -> None:
        self.loaded.append((table, at))
        for listener in self._listeners:
            listener(table, at)
