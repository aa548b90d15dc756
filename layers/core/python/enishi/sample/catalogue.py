"""Products, their relations, prices and stock: the part of the sample that is the same for every number of members."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.sample import files, vocabulary
from enishi.sample.files import Drop, Strings
from enishi.sample.randomness import Bools, Ints, chance, generator, weighted

_KINDS = {"necessity": "1", "hobby": "2", "consumable": "3"}
_RELATIONS = {"essential": "E", "useful": "U", "upgrade": "G", "substitute": "S", "refill": "R", "care": "C"}
_DROPPED = 24
"""Products whose price falls on the business date."""


@dataclass(frozen=True)
class Catalogue:
    """Parallel arrays, one element a product, in the order of the leaves."""

    code: tuple[str, ...]
    parent: tuple[str, ...]
    name: tuple[str, ...]
    leaf: Ints
    brand: tuple[str, ...]
    series: tuple[str, ...]
    grade: Ints
    price: Ints
    cost: Ints
    colour: tuple[str, ...]
    model: tuple[str, ...]
    released: Ints
    sample: Bools
    dropped: Bools

    @cached_property
    def first(self) -> Ints:
        """Where each leaf's products begin, and the end."""
        return np.searchsorted(self.leaf, np.arange(len(vocabulary.leaves()) + 1))

    @cached_property
    def category(self) -> Strings:
        """Top category by product."""
        return files.take([vocabulary.leaves()[leaf].levels[0] for leaf in self.leaf], np.arange(len(self.code)))

    @cached_property
    def cycle(self) -> Ints:
        """Days until one unit is used up, by product."""
        return np.array([leaf.cycle for leaf in vocabulary.leaves()])[self.leaf]

    @cached_property
    def consumable(self) -> Bools:
        return np.array([leaf.kind == "consumable" for leaf in vocabulary.leaves()])[self.leaf] & ~self.sample

    def pick(self, rng: np.random.Generator, leaf: Ints) -> Ints:
        """A product of each leaf; the first ones of a leaf sell best (Zipf)."""
        counts = (self.first[leaf + 1] - self.first[leaf]).astype(np.float64)
        place = np.floor(np.exp(rng.random(len(leaf)) * np.log(counts + 1.0)) - 1.0).astype(np.int64)
        return self.first[leaf] + np.minimum(place, counts.astype(np.int64) - 1)

    def on_sale(self, product: Ints, day: Ints) -> Ints:
        """The product, or the leaf's oldest one where it was not on sale yet on that day."""
        return np.where(self.released[product] <= day, product, self.first[self.leaf[product]])

    def codes(self, product: Ints) -> Strings:
        return files.take(self.code, product)


def build(seed: int, business_day: int) -> Catalogue:
    """The products of a seed; `business_day` is days since 1970."""
    rng = generator(seed, "catalogue")
    rows = [row for index, leaf in enumerate(vocabulary.leaves()) for row in _products(rng, index, leaf)]
    code, parent, name, leaf_ids, brand, series, grade, price, colour, model, sample = zip(*rows, strict=True)
    prices = np.array(price)
    popular = np.flatnonzero(prices >= 3000)
    dropped = np.zeros(len(code), dtype=bool)
    dropped[rng.choice(popular, _DROPPED, replace=False)] = True
    margin = rng.uniform(0.62, 0.82, len(code))
    released = business_day - _ages(rng, np.array(leaf_ids))
    return Catalogue(
        code,
        parent,
        name,
        np.array(leaf_ids),
        brand,
        series,
        np.array(grade),
        prices,
        (prices * margin).astype(np.int64),
        colour,
        model,
        released,
        np.array(sample),
        dropped,
    )


def _ages(rng: np.random.Generator, leaf: Ints) -> Ints:
    """Days on sale: the first of a leaf for years, of the others one in eight is new."""
    first = np.concatenate([[True], leaf[1:] != leaf[:-1]])
    new = chance(rng, 0.12, len(leaf)) & ~first
    return np.where(new, rng.integers(2, 60, len(leaf)), rng.integers(760, 1500, len(leaf)))


