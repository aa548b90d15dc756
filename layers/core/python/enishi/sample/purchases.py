"""What the people of a part bought: first trips by taste and season, companions of what they bought, and refills.

A line is one product on one trip; a trip becomes a receipt of a store or an order of the online shop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from enishi.sample import vocabulary
from enishi.sample.catalogue import Catalogue
from enishi.sample.masters import HISTORY
from enishi.sample.people import People
from enishi.sample.randomness import Bools, Floats, Ints, chance, cumulative_pick, generator, weighted

STORE, EC, APP = 0, 1, 2
_DAY = 86400
_OVERALL = np.array([1.05, 0.85, 1.1, 0.95, 0.9, 1.05, 1.2, 1.0, 0.85, 0.9, 1.05, 1.5])
"""Shopping by month, all categories together."""


@dataclass(frozen=True)
class Lines:
    """One element a line, sorted by trip; `trip` is the index into `Trips`."""

    trip: Ints
    number: Ints
    product: Ints
    quantity: Ints
    unit: Ints
    list: Ints
    coupon: Ints
    """Index of the coupon, -1 without."""
    off: Ints

    @property
    def net(self) -> Ints:
        return self.unit * self.quantity - self.off


@dataclass(frozen=True)
class Trips:
    """One element a trip, sorted by (person, time). `person` is -1 for a guest."""

    person: Ints
    time: Ints
    channel: Ints
    store: Ints
    net: Ints

    def __len__(self) -> int:
        return len(self.person)

    @property
    def day(self) -> Ints:
        return self.time // _DAY


@dataclass(frozen=True)
class Bought:
    """Loose lines before they are gathered into trips: who, on which day, what; `visit` joins lines of one trip."""

    person: Ints
    day: Ints
    product: Ints
    visit: Ints
    moment: Ints | None = None
    """Second of the day at which it has to be; None = whenever people shop."""

    def only(self, keep: Bools) -> Bought:
        return Bought(self.person[keep], self.day[keep], self.product[keep], self.visit[keep], self.moments()[keep])

    def moments(self) -> Ints:
        """`moment` by line, -1 where it is free."""
        return np.full(len(self.person), -1) if self.moment is None else self.moment


def history(people: People, catalogue: Catalogue, seed: int, part: int, business_day: int) -> tuple[Trips, Lines]:
    """Two years of trips up to the day before the business date."""
    rng = generator(seed, "purchases", part)
    first = _first_trips(rng, people, catalogue, business_day)
    fresh = _first_purchases(rng, people, catalogue, business_day)
    begun = together(
        [first, _companions(rng, first, catalogue), fresh, _guests(rng, len(people), catalogue, business_day)]
    )
    refills = _refills(rng, begun, catalogue)
    everything = together([begun, refills])
    known = np.maximum(everything.person, 0)
    until = np.where(everything.person < 0, business_day - 1, people.end[known])
    return gather(rng, everything.only(everything.day <= until), people, catalogue, business_day)


def gather(
    rng: np.random.Generator, bought: Bought, people: People, catalogue: Catalogue, today: int
) -> tuple[Trips, Lines]:
    """Give every visit a channel, a place and a time of day; put its lines in order with quantities and prices.

    `today` is the business date, from which the coupons' days count.
    """
    _, first, visit = np.unique(bought.visit, return_index=True, return_inverse=True)
    person, day = bought.person[first], bought.day[first]
    channel = _channels(rng, person, people)
    free = np.where(channel == STORE, _shop_hours(rng, len(day)), _evening_hours(rng, len(day)))
    fixed = bought.moments()[first]
    time = day * _DAY + np.where(fixed >= 0, fixed, free)
    order = np.lexsort((time, person))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    store = _places(rng, person, channel, people)
    lines = _lines(rng, place[visit], bought.day, bought.product, catalogue, today)
    net = np.bincount(lines.trip, lines.net, len(order)).astype(np.int64)
    return Trips(person[order], time[order], channel[order], store[order], net), lines


def everyday(rng: np.random.Generator, people: People, catalogue: Catalogue, day: int, chances: Floats) -> Bought:
    """What people buy on one day: each goes shopping with the probability that `chances` gives."""
    person = np.flatnonzero(chance(rng, chances * _OVERALL[_month(np.array([day]))[0]], len(people)))
    return by_taste(rng, people, catalogue, person, np.full(len(person), day))


def by_taste(rng: np.random.Generator, people: People, catalogue: Catalogue, person: Ints, day: Ints) -> Bought:
    """One product each, by the person's taste and the season; each a visit of its own."""
    shares = vocabulary.category_shares().reshape(-1, len(vocabulary.leaves()))
    leaf = cumulative_pick(rng, shares, _row(people, person, day))
    return Bought(person, day, catalogue.on_sale(catalogue.pick(rng, leaf), day), np.full(len(person), -1))


