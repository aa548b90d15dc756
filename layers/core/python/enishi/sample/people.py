"""The people of one part: who they are, which cards and accounts they hold, and how they are given to buying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from enishi.sample import files, vocabulary
from enishi.sample.files import Strings
from enishi.sample.masters import HISTORY
from enishi.sample.randomness import Bools, Floats, Ints, chance, generator, weighted

PART = 25_000
"""People a part: what is in memory at once."""

_DAY = 86400


@dataclass(frozen=True)
class People:
    """Parallel arrays, one element a person. Days are since 1970, seconds are Tokyo's wall clock; -1 = never."""

    index: Ints
    male: Bools
    surname: Ints
    given: Ints
    birth: Ints
    store: Ints
    latitude: Floats
    longitude: Floats
    block: Ints
    household: Ints
    """Index of the first person of the household."""
    card: Bools
    account: Bools
    second: Bools
    """Holds a second card, made anew under a slightly different name."""
    joined_card: Ints
    joined_second: Ints
    joined_account: Ints
    linked: Ints
    """When the card was linked to the account by hand."""
    taste: Ints
    rate: Floats
    """Shopping trips a year."""
    online: Floats
    """Share of trips made online, of those who can."""
    start: Ints
    end: Ints
    """First and last day on which the person shops."""
    fresh: Bools
    """Buys for the first time the day before the business date."""
    withdrawn: Ints
    employee: Bools
    visitor: Strings
    line: Bools
    app: Bools

    def __len__(self) -> int:
        return len(self.index)


def part_of(seed: int, part: int, size: int, business_day: int) -> People:
    """People `part * PART` and the `size` that follow; a full part is the same in every sample of the seed."""
    rng = generator(seed, "people", part)
    index = part * PART + np.arange(size)
    together = chance(rng, 0.14, size) & (np.arange(size) > 0)
    household = index - np.where(together, 1, 0)
    first = np.where(together, np.arange(size) - 1, np.arange(size))
    male = chance(rng, 0.5, size)
    surname = weighted(rng, 1.0 / np.arange(3, 3 + len(vocabulary.surnames().written)), size)[first]
    store = weighted(rng, vocabulary.stores().weights, size)[first]
    latitude, longitude = _homes(rng, store, first)
    fresh = chance(rng, 0.008, size)
    return People(
        index=index,
        male=male,
        surname=surname,
        given=_given(rng, male),
        birth=_births(rng, size, business_day),
        store=store,
        latitude=latitude,
        longitude=longitude,
        block=rng.integers(1, 30 * 20 * 25, size)[first],
        household=household,
        **_membership(rng, fresh, business_day),
        taste=weighted(rng, [taste.share for taste in vocabulary.tastes()], size),
        rate=np.where(fresh, 0.0, rng.lognormal(0.55, 0.8, size)),
        online=rng.beta(1.6, 1.8, size),
        fresh=fresh,
        visitor=files.join("v", files.hexes(rng, size, 16)),
    )


def _membership(rng: np.random.Generator, fresh: Bools, business_day: int) -> dict[str, Any]:
    """What people hold of the retailer, since when, and until when they shop."""
    size = len(fresh)
    kind = weighted(rng, [0.50, 0.20, 0.30], size)
    card, account = kind != 1, kind != 0
    joined_card, joined_account = _joined(rng, fresh, business_day), _joined(rng, fresh, business_day)
    start = np.minimum(np.where(card, joined_card, joined_account), np.where(account, joined_account, joined_card))
    end = _ends(rng, start // _DAY, fresh, business_day)
    second = card & ~fresh & chance(rng, 0.02, size)
    gone = chance(rng, 0.02, size) & ~fresh & (end < business_day - 60)
    return {
        "card": card,
        "account": account,
        "second": second,
        "joined_card": np.where(card, joined_card, -1),
        "joined_second": np.where(second, _later(rng, joined_card, business_day), -1),
        "joined_account": np.where(account, joined_account, -1),
        "linked": _links(rng, card & account, np.maximum(joined_card, joined_account), business_day),
        "start": np.maximum(start // _DAY, business_day - HISTORY),
        "end": end,
        "withdrawn": np.where(gone, end + 20, -1),
        "employee": card & chance(rng, 0.004, size),
        "line": chance(rng, np.where(account, 0.34, 0.12), size),
        "app": account & chance(rng, 0.4, size),
    }


def card_number(index: Ints, second: Bools | None = None) -> Strings:
    """13 digits: 29, ten digits of the person and of which card, and a check digit (weights 3 and 1)."""
    body = 290_000_000_000 + index * 2 + (0 if second is None else second.astype(np.int64))
    digits = (body[:, None] // 10 ** np.arange(12)) % 10
    check = (10 - (digits * np.tile([3, 1], 6)).sum(axis=1) % 10) % 10
    return files.text(body * 10 + check)


def account_number(index: Ints) -> Strings:
    return files.join("EC", files.number(index, 9))


def postal(people: People) -> Ints:
    """Last four digits of the postal code, 0900 and above: a range that is not assigned."""
    return 900 + people.block % 97


def _homes(rng: np.random.Generator, store: Ints, first: Ints) -> tuple[Floats, Floats]:
    chain = vocabulary.stores().stores
    spread = rng.normal(0, 0.045, (2, len(store)))[:, first]
    latitude = np.array([s.latitude for s in chain])[store] + spread[0]
    return latitude.round(4), (np.array([s.longitude for s in chain])[store] + spread[1]).round(4)


def _joined(rng: np.random.Generator, fresh: Bools, business_day: int) -> Ints:
    size = len(fresh)
    ago = np.where(fresh, rng.integers(2, 6, size), 2 + (rng.random(size) ** 1.4 * 2500).astype(np.int64))
    return (business_day - ago) * _DAY + rng.integers(10 * 3600, 21 * 3600, size)


def _later(rng: np.random.Generator, after: Ints, business_day: int) -> Ints:
    last = business_day * _DAY - 8 * 3600
    return (after + (last - after) * rng.uniform(0.2, 0.95, len(after))).astype(np.int64)


def _links(rng: np.random.Generator, both: Bools, after: Ints, business_day: int) -> Ints:
    return np.where(both & chance(rng, 0.55, len(both)), _later(rng, after, business_day), -1)


def _ends(rng: np.random.Generator, start: Ints, fresh: Bools, business_day: int) -> Ints:
    """A third went quiet some day after they joined; the others still shop."""
    quiet = chance(rng, 0.30, len(start)) & ~fresh
    stop = start + ((business_day - 90 - start) * rng.random(len(start))).astype(np.int64)
    return np.where(quiet, np.maximum(stop, start), business_day - 1)


def _given(rng: np.random.Generator, male: Bools) -> Ints:
    names, women = vocabulary.given_names()
    drawn = rng.random(len(male))
    return np.where(male, drawn * women, women + drawn * (len(names.written) - women)).astype(np.int64)


def _births(rng: np.random.Generator, size: int, business_day: int) -> Ints:
    age = np.clip(rng.normal(48, 16, size), 16, 92)
    return (business_day - age * 365.25 - rng.integers(0, 365, size)).astype(np.int64)
