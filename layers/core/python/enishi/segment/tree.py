"""The condition tree: all, any, not, and conditions; read from the mapping that a planner wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlglot import exp

from enishi.errors import SegmentError
from enishi.segment.condition import Ask, Condition
from enishi.segment.conditions import CONDITIONS
from enishi.segment.conditions.sequence import FOLLOWERS
from enishi.segment.problems import below, did_you_mean, explain
from enishi.segment.sql import every, some


@dataclass(frozen=True)
class Leaf:
    """One condition and its place in the tree."""

    place: str
    condition: Condition

    def sql(self, ask: Ask) -> exp.Expr:
        return self.condition.sql(ask.at(self.place))


@dataclass(frozen=True)
class All:
    items: tuple[Node, ...]

    def sql(self, ask: Ask) -> exp.Expr:
        return exp.paren(every([item.sql(ask) for item in self.items]), copy=False)


@dataclass(frozen=True)
class Any:
    items: tuple[Node, ...]

    def sql(self, ask: Ask) -> exp.Expr:
        return exp.paren(some([item.sql(ask) for item in self.items]), copy=False)


@dataclass(frozen=True)
class Nobody:
    """`not`: none of the items holds."""

    items: tuple[Node, ...]

    def sql(self, ask: Ask) -> exp.Expr:
        return every([exp.not_(item.sql(ask), copy=False) for item in self.items])


Node = Leaf | All | Any | Nobody

GROUPS: Mapping[str, Callable[[tuple[Node, ...]], Node]] = {"all": All, "any": Any, "not": Nobody}


def parse(given: object, place: str) -> Node:
    """The tree of a written condition.

    Raises:
        SegmentError: with the path in the tree, such as `all[2].purchase.of.category`.
    """
    if not isinstance(given, Mapping) or not given:
        raise SegmentError(
            "a condition is a mapping",
            where=place.removesuffix(": "),
            remedy="Write for example purchase: {in: 30 days}, or all: [...].",
        )
    names = [str(name) for name in given]
    if any(name in GROUPS for name in names):
        return _groups(given, place)
    if len(names) > 1:
        raise SegmentError(
            f"{' and '.join(names)} stand in one item",
            where=place,
            remedy="Write one condition an item, in a list under all.",
        )
    return leaf(names[0], given[names[0]], place)


def _groups(given: Mapping[str, object], place: str) -> Node:
    strangers = [str(name) for name in given if name not in GROUPS]
    if strangers:
        raise SegmentError(
            f"{strangers[0]} stands beside {' and '.join(n for n in GROUPS if n in given)}",
            where=place.removesuffix(": "),
            remedy="Put it into the list under all."
            if strangers[0] in CONDITIONS
            else did_you_mean(strangers[0], GROUPS),
        )
    parts = tuple(_group(name, given[name], below(place, name)) for name in GROUPS if name in given)
    return parts[0] if len(parts) == 1 else All(parts)


def _group(name: str, given: object, place: str) -> Node:
    if name == "not" and isinstance(given, Mapping):
        return Nobody((parse(given, place),))
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise SegmentError(
            f"{name} has no list of conditions", where=place, remedy="Write at least one condition, with a dash."
        )
    return GROUPS[name](_items(name, given, place))


def _items(name: str, given: Sequence[object], place: str) -> tuple[Node, ...]:
    """The items of a list; a follower takes the event before it as the first half of a sequence."""
    items: list[Node] = []
    pending: Mapping[str, object] | None = None
    for number, item in enumerate(given):
        here = below(place, f"[{number}]")
        follower = _follower(item)
        if follower is None:
            items.append(parse(item, here))
        elif name != "all" or pending is None or not isinstance(item, Mapping):
            raise SegmentError(
                f"{follower} has nothing before it",
                where=here,
                remedy="Put the first event before it, in the same list under all.",
            )
        else:
            items[-1] = leaf("sequence", FOLLOWERS[follower](pending, item), here)
        pending = item if isinstance(item, Mapping) and follower is None else None
    return tuple(items)


def _follower(item: object) -> str | None:
    names = list(item) if isinstance(item, Mapping) else []
    return names[0] if len(names) == 1 and names[0] in FOLLOWERS else None


def leaf(name: str, given: object, place: str) -> Leaf:
    """One condition by its name in the registry."""
    here = below(place, name)
    if name not in CONDITIONS:
        raise SegmentError(
            f"there is no condition {name}", where=here, remedy=did_you_mean(name, [*CONDITIONS, *GROUPS])
        )
    kind = CONDITIONS[name]
    try:
        return Leaf(here, kind.model_validate(given))
    except ValidationError as error:
        raise explain(error, here) from error