def _first_trips(rng: np.random.Generator, people: People, catalogue: Catalogue, business_day: int) -> Bought:
    years = np.maximum(people.end - people.start + 1, 0) / 365.25
    person = np.repeat(np.arange(len(people)), rng.poisson(people.rate * years * _OVERALL.max()))
    span = people.end[person] - people.start[person] + 1
    day = people.start[person] + (rng.random(len(person)) * span).astype(np.int64)
    kept = chance(rng, _OVERALL[_month(day)] / _OVERALL.max(), len(day)) & (day < business_day)
    person, day = person[kept], day[kept]
    visit = np.arange(len(person))
    main = replace(by_taste(rng, people, catalogue, person, day), visit=visit)
    extra = chance(rng, 0.3, len(person))
    small = _small_leaves()
    more = catalogue.pick(rng, small[rng.integers(0, len(small), int(extra.sum()))])
    return together([main, Bought(person[extra], day[extra], catalogue.on_sale(more, day[extra]), visit[extra])])


def _row(people: People, person: Ints, day: Ints) -> Ints:
    return people.taste[person] * 12 + _month(day)


def _month(day: Ints) -> Ints:
    """0..11."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12


def _small_leaves() -> Ints:
    cheap = [i for i, leaf in enumerate(vocabulary.leaves()) if leaf.price[1] <= 8000 and not leaf.service]
    return np.array(cheap)


def _companions(rng: np.random.Generator, bought: Bought, catalogue: Catalogue) -> Bought:
    """What goes with what was bought: in the same basket, or some days later."""
    leaf = catalogue.leaf[bought.product]
    found = []
    for relation in vocabulary.relations():
        source = np.flatnonzero(leaf == relation.source)
        drawn = rng.random(len(source))
        at_once = source[drawn < relation.with_it]
        late = source[(drawn >= relation.with_it) & (drawn < relation.with_it + relation.later)]
        lag = np.maximum(1, rng.gamma(4, relation.days / 4, len(late))).astype(np.int64)
        taker = np.concatenate([at_once, late])
        product = catalogue.pick(rng, np.full(len(taker), relation.target))
        visit = np.where(np.arange(len(taker)) < len(at_once), bought.visit[taker], -1)
        day = bought.day[taker] + np.concatenate([np.zeros(len(at_once), np.int64), lag])
        found.append(Bought(bought.person[taker], day, catalogue.on_sale(product, day), visit))
    return together(found)


def _first_purchases(rng: np.random.Generator, people: People, catalogue: Catalogue, business_day: int) -> Bought:
    """The fresh members' first purchase: a consumable, the day before the business date."""
    person = np.flatnonzero(people.fresh)
    leaf = rng.choice(vocabulary.leaf_ids("consumable"), len(person))
    yesterday = np.full(len(person), business_day - 1)
    product = catalogue.on_sale(catalogue.pick(rng, leaf), yesterday)
    return Bought(person, yesterday, product, np.full(len(person), -1))


def _guests(rng: np.random.Generator, size: int, catalogue: Catalogue, business_day: int) -> Bought:
    count = int(size * 0.28)
    day = business_day - 1 - rng.integers(0, HISTORY - 1, count)
    shares = vocabulary.category_shares()[0].reshape(12, -1)
    product = catalogue.on_sale(catalogue.pick(rng, cumulative_pick(rng, shares, _month(day))), day)
    return Bought(np.full(count, -1), day, product, np.full(count, -1))


