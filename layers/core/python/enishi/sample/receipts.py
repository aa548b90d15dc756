"""Trips as the tills and the online shop record them: POS receipts, returns, EC orders; and who is named on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from enishi.sample import files, people, shops, vocabulary
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import Drop, Strings
from enishi.sample.people import People
from enishi.sample.purchases import APP, STORE, Lines, Trips
from enishi.sample.randomness import Bools, Ints, chance, generator, weighted

_DAY = 86400
_REASONS = ("01", "02", "03", "04", "05")
"""Why things come back: 01 defect · 02 size or fit · 03 changed mind · 04 bought twice · 05 other."""
_ISO = "%Y-%m-%dT%H:%M:%S+09:00"


@dataclass(frozen=True)
class Documents:
    """One element a trip: its number, whose number stands on it, an online one's web session, another's store."""

    number: Strings
    customer: Strings
    session: Strings
    shop: Strings


def documents(trips: Trips, crowd: People, seed: int, part: int | str, prefix: int, today: int) -> Documents:
    """Number the trips; `prefix` (three digits) keeps those of parts and days apart. `today` = the business date."""
    rng = generator(seed, "documents", part)
    sequence = files.join(files.number(np.full(len(trips), prefix), 3), files.number(np.arange(len(trips)), 6))
    day = files.days(trips.day)
    store = shops.of_trips(trips, crowd, today)
    online = trips.channel != STORE
    number = files.either(
        (online),
        files.join("E", day, "-", sequence),
        files.join("R", files.either(store.is_valid(), store, ""), "-", day, "-", sequence),
    )
    session = files.where(online, files.join("s", files.hexes(rng, len(trips), 12)))
    return Documents(number, customer_numbers(trips, crowd), session, store)


def customer_numbers(trips: Trips, crowd: People) -> Strings:
    """The account online, the card at the till (the second once there is one), null for guests and who has no card."""
    known = trips.person >= 0
    who = np.maximum(trips.person, 0)
    newer = crowd.second[who] & (trips.time >= crowd.joined_second[who])
    card = files.where(known & crowd.card[who], people.card_number(crowd.index[who], newer))
    account = files.where(known & crowd.account[who], people.account_number(crowd.index[who]))
    return files.either((trips.channel == STORE), card, account)


def write(
    trips: Trips, lines: Lines, papers: Documents, used: Ints, catalogue: Catalogue, seed: int, part: int | str,
    today: int, drop: Drop,
) -> None:  # fmt: skip
    """Receipts and orders of the trips. `used` = points paid with, by trip; `today` = first day that is not over."""
    _write_store(trips, lines, papers, used, catalogue, seed, part, today, drop)
    _write_online(trips, lines, papers, used, catalogue, seed, part, today, drop)


def _write_store(
    trips: Trips, lines: Lines, papers: Documents, used: Ints, catalogue: Catalogue, seed: int, part: int | str,
    today: int, drop: Drop,
) -> None:  # fmt: skip
    rng = generator(seed, "pos", part)
    at_till = np.flatnonzero(trips.channel[lines.trip] == STORE)
    back = at_till[chance(rng, 0.012, len(at_till))]
    returned = trips.time[lines.trip[back]] + rng.integers(1, 12, len(back)) * _DAY
    back, returned = back[returned < today * _DAY], returned[returned < today * _DAY]
    sold = _store_rows(trips, lines, papers, used, catalogue, at_till, rng)
    undone = _store_rows(trips, lines, papers, used, catalogue, back, rng)
    undone = _as_return(undone, returned)
    undone["店舗コード"] = shops.open_on(undone["店舗コード"], returned // _DAY, today)
    drop.csv("receipts", "POS_URIAGE", _stacked(sold, undone), tab=True)


def _store_rows(
    trips: Trips,
    lines: Lines,
    papers: Documents,
    used: Ints,
    catalogue: Catalogue,
    rows: Ints,
    rng: np.random.Generator,
) -> dict[str, Strings]:
    trip = lines.trip[rows]
    at = files.places(trip)
    shop = papers.shop.take(at)
    per_trip = weighted(rng, [25, 45, 20, 10], len(trips)) + 1
    coupons = [row[0] for row in vocabulary.business()["coupons"]]
    return _text({
        "レシート番号": papers.number.take(at),
        "店舗コード": shop,
        "取引日時": files.times(trips.time[trip], "%Y%m%d%H%M%S"),
        "会員番号": papers.customer.take(at),
        "取引区分": np.ones(len(rows), np.int64),
        "元レシート番号": pa.nulls(len(rows), pa.string()),
        "担当者コード": files.join("S", shop, "-", files.number(trips.time[trip] % 24, 2)),
        "支払方法": files.number(per_trip[trip], 2),
        "利用ポイント": used[trip],
        "消費税額": trips.net[trip] * 10 // 110,
        "明細番号": lines.number[rows],
        "元明細番号": pa.nulls(len(rows), pa.string()),
        "商品コード": catalogue.codes(lines.product[rows]),
        "数量": lines.quantity[rows],
        "単価": lines.unit[rows],
        "定価": lines.list[rows],
        "値引額": (lines.list - lines.unit)[rows] * lines.quantity[rows] + lines.off[rows],
        "金額": lines.net[rows],
        "原価": catalogue.cost[lines.product[rows]] * lines.quantity[rows],
        "クーポンコード": files.take(coupons, lines.coupon[rows]),
        "返品理由": pa.nulls(len(rows), pa.string()),
    })  # fmt: skip


def _as_return(rows: dict[str, Strings], at: Ints) -> dict[str, Strings]:
    """The same lines, each on a receipt of its own, given back some days later."""
    count = len(at)
    negative = {name: files.text(pc.negate(rows[name].cast(pa.int64()))) for name in ("数量", "金額", "値引額", "原価")}
    tax = pc.divide(pc.multiply(rows["金額"].cast(pa.int64()), -10), 110)
    return rows | negative | {
        "レシート番号": files.join(rows["レシート番号"], "-H", rows["明細番号"]),
        "取引日時": files.times(at, "%Y%m%d%H%M%S"),
        "取引区分": pa.repeat("2", count),
        "元レシート番号": rows["レシート番号"],
        "利用ポイント": pa.repeat("0", count),
        "消費税額": files.text(tax),
        "明細番号": pa.repeat("1", count),
        "元明細番号": rows["明細番号"],
        "返品理由": files.take(_REASONS, at % 97 % len(_REASONS)),
    }  # fmt: skip


def _write_online(
    trips: Trips, lines: Lines, papers: Documents, used: Ints, catalogue: Catalogue, seed: int, part: int | str,
    today: int, drop: Drop,
) -> None:  # fmt: skip
    rng = generator(seed, "ec", part)
    rows = np.flatnonzero(trips.channel[lines.trip] != STORE)
    head = _order_heads(rng, trips, papers, used, today)
    at = files.places(lines.trip[rows])
    coupons = [row[0] for row in vocabulary.business()["coupons"]]
    columns = {
        **{name: files.text(values).take(at) for name, values in head.items()},
        "line_no": lines.number[rows],
        "sku": catalogue.codes(lines.product[rows]),
        "qty": lines.quantity[rows],
        "unit_price": lines.unit[rows],
        "list_price": lines.list[rows],
        "discount": (lines.list - lines.unit)[rows] * lines.quantity[rows] + lines.off[rows],
        "line_total": lines.net[rows],
        "cost": catalogue.cost[lines.product[rows]] * lines.quantity[rows],
        "coupon_code": files.take(coupons, lines.coupon[rows]),
    }
    drop.csv("ec_orders", "ec_order", columns, encoding="utf-8")


def _order_heads(rng: np.random.Generator, trips: Trips, papers: Documents, used: Ints, today: int) -> dict[str, Any]:
    """The columns that repeat on every line of an order, one element a trip."""
    count, chain = len(trips), vocabulary.stores()
    goes = _fulfilment(rng, trips, today)
    usual = rng.integers(0, len(chain.codes), count)
    guest = files.join("guest", trips.time % 99_991, "@example.com")
    return {
        "order_no": papers.number,
        "account_id": papers.customer,
        "site": files.take([chain.ec, chain.app], (trips.channel == APP).astype(np.int64)),
        "ordered_at": files.times(trips.time, _ISO),
        "order_type": np.full(count, "normal"),
        "status": goes.status(),
        "shipped_on": files.days(goes.shipped, "%Y-%m-%d"),
        "delivered_on": files.days(goes.delivered, "%Y-%m-%d"),
        "payment": files.take(["card", "qr", "convenience", "cod"], weighted(rng, [70, 14, 10, 6], count)),
        "points_used": used,
        "tax": trips.net * 10 // 110,
        "shipping_fee": np.where(trips.net >= 3000, 0, 550),
        "gift": chance(rng, 0.05, count).astype(np.int64),
        "pickup_store": files.where(goes.pickup, files.take(chain.codes, usual)),
        "ready_at": files.times(goes.ready, _ISO),
        "collected_at": files.times(goes.collected, _ISO),
        "subscription_no": pa.nulls(count, pa.string()),
        "session_id": papers.session,
        "response_code": pa.nulls(count, pa.string()),
        "guest_email": files.where(trips.person < 0, guest),
    }


@dataclass(frozen=True)
class _Fulfilment:
    """How orders went until now, one element a trip; -1 = not, or not yet. Days since 1970, seconds for pickups."""

    pickup: Bools
    cancelled: Bools
    shipped: Ints
    delivered: Ints
    ready: Ints
    collected: Ints

    def status(self) -> Strings:
        words = ["accepted", "shipped", "delivered", "completed", "cancelled"]
        state = np.select([self.collected > 0, self.delivered > 0, self.shipped > 0], [3, 2, 1], 0)
        return files.take(words, np.where(self.cancelled, 4, state))


def _fulfilment(rng: np.random.Generator, trips: Trips, today: int) -> _Fulfilment:
    count = len(trips)
    pickup, cancelled = chance(rng, 0.16, count), chance(rng, 0.015, count)
    shipped, delivered = _shipping(rng, trips, pickup | cancelled, today)
    ready = np.where(pickup & ~cancelled, trips.time + rng.integers(2, 30, count) * 3600, -1)
    collected = np.where(ready > 0, ready + rng.integers(3, 90, count) * 3600, -1)
    ready, collected = (np.where(moment < today * _DAY, moment, -1) for moment in (ready, collected))
    return _Fulfilment(pickup, cancelled, shipped, delivered, ready, collected)


def _shipping(rng: np.random.Generator, trips: Trips, kept: Bools, today: int) -> tuple[Ints, Ints]:
    """Days of shipping and of delivery; -1 = not shipped, or not yet."""
    shipped = trips.day + rng.integers(0, 3, len(trips))
    delivered = shipped + rng.integers(1, 4, len(trips))
    return np.where(kept | (shipped >= today), -1, shipped), np.where(kept | (delivered >= today), -1, delivered)


def _text(columns: dict[str, Any]) -> dict[str, Strings]:
    return {name: files.text(values) for name, values in columns.items()}


def _stacked(first: dict[str, Strings], second: dict[str, Strings]) -> dict[str, Strings]:
    return {name: pa.concat_arrays([first[name], second[name]]) for name in first}
