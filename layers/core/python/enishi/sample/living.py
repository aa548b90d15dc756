"""One day in the life of a part of the people: purchases, points, carts, visits and web events in the raw layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from enishi.sample import carts, files, people, points, purchases, receipts, relationship, web
from enishi.sample.carts import Cart
from enishi.sample.files import TOKYO, Drop
from enishi.sample.generate import Log, order_places, todays_sessions, write_log
from enishi.sample.points import Ledger, Lot, Purse, Settled
from enishi.sample.purchases import Bought
from enishi.sample.randomness import Floats, Ints, chance, generator
from enishi.sample.relationship import Part
from enishi.sample.responses import Answer, draws

_DAY = 86400
_CART_RETURNS = 0.12
"""Share of carts that are ordered without any message."""
_SPENDS_EXPIRING = 0.10
"""Share of people who notice by themselves that points expire."""


@dataclass(frozen=True)
class Quarter:
    """A part of the people, with what they did until the business date and what is due."""

    part: Part
    settled: Settled
    number: int

    @property
    def today(self) -> int:
        """The business date."""
        return self.part.today

    def numbers(self) -> Iterator[tuple[str, int]]:
        """Every card and account with its person (index over all parts)."""
        crowd = self.part.crowd
        yes = np.ones(len(crowd), dtype=bool)
        kinds = [
            (crowd.card, people.card_number(crowd.index)),
            (crowd.second, people.card_number(crowd.index, yes)),
            (crowd.account, people.account_number(crowd.index)),
        ]
        for held, texts in kinds:
            rows = np.flatnonzero(held)
            for text, person in zip(texts.take(files.places(rows)).to_pylist(), crowd.index[rows], strict=True):
                yield str(text), int(person)

    @cached_property
    def appetite(self) -> Floats:
        """Probability of a shopping trip a day, by person; nobody who went quiet comes back unasked."""
        crowd = self.part.crowd
        return np.where(crowd.end >= self.today - 1, np.where(crowd.fresh, 1.2, crowd.rate), 0.0) / 365.25

    @cached_property
    def refills(self) -> Bought:
        """The next refill of every consumable that people bought last, on the day on which it runs out."""
        trips, lines, goods = self.part.trips, self.part.lines, self.part.catalogue
        person = trips.person[lines.trip]
        rows = np.flatnonzero(goods.consumable[lines.product] & (person >= 0))
        last = rows[_last_of(person[rows] * 1_000_000 + lines.product[rows])]
        rng = self.part.rng("next refills")
        lasts = goods.cycle[lines.product[last]] * lines.quantity[last] * rng.lognormal(0.05, 0.22, len(last))
        due = trips.day[lines.trip[last]] + np.maximum(1, lasts.astype(np.int64))
        again = chance(rng, 0.4, len(last)) & (due >= self.today)
        return Bought(person[last], due, lines.product[last], np.full(len(last), -1)).only(again)

    @cached_property
    def last_consumable(self) -> Mapping[int, int]:
        """Product by person: what was bought last of what runs out."""
        trips, lines = self.part.trips, self.part.lines
        rows = np.flatnonzero(self.part.catalogue.consumable[lines.product])
        return dict(zip(trips.person[lines.trip[rows]].tolist(), lines.product[rows].tolist(), strict=True))

    @cached_property
    def fallen_favourite(self) -> Mapping[int, int]:
        """Product by person: a favourite whose price fell on the business date."""
        kept = relationship.favourites(self.part, self.part.rng("favourites"))
        hit = (kept.kind == 0) & self.part.catalogue.dropped[kept.product]
        return dict(zip(kept.who[hit].tolist(), kept.product[hit].tolist(), strict=True))

    @cached_property
    def open_carts(self) -> Mapping[int, Cart]:
        """Cart by person: those left on the business date."""
        part = self.part
        left = carts.left(todays_sessions(part), part.catalogue, part.seed, part.part, part.tag + "2", part.today)
        return {cart.person: cart for cart in left}

    @cached_property
    def self_returning(self) -> Mapping[int, int]:
        """Person → moment (Tokyo's seconds) at which they order their cart unasked."""
        keys = [cart.identity for cart in self.open_carts.values()]
        luck = draws(keys, self.part.seed, "returns")
        rows = zip(self.open_carts.items(), luck, strict=True)
        return {
            person: cart.updated + 1800 + int(row[1] * 2.5 * _DAY)
            for (person, cart), row in rows
            if row[0] < _CART_RETURNS
        }

    @cached_property
    def owners(self) -> Mapping[str, int]:
        """Person (index in the part) by card and account."""
        return {number: person % people.PART for number, person in self.numbers()}

    @cached_property
    def spending_day(self) -> Mapping[int, int]:
        """Person → day on which points that would expire are spent unasked."""
        soon = sorted(
            {self.owners[number] for number, purse in self.settled.purses.items() if _expiring(purse, self.today)}
        )
        luck = draws([str(person) for person in soon], self.part.seed, "spends")
        return {
            person: self.today + int(row[1] * 30)
            for person, row in zip(soon, luck, strict=True)
            if row[0] < _SPENDS_EXPIRING
        }


def live(quarter: Quarter, answers: Sequence[Answer], start: int, drop: Drop) -> None:
    """Write the files of the day that begins at `start` (UTC seconds); `answers` may hold other days' as well."""
    day = (start + TOKYO) // _DAY
    due = [answer for answer in answers if start <= answer.at < start + _DAY]
    part = _day_part(quarter, due, day)
    ledger, used = _points(quarter, part, answers, day)
    receipts.write(part.trips, part.lines, part.papers, used, part.catalogue, part.seed, part.part, day + 1, drop)
    points.write(ledger, drop)
    drop.csv("coupon_redemptions", "COUPON_RIYO", relationship.redemption_columns(part), encoding="utf-8")
    _write_visits(quarter, part, day, drop)
    _write_web(quarter, part, day, drop)


def _day_part(quarter: Quarter, due: Sequence[Answer], day: int) -> Part:
    """The day's trips as a part of its own, whose numbers never meet those of the history."""
    whole = quarter.part
    name = f"{quarter.number} {day}"
    rng = generator(whole.seed, "life", name)
    bought = purchases.together(
        [
            purchases.everyday(rng, whole.crowd, whole.catalogue, day, quarter.appetite),
            quarter.refills.only(quarter.refills.day == day),
            _unasked(quarter, rng, day),
            _asked(quarter, rng, due, day),
        ]
    )
    trips, lines = purchases.gather(rng, bought, whole.crowd, whole.catalogue, whole.today)
    papers = receipts.documents(trips, whole.crowd, whole.seed, name, 900 + quarter.number, whole.today)
    tag = f"{files.days(np.array([day]))[0]}{quarter.number:02d}"
    return replace(whole, trips=trips, lines=lines, papers=papers, part=name, tag=tag)


def _unasked(quarter: Quarter, rng: np.random.Generator, day: int) -> Bought:
    """Carts that are ordered, and points that are spent, without a message."""
    back = [(person, at) for person, at in quarter.self_returning.items() if at // _DAY == day]
    items = [(person, product, at % _DAY) for person, at in back for product, _ in quarter.open_carts[person].items]
    person = np.array([who for who, planned in quarter.spending_day.items() if planned == day], dtype=np.int64)
    spent = purchases.by_taste(rng, quarter.part.crowd, quarter.part.catalogue, person, np.full(len(person), day))
    return purchases.together([_of_items(items, day), spent])


def _asked(quarter: Quarter, rng: np.random.Generator, due: Sequence[Answer], day: int) -> Bought:
    """What the day's answers buy: what their message was about, else something to their taste."""
    person = np.array([answer.message.person % people.PART for answer in due], dtype=np.int64)
    taste = purchases.by_taste(rng, quarter.part.crowd, quarter.part.catalogue, person, np.full(len(due), day))
    items = []
    for index, answer in enumerate(due):
        about = _WANTS.get(answer.message.scenario, _nothing)
        products = about(quarter, int(person[index])) or [int(taste.product[index])]
        items += [(int(person[index]), product, (answer.at + TOKYO) % _DAY) for product in products]
    return _of_items(items, day)


def _nothing(quarter: Quarter, person: int) -> list[int]:
    del quarter, person
    return []


def _cart(quarter: Quarter, person: int) -> list[int]:
    cart = quarter.open_carts.get(person)
    return [product for product, _ in cart.items] if cart else []


def _favourite(quarter: Quarter, person: int) -> list[int]:
    return [quarter.fallen_favourite[person]] if person in quarter.fallen_favourite else []


def _refill(quarter: Quarter, person: int) -> list[int]:
    return [quarter.last_consumable[person]] if person in quarter.last_consumable else []


_WANTS: Mapping[str, Callable[[Quarter, int], list[int]]] = MappingProxyType(
    {"cart_abandonment": _cart, "favourite_price_down": _favourite, "f2_conversion": _refill}
)
"""Scenario → the products that its messages are about, for one person."""


def _of_items(items: Sequence[tuple[int, int, int]], day: int) -> Bought:
    """(person, product, second of the day) as loose lines; those of one person and second are one visit."""
    person, product, moment = (np.array([item[place] for item in items], dtype=np.int64) for place in range(3))
    visit = np.unique(person * _DAY + moment, return_inverse=True)[1]
    return Bought(person, np.full(len(person), day), product, visit.astype(np.int64), moment)


def _points(quarter: Quarter, part: Part, answers: Sequence[Answer], day: int) -> tuple[Ledger, Ints]:
    """The day's postings: earned, spent by those whose day it is, and expired with the day before."""
    trips, ledger = part.trips, Ledger(part.tag)
    used = np.zeros(len(trips), dtype=np.int64)
    spending = _spending_days(quarter, answers)
    papers = zip(part.papers.customer.to_pylist(), part.papers.number.to_pylist(), strict=True)
    for index, (customer, document) in enumerate(papers):
        if customer is None:
            continue
        at, net = int(trips.time[index]), int(trips.net[index])
        if spending.get(int(trips.person[index])) == day:
            used[index] = _spend(ledger, quarter.settled.purses.get(customer), at, net, str(document), quarter.today)
        if net - used[index] >= 100:
            Purse(customer, ledger).earn(at, points.EARN, int(net - used[index]) // 100, day + 365, document)
    _expire(ledger, quarter, spending, day)
    return ledger, used


def _spending_days(quarter: Quarter, answers: Sequence[Answer]) -> dict[int, int]:
    """Person → the one day on which points that would expire are spent, unasked or because of a message."""
    days = dict(quarter.spending_day)
    for answer in answers:
        if answer.message.scenario == "points_expiry":
            person = answer.message.person % people.PART
            days[person] = min(days.get(person, 1 << 40), (answer.at + TOKYO) // _DAY)
    return days


def _spend(ledger: Ledger, purse: Purse | None, at: int, net: int, document: str, today: int) -> int:
    """Pay with the lots that expire soon, at most the price; returns the points used."""
    used = 0
    for lot in _expiring(purse, today) if purse is not None else ():
        part = min(lot.left, net - used) if lot.expires >= at // _DAY else 0
        if part > 0:
            ledger.post(purse.customer if purse else "", at, points.USE, -part, lot.number, lot.expires, document)
            used += part
    return used


def _expiring(purse: Purse, today: int) -> list[Lot]:
    return [lot for lot in purse.lots if today <= lot.expires <= today + 31]


def _expire(ledger: Ledger, quarter: Quarter, spending: Mapping[int, int], day: int) -> None:
    """Write off the lots whose last day was the day before, of people who did not spend them."""
    for number, purse in quarter.settled.purses.items():
        for lot in purse.lots:
            if lot.expires == day - 1 and spending.get(quarter.owners[number], day) >= day:
                ledger.post(number, day * _DAY + 300, points.EXPIRE, -lot.left, lot.number, lot.expires)


def _write_visits(quarter: Quarter, part: Part, day: int, drop: Drop) -> None:
    """A few come to look without buying."""
    rng = generator(part.seed, "visits", part.part)
    crowd = part.crowd
    who = np.flatnonzero(crowd.card & (crowd.end >= quarter.today - 1) & chance(rng, 0.0012, len(crowd)))
    at = day * _DAY + rng.integers(10 * 3600, 20 * 3600, len(who))
    kind = np.full(len(who), relationship.PREVIEW)
    drop.csv("visits", "SEKKYAKU", relationship.visit_columns(part, rng, who, kind, at))


def _write_web(quarter: Quarter, part: Part, day: int, drop: Drop) -> None:
    """The day's sessions and orders, and the carts that were left or ordered."""
    looked = web.browsing(part.crowd, part.catalogue, part.seed, part.part, (day, day + 1))
    bought = web.ordering(part.crowd, part.trips, part.lines, part.papers, day, part.seed, part.part)
    write_log(part, looked, bought, Log(day, day, day, day + 1), drop)
    fresh = carts.ordered(bought, part.lines, order_places(part), part.tag)
    left = carts.left(looked, part.catalogue, part.seed, part.part, part.tag, day) if day > quarter.today else []
    carts.write([*left, *(_finished(quarter, cart) for cart in fresh)], part.catalogue, drop)


def _finished(quarter: Quarter, cart: Cart) -> Cart:
    """The cart that was left on the business date, when it is what was ordered; else the new one."""
    old = quarter.open_carts.get(cart.person)
    if old is None or {product for product, _ in old.items} != {product for product, _ in cart.items}:
        return cart
    return replace(old, updated=cart.updated, status="ordered", step="confirm", order=cart.order)


def _last_of(keys: Ints) -> Ints:
    """Where each key stands for the last time."""
    backwards = np.unique(keys[::-1], return_index=True)[1]
    return len(keys) - 1 - backwards
