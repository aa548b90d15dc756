"""Whose data the demo runs on: the sample retailer, or a real grocery chain's published year."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from typing import Protocol

from enishi.ports import Services

Advance = Callable[[int, int], None]
Arrived = Callable[[str], None]
"""Called with the key of a raw file that is there."""


class World(Protocol):
    """What people do on a day: reactions to messages, and life besides."""

    def end(self, services: Services, day: date) -> Iterable[str]:
        """Write the raw files of `day` and give their keys, as they arrive."""
        ...


class Dataset(Protocol):
    """One demo."""

    @property
    def tenant(self) -> str: ...

    @property
    def retailer(self) -> str:
        """The name that people read."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What of it is real, invented or simulated: sentences that stand with every result."""
        ...

    @property
    def zone(self) -> str: ...

    @property
    def currency(self) -> str: ...

    @property
    def day(self) -> date:
        """The business day that is played."""
        ...

    @property
    def days_after(self) -> int:
        """Days of waits and reactions after it."""
        ...

    @property
    def scenarios(self) -> tuple[str, ...]: ...

    @property
    def later(self) -> Mapping[str, time]:
        """Source id → when its files arrive during the business day."""
        ...

    @property
    def world(self) -> World: ...

    def write(self, services: Services, advance: Advance, arrived: Arrived) -> None:
        """Put the raw files into the raw store, unless they are there; `arrived` hears of each in the order of
        loading, as soon as it may be loaded."""
        ...
