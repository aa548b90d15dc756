"""The sample's words and masters: YAML of `sample/data`, read once and shaped for drawing from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from enishi.data_files import data_of
from enishi.sample.randomness import Floats, Ints


@cache
def read(name: str) -> Any:
    """One YAML file of the sample's data; not to be changed by who reads it."""
    return data_of("enishi.sample", f"data/{name}.yaml")


@dataclass(frozen=True)
class Store:
    code: str
    name: str
    prefecture: str
    postal: str
    town: str
    latitude: float
    longitude: float
    area: int
    weight: float


@dataclass(frozen=True)
class Change:
    """A store that opened or closed within the history: days from the business date, None for neither."""

    store: Store
    neighbour: str
    opened: int | None
    closed: int | None


@dataclass(frozen=True)
class Stores:
    chain: str
    ec: str
    ec_name: str
    app: str
    app_name: str
    stores: tuple[Store, ...]
    """Those that were there all the time; people and purchases are drawn from these."""
    changes: tuple[Change, ...]

    @property
    def codes(self) -> list[str]:
        return [store.code for store in self.stores]

    @property
    def weights(self) -> Floats:
        return np.array([store.weight for store in self.stores])

    @property
    def new(self) -> list[Store]:
        """Those that opened within the history."""
        return [change.store for change in self.changes if change.opened is not None]


@dataclass(frozen=True)
class Names:
    """Parallel lists: what is written, how it is read, in Latin letters, and the old way of writing it."""

    written: tuple[str, ...]
    reading: tuple[str, ...]
    latin: tuple[str, ...]
    old: tuple[str, ...]


@dataclass(frozen=True)
class Leaf:
    """A leaf of the category tree and how it is bought."""

    path: str
    kind: str
    price: tuple[int, int]
    cycle: int
    items: int
    share: float
    months: tuple[float, ...]
    brands: tuple[str, ...]
    name: str
    sizes: tuple[str, ...]
    season: str
    samples: int
    service: bool

    @property
    def levels(self) -> tuple[str, str, str]:
        first, second, third = self.path.split("/")
        return first, second, third


@dataclass(frozen=True)
class Relation:
    """Indices of two leaves; `with_it` and `later` are shares of the buyers of the first."""

    source: int
    target: int
    relation: str
    days: int
    with_it: float
    later: float


@dataclass(frozen=True)
class Taste:
    share: float
    likes: dict[str, float]


@cache
def stores() -> Stores:
    data = read("stores")
    return Stores(
        data["chain"],
        data["ec"]["code"],
        data["ec"]["name"],
        data["app"]["code"],
        data["app"]["name"],
        tuple(Store(*row) for row in data["stores"]),
        tuple(Change(Store(*row["store"]), row["neighbour"], row["opened"], row["closed"]) for row in data["changes"]),
    )


@cache
def surnames() -> Names:
    return _names(read("names")["surnames"])


@cache
def given_names() -> tuple[Names, int]:
    """Men's names, then women's; and where the women's begin."""
    given = read("names")["given"]
    return _names(given["male"] + given["female"]), len(given["male"])


@cache
def leaves() -> tuple[Leaf, ...]:
    data = read("catalogue")
    return tuple(_leaf(row, data["months"]) for row in data["leaves"])


@cache
def relations() -> tuple[Relation, ...]:
    place = {leaf.path: index for index, leaf in enumerate(leaves())}
    return tuple(
        Relation(place[row["from"]], place[row["to"]], row["relation"], row["days"], row["with_it"], row["later"])
        for row in read("relations")
    )


@cache
def tastes() -> tuple[Taste, ...]:
    return tuple(Taste(row["share"], row["likes"]) for row in read("business")["clusters"])


@cache
def business() -> dict[str, Any]:
    """Small masters, as the file has them."""
    return dict(read("business"))


@cache
def category_shares() -> Floats:
    """Cumulative shares of the leaves by (taste, month): float64[tastes, 12, leaves], the last of each row 1."""
    months = np.array([leaf.months for leaf in leaves()]).T
    likes = np.array([[taste.likes.get(leaf.levels[0], 1.0) for leaf in leaves()] for taste in tastes()])
    shares = likes[:, None, :] * months[None, :, :] * np.array([leaf.share for leaf in leaves()])
    return np.cumsum(shares / shares.sum(axis=2, keepdims=True), axis=2)


def leaf_ids(flag: str) -> Ints:
    """Indices of the leaves of one kind (necessity, hobby, consumable)."""
    return np.array([index for index, leaf in enumerate(leaves()) if leaf.kind == flag and not leaf.service])


def _names(rows: list[list[str]]) -> Names:
    columns = zip(*[(row[0], row[1], row[2], row[3] if len(row) > 3 else row[0]) for row in rows], strict=True)
    return Names(*(tuple(column) for column in columns))


def _leaf(row: dict[str, Any], months: dict[str, list[float]]) -> Leaf:
    return Leaf(
        path=row["path"],
        kind=row["kind"],
        price=(row["price"][0], row["price"][1]),
        cycle=row["cycle"],
        items=row["items"],
        share=float(row["share"]),
        months=tuple(months[row["months"]]),
        brands=tuple(row["brands"]),
        name=row["name"],
        sizes=tuple(str(size) for size in row["sizes"]),
        season=row.get("season", ""),
        samples=row.get("samples", 0),
        service=row.get("service", False),
    )
