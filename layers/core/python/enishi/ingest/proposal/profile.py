"""One source column as it was found: its kind, how many values, whose data it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from enishi.ingest.cells import Array, pc
from enishi.ingest.proposal import kinds, people
from enishi.ingest.proposal.kinds import Kind
from enishi.ingest.proposal.words import Words

_SHOWN = 40


class Confidence(StrEnum):
    """How far a guess goes: names and values agree; one of them says so; somebody must look."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "?"


WEIGHT = {Confidence.SURE: 1.0, Confidence.LIKELY: 0.7, Confidence.UNSURE: 0.4}


@dataclass(frozen=True)
class Guess:
    """A target column, the source columns and steps as a mapping says them, why, and how sure."""

    column: str
    spec: dict[str, Any]
    reason: str
    confidence: Confidence = Confidence.SURE

    @property
    def sources(self) -> list[str]:
        """The source columns that it reads."""
        named = [self.spec.get(key, []) for key in ("from", "line_of", "occurrence")]
        return [name for names in named for name in ([names] if isinstance(names, str) else names)]


@dataclass(frozen=True)
class Profile:
    """A source column; `personal` is the kind of personal data in it, "" for none."""

    name: str
    kind: Kind
    values: Array
    distinct: int
    rows: int
    personal: str = ""
    missing_in: tuple[str, ...] = ()
    """Files of the source that lack it."""

    @property
    def says(self) -> str:
        """Its kind in words, with how many values differ."""
        return f"{self.kind.says}; {self.distinct:,} different in {self.rows:,} rows"

    @property
    def unique(self) -> bool:
        return self.distinct == self.rows

    @property
    def words(self) -> list[str]:
        """Its few different texts; [] when there are many."""
        return kinds.distinct_words(self.values)

    @property
    def sample(self) -> str:
        """One value as it may be shown: that of a personal column without the person."""
        filled = pc.drop_null(self.values)
        text = str(filled[0].as_py())[:_SHOWN] if len(filled) else ""
        return people.masked(text) if self.personal else text


def profile(name: str, sample: Array, distinct: int, rows: int, words: Words) -> Profile:
    """What is known of a column from a sample of its values and the count of its distinct ones."""
    kind = kinds.kind_of(name, sample, words)
    return Profile(name, kind, sample, distinct, rows, people.kind_of(name, sample, words))
