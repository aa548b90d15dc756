"""Which table a file is, and which of its columns are which columns of that table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from enishi.ingest.proposal import people
from enishi.ingest.proposal.profile import WEIGHT, Confidence, Guess, Profile
from enishi.ingest.proposal.words import Words, plain
from enishi.lake import schema

FITS = {
    "date": frozenset({"date", "time"}),
    "timestamp": frozenset({"time", "date"}),
    "boolean": frozenset({"flag"}),
    "int": frozenset({"integer", "flag", "money"}),
    "bigint": frozenset({"integer", "flag", "money"}),
    "double": frozenset({"decimal", "integer", "money"}),
    "decimal": frozenset({"decimal", "integer", "money", "flag"}),
}
"""Type of the lake → kinds of source columns that can become it; text takes everything."""
NORMALISED = {"postal_code": "postal", "prefecture": "prefecture"}
PREFIXES = {"customer_id": "C"}
"""Ids that become stable ids of the system, so that another file of it means the same."""
_KEY = 2.0
_HINT = 1.0
_NEAR = 2.0


@dataclass(frozen=True)
class Place:
    """The table a file is taken for, the columns that have a place in it, and why that table."""

    table: str
    guesses: tuple[Guess, ...]
    reason: str
    confidence: Confidence

    def source_of(self, column: str) -> str | None:
        """The source column of a target column, when it is one column."""
        found = [guess.sources for guess in self.guesses if guess.column == column]
        return found[0][0] if found and len(found[0]) == 1 else None


def guesses_in(table: str, profiles: Sequence[Profile], words: Words) -> tuple[Guess, ...]:
    """The columns that have a place in a table."""
    return tuple(_guesses(table, profiles, words))


def place(profiles: Sequence[Profile], file: str, words: Words, *, named: bool) -> Place:
    """The table that most columns have a place in; a file without names is judged by its values alone."""
    if not named:
        return _unnamed(profiles)
    scored = []
    for table in words.tables:
        guesses = guesses_in(table, profiles, words)
        hinted = any(word in plain(file) for word in words.files.get(table, ()))
        scored.append((_score(table, guesses, profiles, hinted=hinted), table, guesses))
    (best, table, guesses), *others = sorted(scored, key=lambda found: found[:2], reverse=True)
    second = f"; {others[0][1]} fits less" if others[0][0] > 0 else ""
    confidence = Confidence.UNSURE if best < _NEAR or best - others[0][0] < _HINT / 2 else Confidence.LIKELY
    names = ", ".join(guess.column for guess in guesses) or "nothing"
    guesses = tuple(_doubted(guess, table, profiles) for guess in guesses)
    return Place(
        table, guesses, f"has a place for {len(guesses)} of {len(profiles)} columns ({names}){second}", confidence
    )


def _doubted(guess: Guess, table: str, profiles: Sequence[Profile]) -> Guess:
    """A whole key that comes again is no key."""
    if schema.table(table).key != (guess.column,):
        return guess
    found = [profile for profile in profiles if profile.name in guess.sources and not profile.unique]
    if not found:
        return guess
    doubt = f"it comes again: {found[0].distinct:,} different in {found[0].rows:,} rows, and rows with one key are one"
    return Guess(guess.column, guess.spec, f"{guess.reason}; {doubt}", Confidence.UNSURE)


def _score(table: str, guesses: Sequence[Guess], profiles: Sequence[Profile], *, hinted: bool) -> float:
    """Weights of the columns with a place, of the key that they cover and of the file's name; a key that is not one
    speaks against."""
    key = schema.table(table).key
    by_column = {guess.column: guess for guess in guesses}
    covered = len(set(by_column) & set(key)) / len(key)
    score = sum(WEIGHT[guess.confidence] for guess in guesses) + _KEY * covered + (_HINT if hinted else 0)
    if len(key) == 1 and key[0] in by_column:
        unique = {profile.name: profile.unique for profile in profiles}
        score += _KEY / 2 if all(unique[name] for name in by_column[key[0]].sources) else -_KEY
    return score


def _guesses(table: str, profiles: Sequence[Profile], words: Words) -> Iterator[Guess]:
    """Target columns in the vocabulary's order, each with the column that fits it best."""
    taken: set[str] = set()
    filled: set[str] = set()
    for column, called in words.tables[table].items():
        named = [profile for profile in profiles if plain(profile.name) in called and profile.name not in taken]
        found = [guess for profile in named if (guess := _guess(table, column, profile, words))]
        if found:
            best = max(found, key=lambda guess: WEIGHT[guess.confidence])
            taken.update(best.sources)
            filled.add(column)
            yield best
    if table == "customers" and "prefecture" not in filled:
        yield from _prefecture(profiles, taken)


