"""Carts: left by those who only looked, ordered by those who bought."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from enishi.sample import files
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import Drop, Raw
from enishi.sample.purchases import Lines
from enishi.sample.randomness import chance, generator, weighted
from enishi.sample.web import Sessions

_DAY = 86400


@dataclass(frozen=True)
class Cart:
    """A cart and what lies in it: [(product, quantity)]."""

    identity: str
    visitor: str
    account: str | None
    created: int
    updated: int
    status: str
    step: str
    order: str | None
    items: tuple[tuple[int, int], ...]
    person: int
    """Index in the part, -1 for a stranger."""


def left(sessions: Sessions, catalogue: Catalogue, seed: int, part: int | str, tag: str, today: int) -> list[Cart]:
    """The carts that browsing left behind; older than three days they count as abandoned."""
    rng = generator(seed, "carts", part)
    rows = np.flatnonzero(sessions.end == 1)
    more = catalogue.pick(rng, catalogue.leaf[sessions.product[rows]])
    two, step = chance(rng, 0.3, len(rows)), weighted(rng, [5, 2, 2, 1], len(rows))
    carts = []
    for place, row in enumerate(rows.tolist()):
        created = int(sessions.start[row]) + int(sessions.pages[row]) * 70
        items = [(int(sessions.product[row]), 1)]
        if two[place] and int(more[place]) != items[0][0]:
            items.append((int(more[place]), 1))
        status = "open" if created // _DAY >= today - 3 else "abandoned"
        word = ("cart", "address", "payment", "confirm")[step[place]]
        account = sessions.account[row].as_py()
        visitor = sessions.visitor[row].as_py()
        carts.append(
            Cart(
                f"B{tag}{place:07d}",
                visitor,
                account,
                created,
                created + 90,
                status,
                word,
                None,
                tuple(items),
                int(sessions.person[row]),
            )
        )
    return carts


def ordered(sessions: Sessions, lines: Lines, trips: dict[str, int], tag: str) -> list[Cart]:
    """The carts that became the orders of `sessions`; `trips` finds the trip of an order number."""
    carts = []
    for place, number in enumerate(str(order) for order in sessions.order.to_pylist()):
        trip = trips[number]
        rows = slice(*np.searchsorted(lines.trip, [trip, trip + 1]))
        items = {int(p): int(q) for p, q in zip(lines.product[rows], lines.quantity[rows], strict=True)}
        created = int(sessions.start[place]) + 120
        done = int(sessions.start[place]) + int(sessions.pages[place]) * 75
        visitor, account = sessions.visitor[place].as_py(), sessions.account[place].as_py()
        carts.append(
            Cart(
                f"B{tag}9{place:06d}",
                visitor,
                account,
                created,
                done,
                "ordered",
                "confirm",
                number,
                tuple(items.items()),
                int(sessions.person[place]),
            )
        )
    return carts


def write(carts: list[Cart], catalogue: Catalogue, drop: Drop) -> None:
    """One JSON object a cart, its lines inside."""
    stamp = files.utc(np.array([cart.created for cart in carts], dtype=np.int64)).to_pylist()
    lines = [
        json.dumps(
            [
                {"sku": catalogue.code[p], "qty": q, "price": int(catalogue.price[p]), "added": stamp[n]}
                for p, q in cart.items
            ],
            separators=(",", ":"),
        )
        for n, cart in enumerate(carts)
    ]
    columns = {
        "cart_id": [cart.identity for cart in carts],
        "vid": [cart.visitor for cart in carts],
        "uid": pa.array([cart.account for cart in carts], pa.string()),
        "created": pa.array(stamp, pa.string()),
        "updated": files.utc(np.array([cart.updated for cart in carts], dtype=np.int64)),
        "status": [cart.status for cart in carts],
        "order_no": pa.array([cart.order for cart in carts], pa.string()),
        "last_step": [cart.step for cart in carts],
        "lines": Raw(pa.array(lines, pa.string())),
    }
    drop.jsonl("carts", "cart", columns)
