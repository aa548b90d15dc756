"""The steps of a scenario as a graph, and where ways that parted meet again.

Nodes are step ids; `EXIT` is the end of the scenario, `LEAVE` an explicit `end` step's way out. Whoever leaves early
has no say about where the others meet, so post-dominators are computed on the ways that go on to `EXIT`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from enishi.scenario.model import EndStep, Step, arms_of, walk

EXIT = "exit"
LEAVE = "leave"


@dataclass(frozen=True)
class Graph:
    """`ways`: node → the nodes that may follow it, one for each arm in order."""

    entry: str
    ways: Mapping[str, tuple[str, ...]]

    @cached_property
    def reachable(self) -> frozenset[str]:
        """Nodes that somebody can come to from the entry."""
        return _closure(self.entry, self.ways)

    @cached_property
    def _onward(self) -> Mapping[str, tuple[str, ...]]:
        """The ways of reachable nodes that go on to EXIT."""
        going = {node for node in self.reachable if node == EXIT or EXIT in _closure(node, self.ways)}
        return {node: tuple(n for n in self.ways.get(node, ()) if n in going) for node in going}

    @cached_property
    def _post_dominators(self) -> Mapping[str, frozenset[str]]:
        """node → every node that all its ways to EXIT pass, itself included (the usual fixed point)."""
        every = frozenset(self._onward)
        found = {node: frozenset({EXIT}) if node == EXIT else every for node in self._onward}
        changed = True
        while changed:
            changed = False
            for node in self._onward.keys() - {EXIT}:
                common = frozenset.intersection(*(found[way] for way in self._onward[node])) | {node}
                changed |= common != found[node]
                found[node] = common
        return found

    def meeting(self, node: str) -> str | None:
        """The nearest node that all ways from `node` pass (its immediate post-dominator); None when all ways leave."""
        after = self._post_dominators.get(node, frozenset()) - {node}
        return max(after, key=lambda other: len(self._post_dominators[other]), default=None)


def graph(steps: tuple[Step, ...]) -> Graph:
    """The graph of a scenario's steps. Ids are taken as unique (the lint checks that)."""
    return Graph(steps[0].id, {**dict(_ways(steps, EXIT)), EXIT: (), LEAVE: ()})


def _ways(steps: tuple[Step, ...], after: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    followers = [*(step.id for step in steps[1:]), after]
    for step, following in zip(steps, followers, strict=False):
        arms = arms_of(step)
        yield step.id, _out(step, arms, following)
        for arm in arms.values():
            yield from _ways(arm, following)


def _out(step: Step, arms: Mapping[str, tuple[Step, ...]], following: str) -> tuple[str, ...]:
    if isinstance(step, EndStep):
        return (LEAVE,)
    return tuple(arm[0].id if arm else following for arm in arms.values()) or (following,)


def _closure(start: str, ways: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead.extend(ways.get(node, ()))
    return frozenset(seen)


def unreachable(steps: tuple[Step, ...]) -> list[str]:
    """Ids of steps that nobody can come to, in reading order."""
    reached = graph(steps).reachable
    return [step.id for step in walk(steps) if step.id not in reached]