def _refills(rng: np.random.Generator, bought: Bought, catalogue: Catalogue) -> Bought:
    """Half of those who start on a consumable buy it again when it has run out, most of these again and again."""
    start = bought.only(catalogue.consumable[bought.product] & (bought.person >= 0))
    again = np.where(chance(rng, 0.5, len(start.person)), rng.geometric(0.22, len(start.person)), 0)
    source = np.repeat(np.arange(len(again)), again)
    turn = np.arange(len(source)) - np.repeat(np.cumsum(again) - again, again) + 1
    pace = rng.lognormal(0.05, 0.22, len(again))[source]
    day = start.day[source] + np.maximum(
        turn, turn * catalogue.cycle[start.product[source]] * pace + rng.normal(0, 3, len(source))
    ).astype(np.int64)
    same = chance(rng, 0.85, len(source))
    other = catalogue.pick(rng, catalogue.leaf[start.product[source]])
    product = catalogue.on_sale(np.where(same, start.product[source], other), day)
    return Bought(start.person[source], day, product, np.full(len(source), -1))


def together(pieces: list[Bought]) -> Bought:
    """One after the other; a visit of -1 becomes a visit of its own."""
    person, day, product, visit = (
        np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("person", "day", "product", "visit")
    )
    alone = np.flatnonzero(visit < 0)
    visit[alone] = visit.max(initial=0) + 1 + np.arange(len(alone))
    return Bought(person, day, product, visit, np.concatenate([piece.moments() for piece in pieces]))


def _channels(rng: np.random.Generator, person: Ints, people: People) -> Ints:
    known = np.maximum(person, 0)
    able = people.account[known] & (person >= 0)
    online = np.where(able, np.where(people.card[known], people.online[known], 0.92), np.where(person < 0, 0.12, 0.0))
    app = people.app[known] & (person >= 0) & chance(rng, 0.3, len(person))
    return np.where(chance(rng, online, len(person)), np.where(app, APP, EC), STORE)


def _places(rng: np.random.Generator, person: Ints, channel: Ints, people: People) -> Ints:
    """Index of the store; -1 online. One visit in eight is to another store than the usual one."""
    anywhere = weighted(rng, vocabulary.stores().weights, len(person))
    usual = np.where(person < 0, anywhere, people.store[np.maximum(person, 0)])
    return np.where(channel == STORE, np.where(chance(rng, 0.125, len(person)), anywhere, usual), -1)


def _shop_hours(rng: np.random.Generator, size: int) -> Ints:
    hours = weighted(rng, [3, 5, 6, 6, 7, 7, 8, 9, 9, 6, 3], size)
    return (hours + 10) * 3600 + rng.integers(0, 3600, size)


def _evening_hours(rng: np.random.Generator, size: int) -> Ints:
    weights = [3, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 6, 5, 4, 4, 4, 4, 5, 6, 8, 10, 9, 6]
    return weighted(rng, weights, size) * 3600 + rng.integers(0, 3600, size)


def _lines(rng: np.random.Generator, trip: Ints, day: Ints, product: Ints, catalogue: Catalogue, today: int) -> Lines:
    order = np.argsort(trip, kind="stable")
    trip, day, product = trip[order], day[order], product[order]
    size = len(trip)
    first = np.concatenate([[True], trip[1:] != trip[:-1]]) if size else np.zeros(0, dtype=bool)
    number = np.arange(size) - np.maximum.accumulate(np.where(first, np.arange(size), 0)) + 1
    quantity = np.where(catalogue.consumable[product], 1 + weighted(rng, [12, 4, 1], size), 1)
    regular = catalogue.price[product]
    reduced = chance(rng, 0.16, size)
    unit = np.where(reduced, (regular * rng.choice([0.95, 0.9, 0.85], size) / 10).astype(np.int64) * 10, regular)
    coupon, off = _coupons(rng, day, unit * quantity, today)
    return Lines(trip, number, product, quantity, unit, regular, coupon, off)


def _coupons(rng: np.random.Generator, day: Ints, amount: Ints, today: int) -> tuple[Ints, Ints]:
    """Index of the coupon that a line was bought with (-1 without), and what it took off."""
    coupon, off = np.full(len(day), -1), np.zeros(len(day), dtype=np.int64)
    for index, (_, _, kind, value, least, begin, end, *_) in enumerate(vocabulary.business()["coupons"]):
        if kind not in _MONEY:
            continue
        usable = (day >= today + begin) & (day <= today + end) & (amount >= least) & (coupon < 0)
        used = usable & chance(rng, 0.05, len(day))
        coupon[used], off[used] = index, _MONEY[kind](amount[used], value)
    return coupon, off


_MONEY: Mapping[str, Callable[[Ints, float], Ints]] = {
    "amount": lambda amount, value: np.full(len(amount), value, dtype=np.int64),
    "rate": lambda amount, value: (amount * value).astype(np.int64),
}
