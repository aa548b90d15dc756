"""What a retailer knows around sales: campaigns with their plans, people through the door, stock of past weeks,
households that said so at the counter, samples that were sent. Small files, drawn apart from everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from enishi.sample import files, people, vocabulary
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import Drop
from enishi.sample.people import People
from enishi.sample.randomness import Ints, chance, generator, weighted

TRAFFIC_DAYS = 28
STOCK_DAYS = 21
_HOURS = np.arange(10, 21)
_BUSY = np.array([5, 7, 9, 11, 12, 12, 11, 10, 9, 7, 4]) / 9
"""How full a store is from hour to hour, against its average."""
_EPOCH = date(1970, 1, 1)
_DAY = 86400


def write(catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    """What does not grow with the members."""
    _write_campaigns(business_day, drop)
    _write_traffic(seed, business_day, drop)
    _write_stock(catalogue, seed, business_day, drop)


def write_people(crowd: People, catalogue: Catalogue, seed: int, part: int, today: int, drop: Drop) -> None:
    """Households and samples of one part of the people."""
    _write_households(crowd, seed, part, drop)
    _write_samples(crowd, catalogue, seed, part, today, drop)


def _write_campaigns(business_day: int, drop: Drop) -> None:
    code, name, target, offer, timing, first, last, goal, control, cost = zip(
        *vocabulary.business()["campaigns"], strict=True
    )
    columns = {
        "施策コード": list(code),
        "施策名": list(name),
        "ターゲット": list(target),
        "オファー": list(offer),
        "タイミング": list(timing),
        "開始日": files.days(business_day + np.array(first)),
        "終了日": files.days(business_day + np.array(last)),
        "目標": list(goal),
        "対照群比率": list(control),
        "予定費用": list(cost),
    }
    drop.csv("campaigns", "SHISAKU_MST", columns, encoding="utf-8")


def _write_traffic(seed: int, business_day: int, drop: Drop) -> None:
    """Counts of the doors, hour by hour: half as many again on a weekend."""
    rng = generator(seed, "traffic")
    chain = vocabulary.stores()
    codes = [*chain.codes, *(store.code for store in chain.new)]
    weights = np.array([*chain.weights, *(store.weight for store in chain.new)])
    days = np.arange(business_day - TRAFFIC_DAYS, business_day)
    weekend = np.array([(_EPOCH + timedelta(days=int(day))).weekday() >= 5 for day in days])
    shape = (len(codes), len(days), len(_HOURS))
    usual = 20 + 400 * weights / max(chain.weights)
    expected = usual[:, None, None] * np.where(weekend, 1.5, 1.0)[None, :, None] * _BUSY[None, None, :]
    store, day, hour = (axis.reshape(-1) for axis in np.indices(shape))
    columns = {
        "店舗コード": files.take(codes, store),
        "日付": files.days(days[day]),
        "時刻": _HOURS[hour],
        "入店客数": rng.poisson(expected).reshape(-1),
    }
    drop.csv("store_traffic", "RAITEN_KYAKUSU", columns, encoding="utf-8")


def _write_stock(catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    """The online shop's closes of three weeks, of every fourth product: sold down, and filled up when it is empty."""
    rng = generator(seed, "stock history")
    goods = np.flatnonzero(~np.array([vocabulary.leaves()[leaf].service for leaf in catalogue.leaf]))[::4]
    days = np.arange(business_day - STOCK_DAYS - 1, business_day - 1)
    level, filled = rng.poisson(25, len(goods)), np.zeros(len(goods), dtype=bool)
    levels, fills = [], []
    for _ in days:
        levels.append(level)
        fills.append(filled)
        filled = (level == 0) & chance(rng, 0.5, len(goods))
        level = np.where(filled, rng.integers(10, 40, len(goods)), np.maximum(level - rng.poisson(2, len(goods)), 0))
    stock = np.concatenate(levels)
    columns = {
        "基準日": files.days(np.repeat(days, len(goods))),
        "店舗コード": vocabulary.stores().ec,
        "商品コード": catalogue.codes(np.tile(goods, len(days))),
        "実在庫": stock,
        "販売可能数": np.maximum(stock - 1, 0),
        "入荷予定数": np.where(stock == 0, 20, 0),
        "初回入荷日": files.days(np.full(len(stock), business_day - 400)),
        "再入荷フラグ": np.concatenate(fills).astype(np.int64),
    }
    drop.csv("inventory", "ZAIKO_RIREKI", columns, encoding="utf-8")