Row = tuple[str, str, str, int, str, str, int, int, str, str, bool]


def _products(rng: np.random.Generator, index: int, leaf: vocabulary.Leaf) -> list[Row]:
    low, high = leaf.price
    data = vocabulary.read("catalogue")
    rows = []
    for item in range(leaf.items + leaf.samples):
        step = item % leaf.items / max(leaf.items - 1, 1)
        price = int(round(low * (high / low) ** step, -1)) if item else low
        brand = leaf.brands[item % len(leaf.brands)]
        size = leaf.sizes[item % len(leaf.sizes)]
        series = data["series"][(index + item) % len(data["series"])]
        sample = item >= leaf.items
        parent = f"{index + 10:02d}{item + 1:03d}"
        title = f"{brand} {leaf.name.replace('{n}', size)}" + (" お試しセット" if sample else "")
        colour = str(rng.choice(data["colours"])) if leaf.kind != "consumable" and not leaf.service else ""
        model = (
            f"{data['brands'][brand]['prefix']}-{'ABCDEFGHJK'[index % 10]}{rng.integers(100, 999)}{'ABCX'[item % 4]}"
        )
        cost = 500 if sample else _ending(price)
        rows.append(
            (
                f"{parent}{item % 90 + 10:02d}",
                parent,
                title,
                index,
                brand,
                series,
                item % 4 + 1,
                cost,
                colour,
                model,
                sample,
            )
        )
    return rows


