"""What an execution went through, in a form that two interpreters can be compared by.

States run side by side in an order that no two interpreters share, and a history of AWS does not say which branch an
entry belongs to. State names are unique in our definitions, so a trace is compared block by block (the top, each
branch, each item processor): the states entered, in the order of first entry, with how often. Children of a distributed
map are executions of their own and have no place in the parent's history, so they are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enishi.scenario.asl import blocks


@dataclass(frozen=True)
class Entered:
    """A state was entered: `path` names the branches and items on the way, `s2 arms[0]`."""

    state: str
    path: tuple[str, ...] = ()
    at: datetime | None = None


Normalised = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
"""(block, ((state, entries), …)) in the definition's order of blocks; blocks that nobody entered are left out."""


@dataclass(frozen=True)
class Trace:
    """The entries of one execution of `definition`, in order."""

    definition: Mapping[str, Any]
    entered: tuple[Entered, ...]

    def normalised(self) -> Normalised:
        """The comparable form."""
        counted = Counter(entry.state for entry in self.entered)
        found = []
        for block in blocks(self.definition):
            inside = tuple((name, count) for name, count in counted.items() if name in block.states)
            if inside and not _within_distributed(self.definition, block.start):
                found.append((block.label, inside))
        return tuple(found)


def trace_from_history(definition: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> Trace:
    """The trace in an execution history as GetExecutionHistory gives it (`…StateEntered` events with details)."""
    ordered = sorted(events, key=lambda event: int(event.get("id", 0)))
    details = (event.get("stateEnteredEventDetails") for event in ordered if event["type"].endswith("StateEntered"))
    return Trace(definition, tuple(Entered(detail["name"]) for detail in details if detail))


def _within_distributed(definition: Mapping[str, Any], start: str) -> bool:
    return any(start in block.states for block in _distributed_blocks(definition))


def _distributed_blocks(definition: Mapping[str, Any]) -> Iterable[Any]:
    for block in blocks(definition):
        for state in block.states.values():
            processor = state.get("ItemProcessor", {})
            if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
                yield from blocks(processor)
