"""The point ledger, lot by lot: earned with purchases, given as a bonus, used oldest first, expired when not used."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from enishi.sample import files
from enishi.sample.files import Drop
from enishi.sample.purchases import Trips
from enishi.sample.randomness import Ints, chance, generator
from enishi.sample.receipts import Documents

_DAY = 86400
_LIFE = 365
"""Days for which points of a purchase last."""
EARN, BONUS, USE, EXPIRE = 10, 11, 20, 30


@dataclass
class Ledger:
    """Postings in the making: parallel lists. `tag` keeps entry and lot numbers of parts and days apart."""

    tag: str
    customer: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    lot: list[str] = field(default_factory=list)
    expires: list[int] = field(default_factory=list)
    document: list[str | None] = field(default_factory=list)

    def post(
        self, customer: str, at: int, kind: int, points: int, lot: str, expires: int, document: str | None = None
    ) -> None:
        self.customer.append(customer)
        self.at.append(at)
        self.kind.append(kind)
        self.points.append(points)
        self.lot.append(lot)
        self.expires.append(expires)
        self.document.append(document)


@dataclass
class Lot:
    number: str
    expires: int
    left: int


@dataclass
class Purse:
    """The lots of one customer, soonest to expire first."""

    customer: str
    ledger: Ledger
    lots: deque[Lot] = field(default_factory=deque)

    def earn(self, at: int, kind: int, points: int, expires: int, document: str | None) -> None:
        lot = f"L{self.ledger.tag}{len(self.ledger.lot):09d}"
        self.ledger.post(self.customer, at, kind, points, lot, expires, document)
        self.lots.append(Lot(lot, expires, points))
        if len(self.lots) > 1 and self.lots[-2].expires > expires:
            self.lots = deque(sorted(self.lots, key=lambda entry: entry.expires))

    def expire(self, until: int) -> None:
        """Write off what was last usable before the day `until`."""
        while self.lots and self.lots[0].expires < until:
            lot = self.lots.popleft()
            self.ledger.post(self.customer, (lot.expires + 1) * _DAY + 300, EXPIRE, -lot.left, lot.number, lot.expires)

    def use(self, at: int, wanted: int, document: str) -> int:
        """Take up to `wanted` points, oldest lot first; returns how many there were."""
        taken = 0
        while self.lots and taken < wanted:
            lot = self.lots[0]
            part = min(lot.left, wanted - taken)
            self.ledger.post(self.customer, at, USE, -part, lot.number, lot.expires, document)
            taken += part
            lot.left -= part
            if not lot.left:
                self.lots.popleft()
        return taken


@dataclass(frozen=True)
class Settled:
    """The ledger of some trips, the points used by trip, and what is left in each customer's purse."""

    ledger: Ledger
    used: Ints
    purses: Mapping[str, Purse]


def settle(trips: Trips, papers: Documents, seed: int, part: int, today: int, tag: str) -> Settled:
    """Post a part's trips.

    One point a hundred yen; one trip in eight pays with points.
    """
    rng = generator(seed, "points", part)
    spends = chance(rng, 0.13, len(trips))
    bonus = np.where(chance(rng, 0.05, len(trips)), rng.integers(3, 11, len(trips)) * 100, 0)
    # Bonus lots of running campaigns end with the month, the week or the next day: what the expiry scenario is for.
    lives = np.where(trips.day > today - 60, today + rng.choice([1, 7, 30], len(trips)) - trips.day, 60)
    ledger, used = Ledger(tag), np.zeros(len(trips), dtype=np.int64)
    purses: dict[str, Purse] = {}
    rows = zip(
        papers.customer.to_pylist(), papers.number.to_pylist(), trips.time.tolist(), trips.net.tolist(),
        spends.tolist(), bonus.tolist(), lives.tolist(), strict=True,
    )  # fmt: skip
    for index, (customer, document, at, net, spend, extra, life) in enumerate(rows):
        if customer is None:
            continue
        purse = purses.setdefault(customer, Purse(customer, ledger))
        purse.expire(at // _DAY)
        used[index] = purse.use(at, net // 2, document) if spend else 0
        if net - used[index] >= 100:
            purse.earn(at, EARN, int(net - used[index]) // 100, at // _DAY + _LIFE, document)
        if extra:
            purse.earn(at + 60, BONUS, extra, at // _DAY + life, document)
    for purse in purses.values():
        purse.expire(today)
    return Settled(ledger, used, purses)


def write(ledger: Ledger, drop: Drop) -> None:
    """The ledger file."""
    kind = np.array(ledger.kind, dtype=np.int64)
    columns = {
        "伝票番号": files.join("P", ledger.tag, files.number(np.arange(len(kind)), 9)),
        "会員番号": ledger.customer,
        "計上日時": files.times(np.array(ledger.at, dtype=np.int64), "%Y/%m/%d %H:%M:%S"),
        "区分": kind,
        "ポイント": np.array(ledger.points, dtype=np.int64),
        "ロット番号": ledger.lot,
        "有効期限": files.days(np.array(ledger.expires, dtype=np.int64)),
        "関連取引番号": ledger.document,
        "施策コード": files.where(kind == BONUS, np.full(len(kind), "bonus")),
    }
    drop.csv("points", "POINT_MOTOCHO", columns)
