"""Write the sample retailer's raw files: masters once, then part by part: memory does not grow with the members."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from enishi.errors import SettingsError
from enishi.sample import (
    around,
    carts,
    catalogue,
    contracts,
    files,
    masters,
    members,
    nearby,
    people,
    points,
    purchases,
    receipts,
    relationship,
    slots,
    web,
)
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import Drop, RawFile, unheard
from enishi.sample.relationship import Part

Progress = Callable[[int, int], None]
"""Called with (people written, people in all)."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Manifest:
    """What was written, for which arguments."""

    seed: int
    members: int
    business_date: date
    files: tuple[RawFile, ...]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    def of(self, source: str) -> list[RawFile]:
        """The files of one source."""
        return [file for file in self.files if file.source == source]


def generate(
    out: Path,
    seed: int,
    members: int,
    business_date: date,
    progress: Progress | None = None,
    wrote: Callable[[RawFile], None] = unheard,
) -> Manifest:
    """Write every raw file of the sample retailer under `out` (see layout.md); the same arguments give the same bytes.

    `wrote` is called with each file as soon as it is there.

    Raises:
        SettingsError: fewer than one member.
    """
    if members < 1:
        raise SettingsError("a sample needs members", where="--members", remedy="Give a number of at least 1.")
    today = (business_date - _EPOCH).days
    goods = _goods(seed, today)
    drop = Drop(out, business_date, wrote=lambda file: wrote(file) if _is_dropped(file) else None)
    catalogue.write(goods, seed, today, drop)
    masters.write(goods, seed, today, drop)
    around.write(goods, seed, today, drop)
    for part, size in parts_of(members):
        _write_part(*build_part(seed, part, size, today), part, drop.at(f"_p{part:04d}"))
        if progress:
            progress(part * people.PART + size, members)
    _write_world(out, seed, members, business_date)
    return Manifest(seed, members, business_date, tuple(filter(_is_dropped, drop.written)))


def _is_dropped(file: RawFile) -> bool:
    """Who is who is written beside the files of the sources."""
    return file.source != "truth"


@lru_cache(maxsize=1)
def _goods(seed: int, today: int) -> Catalogue:
    return catalogue.build(seed, today)


@lru_cache(maxsize=1)
def build_part(seed: int, part: int, size: int, today: int) -> tuple[Part, points.Settled]:
    """People `part * PART` and on, with two years of purchases and their points; nothing is written.

    The last one is kept: the world of a sample that has just been written asks for it again.
    """
    goods = _goods(seed, today)
    crowd = people.part_of(seed, part, size, today)
    trips, lines = purchases.history(crowd, goods, seed, part, today)
    papers = receipts.documents(trips, crowd, seed, part, part, today)
    settled = points.settle(trips, papers, seed, part, today, f"{part:03d}")
    return Part(crowd, trips, lines, papers, goods, seed, part, today, f"{part:03d}"), settled


def parts_of(members: int) -> Iterator[tuple[int, int]]:
    """(number, size) of every part."""
    for part in range((members + people.PART - 1) // people.PART):
        yield part, min(people.PART, members - part * people.PART)


def _write_part(whole: Part, settled: points.Settled, number: int, drop: Drop) -> None:
    """The log of visits comes early: it is the largest, and who loads files as they come is not left with it alone."""
    rank = relationship.ranks(whole)
    crowd, seed = whole.crowd, whole.seed
    members.write(crowd, members.contacts(crowd, seed, number), rank, seed, number, drop)
    _write_web(whole, drop)
    receipts.write(
        whole.trips, whole.lines, whole.papers, settled.used, whole.catalogue, seed, number, whole.today, drop
    )
    points.write(settled.ledger, drop)
    relationship.write(whole, rank, drop)
    contracts.write(whole, drop)
    around.write_people(crowd, whole.catalogue, seed, number, whole.today, drop)


def _write_web(part: Part, drop: Drop) -> None:
    since = part.today - web.WEB_DAYS
    looked = web.browsing(part.crowd, part.catalogue, part.seed, part.part, (since, part.today))
    bought = web.ordering(part.crowd, part.trips, part.lines, part.papers, since, part.seed, part.part)
    days = Log(since, part.today - slots.SLOT_DAYS, part.today - nearby.NEARBY_DAYS, part.today)
    write_log(part, looked, bought, days, drop)
    place = order_places(part)
    baskets = [
        *carts.left(looked, part.catalogue, part.seed, part.part, part.tag + "1", part.today),
        *carts.left(todays_sessions(part), part.catalogue, part.seed, part.part, part.tag + "2", part.today),
        *carts.ordered(bought, part.lines, place, part.tag),
    ]
    carts.write(baskets, part.catalogue, drop)


@dataclass(frozen=True)
class Log:
    """Since when the log tells of visits, of slots and of entries near stores, and the day before which it ends."""

    visits: int
    slots: int
    nearby: int
    end: int


def write_log(part: Part, looked: web.Sessions, bought: web.Sessions, days: Log, drop: Drop) -> None:
    """The site's and the app's log: of those who look and who order, of strangers in passing, of slots and stores."""
    rng = part.rng("passing")
    left = web.passing(rng, part.crowd, part.catalogue, (days.visits, days.end))
    shown = [
        slots.events(part.rng(f"slots of those who {word}"), sessions, part.catalogue, days.slots)
        for word, sessions in (("look", looked), ("order", bought))
    ]
    more = [web.events(rng, left, part.catalogue), *shown, nearby.events(part, (days.nearby, days.end))]
    web.write_events([looked, bought], part.catalogue, part.seed, part.part, part.tag, drop, more=more)


def order_places(part: Part) -> dict[str, int]:
    """Trip by order number, of the online ones."""
    online = np.flatnonzero(part.papers.session.is_valid())
    numbers = part.papers.number.take(files.places(online)).to_pylist()
    return {str(number): int(trip) for number, trip in zip(numbers, online, strict=True)}


def todays_sessions(part: Part) -> web.Sessions:
    """The sessions of known people on the business date that end in a cart."""
    day = (part.today, part.today + 1)
    return web.only_carts(web.browsing(part.crowd, part.catalogue, part.seed, f"{part.part} today", day))


def _write_world(out: Path, seed: int, members: int, business_date: date) -> None:
    facts = {"seed": seed, "members": members, "business_date": business_date.isoformat()}
    (out / "truth" / "world.json").write_text(json.dumps(facts), encoding="utf-8")
