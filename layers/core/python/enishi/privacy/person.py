"""One person as the lake knows them: every id of theirs, and the clear values by which they would be recognised."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from enishi import ids
from enishi.lake.schema import Id

NAMELESS = 4
"""A name of fewer characters (a family name, a nickname) is many people's and proves nothing."""
RECOGNISABLE: tuple[Id, ...] = ("customer", "identity", "guest", "visitor", "household")
"""Kinds of ids that lead back to the person; documents (orders, messages) outlive them without a name."""


@dataclass(frozen=True)
class Person:
    """`known` holds ids by kind; nobody else has any of them. Never log one."""

    root: str
    """The surviving record's customer_id."""
    known: Mapping[Id, frozenset[str]] = field(repr=False)
    words: frozenset[str] = field(default=frozenset(), repr=False)
    """Addresses, full names and member numbers in clear."""

    def of(self, kind: Id) -> frozenset[str]:
        return self.known.get(kind, frozenset())

    @property
    def needles(self) -> frozenset[str]:
        """What must be found nowhere after an erasure."""
        return self.words.union(*(self.of(kind) for kind in RECOGNISABLE))

    def with_words(self, more: Iterable[str]) -> Person:
        return Person(self.root, self.known, self.words | frozenset(more))

    def tokens(self, key: bytes) -> frozenset[str]:
        """Tombstones: of records, identities, guests and cookies."""
        kinds: tuple[Id, ...] = ("customer", "identity", "guest", "visitor")
        return frozenset(ids.tombstone(key, kind, value) for kind in kinds for value in self.of(kind))

    def to_json(self) -> dict[str, Any]:
        known = {kind: sorted(values) for kind, values in self.known.items()}
        return {"root": self.root, "known": known, "words": sorted(self.words)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Person:
        known = {kind: frozenset(values) for kind, values in data["known"].items()}
        return cls(data["root"], known, frozenset(data["words"]))


def without_ids(document: str, gone: frozenset[str]) -> str:
    """A JSON text that lists people, without the ids `gone`: list elements go, single values become null."""
    return json.dumps(_without(json.loads(document), gone), ensure_ascii=False)


def _without(value: Any, gone: frozenset[str]) -> Any:
    match value:
        case list():
            return [_without(item, gone) for item in value if not (isinstance(item, str) and item in gone)]
        case dict():
            return {key: _without(item, gone) for key, item in value.items() if key not in gone}
        case str():
            return None if value in gone else value
        case _:
            return value


def names_of(contacts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Full names among contacts: long enough to mean one person."""
    for row in contacts:
        name = row["display_name"]
        if name and len(name) >= NAMELESS:
            yield name