def _ending(price: int) -> int:
    """Prices end as prices do: 980, 4,980, 129,800."""
    unit = 100 if price < 10_000 else 1000
    return max(price // unit * unit - (20 if unit == 100 else 200), 180) if price >= 300 else price


def write(catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    """Product master, relations, prices and stock."""
    _write_products(catalogue, drop)
    _write_relations(catalogue, drop)
    _write_prices(catalogue, seed, business_day, drop)
    _write_inventory(catalogue, seed, business_day, drop)


def _write_products(catalogue: Catalogue, drop: Drop) -> None:
    leaves = [vocabulary.leaves()[index] for index in catalogue.leaf]
    columns = {
        "商品コード": list(catalogue.code),
        "親商品コード": list(catalogue.parent),
        "商品名": list(catalogue.name),
        "大分類": [leaf.levels[0] for leaf in leaves],
        "中分類": [leaf.levels[1] for leaf in leaves],
        "小分類": [leaf.levels[2] for leaf in leaves],
        "メーカー": list(catalogue.brand),
        "シリーズ": list(catalogue.series),
        "グレード": catalogue.grade,
        "商品区分": [_KINDS[leaf.kind] for leaf in leaves],
        "税込定価": catalogue.price,
        "原価": catalogue.cost,
        "発売日": files.days(catalogue.released),
        "販売終了日": None,
        "想定サイクル日数": [leaf.cycle or None for leaf in leaves],
        "季節コード": [leaf.season or None for leaf in leaves],
        "サンプル区分": catalogue.sample.astype(np.int64),
        "サービス区分": [int(leaf.service) for leaf in leaves],
        "カラー": [colour or None for colour in catalogue.colour],
        "型番": list(catalogue.model),
    }
    drop.csv("products", "SHOHIN_MST", columns)


def _write_relations(catalogue: Catalogue, drop: Drop) -> None:
    leaves = vocabulary.leaves()
    rows = [
        (leaves[r.source].path, leaves[r.target].path, _RELATIONS[r.relation], r.days) for r in vocabulary.relations()
    ]
    upper = np.flatnonzero((catalogue.leaf[:-1] == catalogue.leaf[1:]) & ~catalogue.sample[1:])
    rows += [(catalogue.code[index], catalogue.code[index + 1], "G", 0) for index in upper]
    source, target, relation, lag = zip(*rows, strict=True)
    columns = {"元キー": list(source), "先キー": list(target), "関連区分": list(relation), "推奨日数": list(lag)}
    drop.csv("product_relations", "SHOHIN_KANREN", columns, encoding="utf-8")


def _write_prices(catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    rng = generator(seed, "prices")
    count = len(catalogue.code)
    morning = business_day * 86400 + 10 * 3600
    fallen = np.flatnonzero(catalogue.dropped)
    past = np.sort(rng.choice(count, count // 3, replace=False))
    begin = (business_day - rng.integers(20, 300, len(past))) * 86400
    product = np.concatenate([np.arange(count), past, fallen])
    kind = np.concatenate([np.full(count, 1), np.full(len(past), 2), np.full(len(fallen), 2)])
    price = np.concatenate([catalogue.price, _reduced(catalogue.price[past], 0.92), sale_price(catalogue)[fallen]])
    start = np.concatenate([catalogue.released * 86400, begin, np.full(len(fallen), morning)])
    end = np.concatenate(
        [np.full(count, -1), begin + 14 * 86400 - 1, np.full(len(fallen), morning + 7 * 86400 + 50399)]
    )
    columns = {
        "商品コード": catalogue.codes(product),
        "適用範囲": "ALL",
        "価格区分": kind,
        "税込価格": price,
        "適用開始日時": files.times(start, "%Y/%m/%d %H:%M:%S"),
        "適用終了日時": files.times(end, "%Y/%m/%d %H:%M:%S"),
    }
    drop.csv("prices", "KAKAKU", columns)


def sale_price(catalogue: Catalogue) -> Ints:
    """What a product costs once its price has fallen: a tenth to a fifth below the regular one, by its place."""
    return _reduced(catalogue.price, 0.80 + 0.02 * (np.arange(len(catalogue.code)) % 6))


def _reduced(price: Ints, factor: Any) -> Ints:
    reduced: Ints = (price * np.asarray(factor) / 10).astype(np.int64) * 10
    return reduced


def _write_inventory(catalogue: Catalogue, seed: int, business_day: int, drop: Drop) -> None:
    """Every store's stock of every product; that of stores which came later is drawn apart."""
    chain = vocabulary.stores()
    goods = np.flatnonzero(~np.array([vocabulary.leaves()[leaf].service for leaf in catalogue.leaf]))
    drawn = [
        _stock(generator(seed, "inventory"), catalogue, goods, [*chain.codes, chain.ec], business_day),
        _stock(generator(seed, "new stores' inventory"), catalogue, goods, [s.code for s in chain.new], business_day),
    ]
    columns = {name: pa.concat_arrays([stock[name] for stock in drawn]) for name in drawn[0]}
    drop.csv("inventory", "ZAIKO", columns, encoding="utf-8")


def _stock(
    rng: np.random.Generator, catalogue: Catalogue, goods: Ints, places: list[str], business_day: int
) -> dict[str, Strings]:
    """The last two closes of the stores `places`."""
    size = len(goods) * len(places)
    product, place = np.tile(goods, len(places)), np.repeat(np.arange(len(places)), len(goods))
    before = np.where(chance(rng, 0.13, size), 0, rng.poisson(6, size))
    sold = np.minimum(before, weighted(rng, [5, 3, 1], size))
    restocked = (before == 0) & chance(rng, 0.2, size)
    after = np.where(restocked, rng.integers(2, 12, size), before - sold)
    stock = np.concatenate([before, after])
    reserved = np.minimum(stock, np.concatenate([sold, sold]) // 2)
    received = business_day - rng.integers(5, 400, size)
    columns = {
        "基準日": files.days(np.repeat([business_day - 1, business_day], size)),
        "店舗コード": files.take(places, np.tile(place, 2)),
        "商品コード": catalogue.codes(np.tile(product, 2)),
        "実在庫": stock,
        "販売可能数": stock - reserved,
        "入荷予定数": np.where(stock == 0, 10, 0),
        "初回入荷日": files.days(np.tile(received, 2)),
        "再入荷フラグ": np.concatenate([np.zeros(size, np.int64), restocked.astype(np.int64)]),
    }
    return {name: files.text(values) for name, values in columns.items()}
