"""Opens by privacy proxies and clicks by link scanners, told apart from people's. The lists are `machines.yaml`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from enishi.data_files import data_of
from enishi.results.events import EventType, ProviderEvent


@dataclass(frozen=True)
class Agents:
    """User agents of machines, lower case."""

    exact: frozenset[str]
    parts: tuple[str, ...]

    def match(self, agent: str) -> bool:
        known = agent.lower()
        return known in self.exact or any(part in known for part in self.parts)


@dataclass(frozen=True)
class Machines:
    agents: Mapping[EventType, Agents]
    scan_time: timedelta
    scan_links: int

    def among(self, events: Sequence[ProviderEvent]) -> frozenset[str]:
        """The ids of those `events` that no person caused."""
        known = {event.event_id for event in events if self._is_known(event)}
        return frozenset(known | self._scans(events))

    def _is_known(self, event: ProviderEvent) -> bool:
        agents = self.agents.get(event.type)
        return agents is not None and event.agent is not None and agents.match(event.agent)

    def _scans(self, events: Iterable[ProviderEvent]) -> set[str]:
        early: dict[str, list[ProviderEvent]] = defaultdict(list)
        for event in events:
            if event.type is EventType.CLICK and event.sent_at and event.at - event.sent_at <= self.scan_time:
                early[event.send_id].append(event)
        scans = (found for found in early.values() if len({event.link for event in found}) >= self.scan_links)
        return {event.event_id for found in scans for event in found}


@cache
def machines() -> Machines:
    """The machines that we know of."""
    data: dict[str, Any] = data_of("enishi.results", "machines.yaml")
    agents = {EventType(kind): _agents(data[kind]) for kind in (EventType.OPEN, EventType.CLICK)}
    return Machines(agents, timedelta(seconds=data["scan_seconds"]), data["scan_links"])


def _agents(entry: Mapping[str, Sequence[str]]) -> Agents:
    return Agents(
        frozenset(agent.lower() for agent in entry["exact"]), tuple(part.lower() for part in entry["contains"])
    )
