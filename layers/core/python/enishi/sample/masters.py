"""The small masters that are written once: stores, media and their costs, events, coupons, ranks, catalogues."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from enishi.sample import vocabulary
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import Drop
from enishi.sample.randomness import generator
from enishi.sample.vocabulary import Store

_EPOCH = date(1970, 1, 1)
HISTORY = 730
"""Days of history before the business date."""


def write(catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    """Every master that does not grow with the members."""
    data = vocabulary.business()
    _write_stores(business_day, drop)
    _write_media(data, seed, business_day, drop)
    _write_events(data, business_day, drop)
    _write_coupons(data, business_day, drop)
    _write_ranks(data, drop)
    _write_catalogs(data, catalogue, seed, business_day, drop)


def _write_stores(business_day: int, drop: Drop) -> None:
    chain = vocabulary.stores()
    rows = [_store(store, f"{1998 + int(store.code) % 20}0420", None) for store in chain.stores]
    rows += [
        _store(
            change.store,
            "20120420" if change.opened is None else _ymd(business_day + change.opened),
            None if change.closed is None else _ymd(business_day + change.closed),
        )
        for change in chain.changes
    ]
    blank = (None,) * 7
    rows += [
        (chain.ec, chain.ec_name, 9, *blank, "20080401", None, 0),
        (chain.app, chain.app_name, 8, *blank, "20160401", None, 0),
    ]
    names = "店舗コード,店舗名,店舗区分,都道府県コード,郵便番号,住所,電話番号,緯度,経度,売場面積,開店日,閉店日,店舗受取"
    drop.csv("stores", "TENPO_MST", _columns(names, rows))


def _store(store: Store, opened: str, closed: str | None) -> tuple[Any, ...]:
    kind = 2 if "アウトレット" in store.name else 1
    name, postal, phone = f"{vocabulary.stores().chain} {store.name}", f"{store.postal}-0900", f"03-0000-{store.code}"
    place = (store.latitude, store.longitude, store.area)
    pickup = int(closed is None)
    return (store.code, name, kind, store.prefecture, postal, store.town, phone, *place, opened, closed, pickup)


def _write_media(data: dict[str, Any], seed: int, business_day: int, drop: Drop) -> None:
    rows = [tuple(row[:6]) for row in data["media"] + data["media_groups"]]
    drop.csv("media", "BAITAI_MST", _columns("媒体コード,媒体名,区分,媒体種別,親媒体コード,レスポンスコード", rows))
    rng = generator(seed, "media costs")
    costs = [
        (code, placement, None, _ymd(day), *(_shaken(rng, value) for value in figures), None)
        for code, placement, every, *figures in data["media_costs"]
        for day in range(business_day - HISTORY, business_day, every)
    ]
    names = "媒体コード,掲載名,地域,計上日,費用,表示回数,クリック数,部数,反響数"
    drop.csv("media_costs", "BAITAI_HIYO", _columns(names, costs))


def _shaken(rng: np.random.Generator, value: Any) -> int | None:
    return int(value * rng.uniform(0.8, 1.2)) if value else None


def _write_events(data: dict[str, Any], business_day: int, drop: Drop) -> None:
    year = (_EPOCH + timedelta(days=business_day)).year
    rows = [
        (f"{code}-{at}", name, kind, f"{at}{first.replace('-', '')}", f"{at}{last.replace('-', '')}", category, None)
        for at in (year - 2, year - 1, year, year + 1)
        for code, name, kind, first, last, category in data["events"]
    ]
    names = "イベントコード,イベント名,種別,開始日,終了日,大分類,店舗コード"
    drop.csv("calendar_events", "EVENT_CALENDAR", _columns(names, rows), encoding="utf-8")


def _write_coupons(data: dict[str, Any], business_day: int, drop: Drop) -> None:
    rows = [
        (code, name, kind, value, least, _ymd(business_day + first), _ymd(business_day + last), campaign, uses)
        for code, name, kind, value, least, first, last, campaign, uses in data["coupons"]
    ]
    names = "クーポンコード,名称,割引種別,割引値,最低金額,利用開始日,利用終了日,施策コード,上限回数"
    drop.csv("coupons", "COUPON_MST", _columns(names, rows), encoding="utf-8")


def _write_ranks(data: dict[str, Any], drop: Drop) -> None:
    rows = [(code, name, order, amount, None, 12, None) for code, name, order, amount in data["ranks"]]
    names = "ランクコード,ランク名,順位,必要金額,必要回数,判定月数,判定開始月"
    drop.csv("member_ranks", "RANK_MST", _columns(names, rows))


def _write_catalogs(data: dict[str, Any], catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    issues = data["catalogs"]
    rows = [(code, name, _ymd(business_day + day), cost, pages) for code, name, day, cost, pages, _ in issues]
    drop.csv("catalogs", "CATALOG", _columns("カタログコード,号名,発行日,単価,ページ数", rows), encoding="utf-8")
    rng = generator(seed, "catalogue pages")
    items = [
        (issue[0], place // 4 + 2, catalogue.code[product], 0.25, int(rng.random() < 0.05))
        for issue in issues
        for place, product in enumerate(rng.choice(len(catalogue.code), issue[4] * 2, replace=False))
    ]
    names = "カタログコード,ページ,商品コード,面積比,限定区分"
    drop.csv("catalog_items", "CATALOG_KEISAI", _columns(names, items), encoding="utf-8")


def _columns(names: str, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    values = zip(*rows, strict=True)
    return {
        name: [item if item != "" else None for item in column]
        for name, column in zip(names.split(","), values, strict=True)
    }


def _ymd(day: int) -> str:
    return f"{_EPOCH + timedelta(days=day):%Y%m%d}"