def _prefecture(profiles: Sequence[Profile], taken: set[str]) -> Iterator[Guess]:
    """The prefecture out of the address, where no column of its own says it."""
    addresses = [profile for profile in profiles if people.begins_with_prefecture(profile.values)]
    if addresses and addresses[0].name not in taken:
        spec = {"from": addresses[0].name, "normalise": "prefecture"}
        yield Guess("prefecture", spec, "addresses begin with a prefecture", Confidence.LIKELY)


def _guess(table: str, column: str, profile: Profile, words: Words) -> Guess | None:
    """The column as the mapping would say it; None when its values cannot be of the target's type."""
    kind = schema.table(table).column(column).kind.name
    fits = FITS.get(kind)
    if profile.kind.name in ("list", "empty") or (fits is not None and profile.kind.name not in fits):
        return None
    spec = spec_of(column, kind, profile)
    reason = f"the name says {table}.{column}; {profile.kind.says}"
    if column in words.values:
        return _coded(column, spec, profile, words, reason)
    if column == "prefecture" and profile.kind.name not in ("code", "text", "integer"):
        return None
    doubt = profile.kind.doubt
    return Guess(column, spec, f"{reason}{'; ' * bool(doubt)}{doubt}", Confidence.UNSURE if doubt else Confidence.SURE)


def spec_of(column: str, kind: str, profile: Profile) -> dict[str, Any]:
    """`from` and the steps that the values ask for: null spellings, signs to strip, date patterns."""
    spec: dict[str, Any] = {"from": profile.name}
    if profile.kind.strip:
        spec["strip"] = profile.kind.strip
    if profile.kind.nulls:
        spec["empty"] = list(profile.kind.nulls)
    if column in NORMALISED and _as_in_japan(column, profile):
        spec["normalise"] = NORMALISED[column]
    if column in PREFIXES:
        spec["id"] = PREFIXES[column]
    if kind in ("date", "timestamp") and profile.kind.formats not in ((), ("iso",)):
        formats = list(profile.kind.formats)
        spec["format"] = formats[0] if len(formats) == 1 else formats
    if kind == "date" and profile.kind.name == "time":
        spec["business_day"] = True
    return spec


def _as_in_japan(column: str, profile: Profile) -> bool:
    """Whether the values are what the normaliser reads: it empties what is no Japanese postal code."""
    return column != "postal_code" or people.mostly(profile.values, r"^\d{3}[-‐−ー－]?\d{4}$")


def _coded(column: str, spec: dict[str, Any], profile: Profile, words: Words, reason: str) -> Guess | None:
    """A column of few codes: words are known; of codes alone the meaning differs from retailer to retailer."""
    found, known = profile.words, words.values[column]
    unknown = [word for word in found if word.lower() not in known]
    if not found or len(unknown) == len(found):
        return None
    spec = spec | {"map": {word: known[word.lower()] for word in found if word.lower() in known}}
    if unknown:
        spec["map"] |= {"*": None}
    codes = all(word.isdigit() for word in found)
    shown = ", ".join(found)
    doubt = "codes mean different things elsewhere: check them" if codes else ""
    doubt = doubt or (f"no word is known for {', '.join(unknown)}" if unknown else "")
    text = f"{reason}; values {shown}{'; ' * bool(doubt)}{doubt}"
    return Guess(column, spec, text, Confidence.UNSURE if doubt else Confidence.SURE)


def _repeats(found: Profile) -> bool:
    return found.kind.name == "code" and not found.unique


def _is(*names: str) -> Callable[[Profile], bool]:
    return lambda found: found.kind.name in names


UNNAMED: tuple[tuple[str, Callable[[Profile], bool]], ...] = (
    ("customer_id", _repeats),
    ("ordered_at", _is("time")),
    ("order_date", _is("date")),
    ("net_amount", _is("decimal", "money")),
)
"""Column of an order → what a column without a name must look like to be it."""


def _unnamed(profiles: Sequence[Profile]) -> Place:
    """Without names: a day, an amount and an id that comes again read like purchases; all of it wants a look."""
    guesses: dict[str, Guess] = {}
    for profile in profiles:
        for column, holds in UNNAMED:
            if column not in guesses and holds(profile):
                kind = schema.table("orders").column(column).kind.name
                spec = spec_of(column, kind, profile)
                guesses[column] = Guess(column, spec, f"no name; {profile.kind.says}", Confidence.UNSURE)
                break
    reason = "has no names: a day, an amount and an id that comes again read like purchases"
    return Place("orders", tuple(guesses.values()), reason, Confidence.UNSURE)