def _write_households(crowd: People, seed: int, part: int, drop: Drop) -> None:
    """Half of the families of cardholders: who lives at one address under one name, as the counter wrote it down."""
    rng = generator(seed, "households", part)
    place = np.arange(len(crowd))
    first = np.maximum.accumulate(np.where(crowd.household == crowd.index, place, 0))
    size = np.bincount(first, minlength=len(crowd))[first]
    told = chance(rng, 0.5, len(crowd))[first]
    housing = weighted(rng, [40, 25, 30, 5], len(crowd))[first]
    rows = np.flatnonzero((size > 1) & told & crowd.card)
    columns = {
        "世帯番号": files.join("S", files.number(crowd.index[first[rows]], 9)),
        "続柄番号": rows - first[rows] + 1,
        "会員番号": people.card_number(crowd.index[rows]),
        "続柄": _relations(crowd, rows, first[rows]),
        "生年月日": files.days(crowd.birth[rows], least=-40_000),
        "世帯人数": size[rows],
        "住居": housing[rows] + 1,
    }
    drop.csv("households", "SETAI", columns)


def _relations(crowd: People, rows: Ints, first: Ints) -> files.Strings:
    """By age: whoever is twenty years younger or older than the first is a child or a parent."""
    older = crowd.birth[first] - crowd.birth[rows]
    kind = np.select([rows == first, older < -20 * 365, older > 20 * 365], [0, 2, 3], 1)
    return files.take(["self", "spouse", "child", "parent"], kind)


def _write_samples(crowd: People, catalogue: Catalogue, seed: int, part: int, today: int, drop: Drop) -> None:
    """Samples that account holders asked for: orders without money."""
    rng = generator(seed, "samples", part)
    goods = np.flatnonzero(catalogue.sample)
    who = np.flatnonzero(crowd.account & (crowd.start < today - 10) & chance(rng, 0.02, len(crowd)))
    if not len(goods) or not len(who):
        return
    product = goods[rng.integers(0, len(goods), len(who))]
    day = np.maximum(crowd.start[who] + 5, today - rng.integers(5, 180, len(who)))
    ordered = day * _DAY + rng.integers(9 * 3600, 23 * 3600, len(who))
    sent = {
        "order_no": files.join("E", files.days(day), "-S", files.number(crowd.index[who], 8)),
        "account_id": people.account_number(crowd.index[who]),
        "order_type": "sample",
        "response_code": "SAMPLE",
        **dict.fromkeys(("unit_price", "list_price", "line_total", "discount", "tax"), np.zeros(len(who), np.int64)),
    }
    drop.csv("ec_orders", "ec_order_sample", sent_orders(sent, catalogue, product, ordered), encoding="utf-8")


def sent_orders(said: Mapping[str, Any], catalogue: Catalogue, product: Ints, ordered: Ints) -> dict[str, Any]:
    """Online orders of one piece that went out the day after and came two days later; `said` is what they differ in."""
    day = ordered // _DAY
    usual = {
        "site": vocabulary.stores().ec,
        "ordered_at": files.times(ordered, "%Y-%m-%dT%H:%M:%S+09:00"),
        "status": "delivered",
        "shipped_on": files.days(day + 1, "%Y-%m-%d"),
        "delivered_on": files.days(day + 3, "%Y-%m-%d"),
        **dict.fromkeys(("points_used", "shipping_fee", "gift"), np.zeros(len(product), np.int64)),
        "line_no": 1,
        "qty": 1,
        "sku": catalogue.codes(product),
        "cost": catalogue.cost[product],
    }
    return {**dict.fromkeys(_ORDER), **usual, **said}


_ORDER = (
    "order_no", "account_id", "site", "ordered_at", "order_type", "status", "shipped_on", "delivered_on", "payment",
    "points_used", "tax", "shipping_fee", "gift", "pickup_store", "ready_at", "collected_at", "subscription_no",
    "session_id", "response_code", "guest_email", "line_no", "sku", "qty", "unit_price", "list_price", "discount",
    "line_total", "cost", "coupon_code",
)  # fmt: skip
"""The columns of `ec_orders` (layout.md), in their order."""
