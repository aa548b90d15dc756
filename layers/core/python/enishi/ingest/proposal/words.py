"""How retailers call things: the vocabulary as data, asked by plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from unicodedata import normalize

from enishi.data_files import data_of


def plain(name: str) -> str:
    """A name without what does not count: width, case, blanks, dashes, brackets."""
    return re.sub(r"[\s_\-・./（）()\[\]]", "", normalize("NFKC", name)).lower()


@dataclass(frozen=True)
class Words:
    """The vocabulary; see `vocabulary.yaml` for what its parts mean."""

    said: Mapping[str, Any]

    @cached_property
    def tables(self) -> dict[str, dict[str, frozenset[str]]]:
        """Table → column → plain words by which retailers call it."""
        return {
            table: {column: frozenset(map(plain, (column, *words))) for column, words in columns.items()}
            for table, columns in self.said["tables"].items()
        }

    @cached_property
    def contacts(self) -> dict[str, frozenset[str]]:
        """Kind of personal data (mail, mobile, phone, name, reading, postal address …) → plain words."""
        return {kind: frozenset(map(plain, words)) for kind, words in self.said["contacts"].items()}

    @cached_property
    def private(self) -> tuple[str, ...]:
        """Parts of names that speak of a person."""
        return tuple(map(plain, self.said["private"]))

    @cached_property
    def files(self) -> dict[str, tuple[str, ...]]:
        """Table → parts of file names that speak of it."""
        return {table: tuple(map(plain, words)) for table, words in self.said["files"].items()}

    @cached_property
    def values(self) -> dict[str, dict[str, str]]:
        """Column → code or word (lower case) → the lake's word."""
        return {
            column: {str(word).lower(): meaning for meaning, words in meanings.items() for word in words}
            for column, meanings in self.said["values"].items()
        }

    @cached_property
    def money(self) -> tuple[str, ...]:
        return tuple(map(plain, self.said["money"]))

    @cached_property
    def nulls(self) -> frozenset[str]:
        """Spellings of no value."""
        return frozenset(self.said["nulls"])

    @cached_property
    def _known(self) -> frozenset[str]:
        columns = [words for table in self.tables.values() for words in table.values()]
        return frozenset().union(*columns, *self.contacts.values())

    def knows(self, name: str) -> bool:
        """Whether a name is of the vocabulary or speaks of a person."""
        return plain(name) in self._known or plain(name) in self.private


@cache
def words() -> Words:
    """The vocabulary of the package."""
    return Words(data_of("enishi.ingest.proposal", "vocabulary.yaml"))
