"""Contracts of regular delivery: what was agreed, what became of it, and the orders of the last weeks' deliveries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from enishi.sample import around, files, people, vocabulary
from enishi.sample.files import Drop, Strings
from enishi.sample.randomness import Bools, Floats, Ints, chance, weighted
from enishi.sample.relationship import Part

_DAY = 86400
_DELIVERY_DAYS = 90
"""Days for which deliveries of contracts stand among the orders; nothing is put off within them."""
EVENTS = ("start", "deliver", "cancel", "skip", "pause", "resume", "change_interval")
START, DELIVER, CANCEL, SKIP, PAUSE, RESUME, CHANGE = range(len(EVENTS))
LONGER, SHORTER = 1, 2
_WEEK = 7


@dataclass(frozen=True)
class Contracts:
    """One element a contract. Days are since 1970, -1 = never; `done` counts the turns that have come."""

    number: Strings
    who: Ints
    product: Ints
    every: Ints
    start: Ints
    done: Ints
    cancelled: Ints
    paused: Bools
    reason: Strings
    commit: Ints

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Events:
    """One element an event, of the contract with index `of`; `before` and `after` are -1 where nothing changed."""

    of: Ints
    day: Ints
    kind: Ints
    before: Ints
    after: Ints

    def __len__(self) -> int:
        return len(self.of)

    def only(self, rows: Bools | Ints) -> Events:
        return Events(self.of[rows], self.day[rows], self.kind[rows], self.before[rows], self.after[rows])

    def told(self, kind: int) -> Events:
        """The same moments as events of another kind."""
        return Events(self.of, self.day, np.full(len(self), kind), self.before, np.full(len(self), -1))


def write(part: Part, drop: Drop) -> None:
    """Contracts, their events, and the deliveries that stand among the orders."""
    held = _agreed(part)
    happened = _events(part, held)
    lately = (happened.kind == SKIP) & (happened.day >= part.today - _WEEK)
    put_off = np.isin(np.arange(len(held)), happened.of[lately])
    delivered = np.bincount(happened.of[happened.kind == DELIVER], minlength=len(held))
    rests = (held.cancelled > 0) | held.paused
    columns = {
        "定期番号": held.number,
        "顧客番号": people.account_number(part.crowd.index[held.who]),
        "商品コード": part.catalogue.codes(held.product),
        "開始日": files.days(held.start),
        "間隔日数": held.every,
        "数量": np.ones(len(held), np.int64),
        "単価": part.catalogue.price[held.product] * 9 // 10,
        "状態": np.where(held.cancelled > 0, 3, np.where(held.paused, 2, 1)),
        "次回予定日": files.days(np.where(rests, -1, held.start + (held.done + put_off) * held.every)),
        "配送回数": delivered,
        "解約日": files.days(held.cancelled),
        "解約理由": files.where(held.cancelled > 0, held.reason),
        "縛り回数": held.commit,
    }
    drop.csv("subscriptions", "TEIKI", columns, encoding="utf-8")
    _write_events(part, held, happened, drop)
    _write_orders(part, held, drop)


def _agreed(part: Part) -> Contracts:
    """Who has what sent since when, and until when."""
    rng = part.rng("subscriptions")
    crowd, today = part.crowd, part.today
    who = np.flatnonzero(crowd.account & (crowd.start < today - 60) & chance(rng, 0.025, len(crowd)))
    leaf = np.array([i for i in vocabulary.leaf_ids("consumable") if vocabulary.leaves()[i].cycle <= 60])
    product = part.catalogue.pick(rng, leaf[rng.integers(0, len(leaf), len(who))])
    every = part.catalogue.cycle[product]
    start = np.maximum(crowd.start[who] + 10, today - rng.integers(40, 500, len(who)))
    planned = 1 + rng.geometric(0.13, len(who))
    stopped = planned <= (today - 1 - start) // every
    paused = ~stopped & chance(rng, 0.06, len(who))
    return Contracts(
        number=files.join("T", part.tag, files.number(np.arange(len(who)), 9)),
        who=who,
        product=product,
        every=every,
        start=start,
        done=np.minimum(planned, (today - 1 - start) // every + 1),
        cancelled=np.where(stopped, start + planned * every - rng.integers(2, 9, len(who)), -1),
        paused=paused,
        reason=files.take(["too_much", "price", "no_effect", "other"], rng.integers(0, 4, len(who))),
        commit=rng.choice([0, 0, 3], len(who)),
    )


def _events(part: Part, held: Contracts) -> Events:
    """All that happened, by contract and day: turns are delivered, skipped, rested from, or come at other intervals."""
    rng = part.rng("contract changes")
    turns = _turns(held)
    change, at = _interval_changes(rng, part, held)
    pause = _pauses(rng, part, held, change)
    later = (turns.day < part.today - _DELIVERY_DAYS) & (turns.after > at[turns.of])
    rested = turns.after == pause[turns.of]
    skipped = later & ~rested & (turns.after > 0) & chance(rng, _unwilling(held, turns), len(turns))
    too_early = (change[turns.of] == SHORTER) & (turns.after < at[turns.of]) & (turns.after % 2 == 1)
    return _in_order(
        [
            _of(held, START, held.start, held.start > 0),
            turns.only(~rested & ~skipped & ~too_early),
            turns.only(skipped).told(SKIP),
            _between(held, turns, change, at),
            _of(held, CHANGE, held.start + at * held.every, change > 0, _usual(held, change), held.every),
            _of(held, PAUSE, held.start + (pause - 1) * held.every + 3, pause > 0),
            _of(held, RESUME, held.start + (pause + 1) * held.every - 3, pause > 0),
            *_lately(rng, part, held),
            _of(held, CANCEL, held.cancelled, held.cancelled > 0),
        ]
    )


def _turns(held: Contracts) -> Events:
    """Every turn that has come, as a delivery; `after` is its number from 0."""
    of = np.repeat(np.arange(len(held)), held.done)
    turn = np.arange(len(of)) - np.repeat(np.cumsum(held.done) - held.done, held.done)
    return Events(of, held.start[of] + turn * held.every[of], np.full(len(of), DELIVER), np.full(len(of), -1), turn)


def _interval_changes(rng: np.random.Generator, part: Part, held: Contracts) -> tuple[Ints, Ints]:
    """How the interval changed, and at which turn: who waits longer from then on stays a while."""
    at = 2 * rng.integers(1, 3, len(held))
    settled = held.start + at * held.every < part.today - _DELIVERY_DAYS
    drawn = weighted(rng, [0.80, 0.14, 0.06], len(held))
    change = np.where(settled & (held.done > at + np.where(drawn == LONGER, 3, 1)), drawn, 0)
    return change, np.where(change > 0, at, 0)


def _pauses(rng: np.random.Generator, part: Part, held: Contracts, change: Ints) -> Ints:
    """The turn that a contract rested from, -1 for none."""
    turn = rng.integers(2, 5, len(held))
    settled = held.start + (turn + 1) * held.every < part.today - _DELIVERY_DAYS
    rests = settled & (held.done > turn + 1) & (change == 0) & chance(rng, 0.10, len(held))
    return np.where(rests, turn, -1)


def _unwilling(held: Contracts, turns: Events) -> Floats:
    """Probability of a skip: high in the last turns of those who cancel."""
    last = (held.cancelled[turns.of] > 0) & (turns.after >= held.done[turns.of] - 2)
    return np.where(last, 0.35, 0.04)


def _between(held: Contracts, turns: Events, change: Ints, at: Ints) -> Events:
    """The deliveries half-way between the turns before an interval was made longer."""
    often = turns.only((change[turns.of] == LONGER) & (turns.after < at[turns.of]))
    return Events(often.of, often.day + held.every[often.of] // 2, often.kind, often.before, often.after)


def _usual(held: Contracts, change: Ints) -> Ints:
    """The interval before it changed."""
    return np.where(change == LONGER, held.every // 2, held.every * 2)


def _lately(rng: np.random.Generator, part: Part, held: Contracts) -> list[Events]:
    """Turns to come that were put off in the last week, and the contracts that rest now."""
    last = held.start + (held.done - 1) * held.every
    puts_off = (held.cancelled < 0) & ~held.paused & (last < part.today - _WEEK - 1) & chance(rng, 0.08, len(held))
    day = part.today - rng.integers(1, _WEEK + 1, len(held))
    return [
        _of(held, SKIP, day, puts_off),
        _of(held, PAUSE, np.minimum(last + 3, part.today - 1), held.paused),
    ]


def _of(
    held: Contracts, kind: int, day: Ints, which: Bools, before: Ints | None = None, after: Ints | None = None
) -> Events:
    """One event of each contract of `which`."""
    nothing = np.full(len(held), -1)
    values = (nothing if before is None else before, nothing if after is None else after)
    return Events(np.arange(len(held)), day, np.full(len(held), kind), *values).only(which)


def _in_order(pieces: list[Events]) -> Events:
    """By contract and day; a delivery says the how manieth it is."""
    whole = Events(*(np.concatenate([getattr(piece, name) for piece in pieces]) for name in vars(pieces[0])))
    ordered = whole.only(np.lexsort((whole.kind, whole.day, whole.of)))
    came = np.cumsum(ordered.kind == DELIVER)
    before = np.searchsorted(ordered.of, ordered.of)
    nth = came - came[before] + (ordered.kind[before] == DELIVER)
    return replace(ordered, after=np.where(ordered.kind == DELIVER, nth, ordered.after))


def _write_events(part: Part, held: Contracts, happened: Events, drop: Drop) -> None:
    at = files.places(happened.of)
    columns = {
        "履歴番号": files.join("TE", part.tag, files.number(np.arange(len(happened)), 9)),
        "定期番号": held.number.take(at),
        "発生日": files.days(happened.day),
        "区分": files.take(EVENTS, happened.kind),
        "理由": files.where(happened.kind == CANCEL, held.reason.take(at)),
        "変更前": files.where(happened.before >= 0, happened.before),
        "変更後": files.where(happened.after >= 0, happened.after),
    }
    drop.csv("subscription_events", "TEIKI_RIREKI", columns, encoding="utf-8")


def _write_orders(part: Part, held: Contracts, drop: Drop) -> None:
    """The deliveries of the last weeks as orders that name their contract."""
    turns = _turns(held)
    due = turns.only((turns.day >= part.today - _DELIVERY_DAYS) & (turns.day < part.today - 3))
    if not len(due):
        return
    product, number = held.product[due.of], held.number.take(files.places(due.of))
    price = part.catalogue.price[product] * 9 // 10
    said = {
        "order_no": files.join("E", files.days(due.day), "-", number),
        "account_id": people.account_number(part.crowd.index[held.who[due.of]]),
        "order_type": "subscription",
        "subscription_no": number,
        "payment": "card",
        "unit_price": price,
        "list_price": part.catalogue.price[product],
        "discount": part.catalogue.price[product] - price,
        "line_total": price,
        "tax": price * 10 // 110,
    }
    orders = around.sent_orders(said, part.catalogue, product, due.day * _DAY + 6 * 3600)
    drop.csv("ec_orders", "ec_order_teiki", orders, encoding="utf-8")
