"""What people do on the site and in the app: sessions and their events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.sample import files, people, vocabulary
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import TOKYO, Columns, Drop, Strings
from enishi.sample.people import People
from enishi.sample.purchases import APP, STORE, Lines, Trips
from enishi.sample.randomness import Bools, Ints, chance, cumulative_pick, generator, weighted
from enishi.sample.receipts import Documents

WEB_DAYS = 120
"""Days for which the site keeps its log."""
_DAY = 86400

TYPES = (
    "page_view", "search", "product_view", "add_to_cart", "checkout_step", "purchase", "favourite_add", "app_open",
)  # fmt: skip
VIEW, SEARCH, PRODUCT, ADD, CHECKOUT, PURCHASE, FAVOURITE, OPEN = range(len(TYPES))
LOOKED, LEFT, ORDERED = range(3)
"""How a session ends."""
PAGES = ("top", "category", "product", "search", "cart", "checkout", "thanks", "article")
TOP, CATEGORY, ITEM, RESULTS, CART, CHECK, THANKS, ARTICLE = range(len(PAGES))
DEVICES = ("smartphone", "pc", "app_ios", "app_android")
_REFERRERS = (None, "search.example.com", "sns.example.net", "hikaku.example.org")
_SOURCES = (None, "search", "sns", "affiliate")
_MEDIUM_IDS = (None, "M11", "M13", "M14")


@dataclass(frozen=True)
class Sessions:
    """One element a session; `person` -1 for a stranger, `end` is how it ends."""

    person: Ints
    start: Ints
    product: Ints
    pages: Ints
    end: Ints
    identity: Strings
    visitor: Strings
    account: Strings
    order: Strings
    app: Bools

    def __len__(self) -> int:
        return len(self.person)

    def devices(self) -> Ints:
        """Index into `DEVICES`, by session."""
        place = np.arange(len(self))
        return np.where(self.app, 2 + place % 2, place % 7 % 2)

    def robots(self) -> Bools:
        """Whether a session is a known robot's."""
        known: Bools = (self.person < 0) & (np.arange(len(self)) % 40 == 0)
        return known


def browsing(crowd: People, catalogue: Catalogue, seed: int, part: int | str, days: tuple[int, int]) -> Sessions:
    """Sessions without an order in the days [first, end): more before people buy, and those of strangers."""
    rng = generator(seed, "web", part)
    span = days[1] - days[0]
    keen = np.where(crowd.account, (0.6 + np.minimum(crowd.rate, 6) * 0.8) * span / 60, 0)
    active = (crowd.end >= days[0] - 1) & (crowd.start < days[1])
    member = np.repeat(np.arange(len(crowd)), rng.poisson(np.where(active, keen, 0)))
    stranger = np.full(rng.poisson(len(crowd) * 0.6 * span / WEB_DAYS), -1)
    person = np.concatenate([member, stranger])
    size = len(person)
    day = days[0] + (rng.random(size) * span).astype(np.int64)
    start = day * _DAY + _hours(rng, size) * 3600 + rng.integers(0, 3600, size)
    known = np.maximum(person, 0)
    shares = vocabulary.category_shares().reshape(-1, len(vocabulary.leaves()))
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    drawn = cumulative_pick(rng, shares, crowd.taste[known] * 12 + month)
    # People compare one category for a while: half of a person's sessions stay with the category of the season.
    steady = chance(rng, 0.5, size) & (person >= 0)
    leaf = np.where(steady, _interest(crowd, known, day), drawn)
    named = (person >= 0) & chance(rng, 0.8, size)
    visitors = np.where(person >= 0, known, 0)
    return Sessions(
        person=person,
        start=start,
        product=catalogue.on_sale(catalogue.pick(rng, leaf), day),
        pages=2 + rng.poisson(2.6, size),
        end=weighted(rng, [0.93, 0.07], size),
        identity=files.join("s", files.hexes(rng, size, 12)),
        visitor=files.either(
            person >= 0, crowd.visitor.take(files.places(visitors)), files.join("v", files.hexes(rng, size, 16))
        ),
        account=files.where(named, people.account_number(crowd.index[known])),
        order=pa.nulls(size, pa.string()),
        app=(person >= 0) & crowd.app[known] & chance(rng, 0.35, size),
    )


def passing(rng: np.random.Generator, crowd: People, catalogue: Catalogue, days: tuple[int, int]) -> Sessions:
    """Strangers of the days [first, end) who leave after the page that they came to."""
    size = int(rng.poisson(len(crowd) * 0.3 * (days[1] - days[0]) / WEB_DAYS))
    day = rng.integers(days[0], days[1], size)
    leaf = rng.integers(0, len(vocabulary.leaves()), size)
    return Sessions(
        person=np.full(size, -1),
        start=day * _DAY + _hours(rng, size) * 3600 + rng.integers(0, 3600, size),
        product=catalogue.on_sale(catalogue.pick(rng, leaf), day),
        pages=np.ones(size, np.int64),
        end=np.full(size, LOOKED),
        identity=files.join("s", files.hexes(rng, size, 12)),
        visitor=files.join("v", files.hexes(rng, size, 16)),
        account=pa.nulls(size, pa.string()),
        order=pa.nulls(size, pa.string()),
        app=np.zeros(size, bool),
    )


def only_carts(sessions: Sessions) -> Sessions:
    """The sessions of people who are logged in, each ending with a cart left."""
    rows = np.flatnonzero(sessions.account.is_valid())
    at = files.places(rows)
    arrays: dict[str, Any] = {
        name: value.take(at) if isinstance(value, pa.Array) else value[rows] for name, value in vars(sessions).items()
    }
    return Sessions(**(arrays | {"end": np.full(len(rows), LEFT)}))


def ordering(
    crowd: People, trips: Trips, lines: Lines, papers: Documents, since: int, seed: int, part: int | str
) -> Sessions:
    """The sessions in which the online orders since the day `since` were placed."""
    rng = generator(seed, "orders' sessions", part)
    online = np.flatnonzero((trips.channel != STORE) & (trips.person >= 0) & (trips.day >= since))
    first = np.searchsorted(lines.trip, online)
    rows = files.places(online)
    person = trips.person[online]
    pages = 5 + rng.poisson(2.0, len(online))
    return Sessions(
        person=person,
        start=trips.time[online] - pages * 75,
        product=lines.product[first],
        pages=pages,
        end=np.full(len(online), ORDERED),
        identity=papers.session.take(rows),
        visitor=crowd.visitor.take(files.places(person)),
        account=papers.customer.take(rows),
        order=papers.number.take(rows),
        app=trips.channel[online] == APP,
    )


def write_events(
    sessions: list[Sessions],
    catalogue: Catalogue,
    seed: int,
    part: int | str,
    tag: str,
    drop: Drop,
    *,
    more: Sequence[Columns] = (),
) -> None:
    """Every event of the sessions, in order of session, then `more`; `tag` keeps event ids of parts and days apart."""
    rng = generator(seed, "events", part)
    groups: list[Columns] = [*(events(rng, group, catalogue) for group in sessions), *more]
    names = dict.fromkeys(name for group in groups for name in group)
    merged = {name: _stacked(groups, name) for name in names}
    numbers = files.number(np.arange(len(merged["ts"])), 9)
    drop.jsonl("web_events", "web", {"eid": files.join("w", tag, numbers), **merged}, packed=True)


def _stacked(groups: Sequence[Columns], name: str) -> Any:
    """One column of all groups; those that do not have it say nothing."""
    kind = next(pa.array(group[name]).type for group in groups if name in group)
    return pa.concat_arrays([pa.array(g[name]) if name in g else pa.nulls(len(g["ts"]), kind) for g in groups])


def events(rng: np.random.Generator, sessions: Sessions, catalogue: Catalogue) -> dict[str, Any]:
    """The events of the sessions as columns of the log."""
    session = np.repeat(np.arange(len(sessions)), sessions.pages)
    place = np.arange(len(session)) - np.repeat(np.cumsum(sessions.pages) - sessions.pages, sessions.pages)
    left = sessions.pages[session] - place - 1
    kind, page = _steps(rng, place, left, sessions.end[session], sessions.app[session])
    product = _seen(rng, sessions, session, left, catalogue)
    about = np.isin(kind, (PRODUCT, ADD, FAVOURITE))
    at = files.places(session)
    millis = (sessions.start[session] + place * 70 - TOKYO) * 1000 + rng.integers(0, 60_000, len(session))
    came = np.where((place == 0) & ~sessions.app[session], weighted(rng, [6, 2, 1, 1], len(session)), 0)
    searches = vocabulary.business()["searches"]
    term = rng.integers(0, len(searches), len(session))
    return {
        "ts": instants(millis),
        "vid": sessions.visitor.take(at),
        "uid": sessions.account.take(at),
        "sid": sessions.identity.take(at),
        "ev": files.take(TYPES, kind),
        "n": pa.array(place + 1),
        "path": _paths(page, product, catalogue),
        "ptype": files.take(PAGES, page),
        "sku": files.where(about, catalogue.codes(product)),
        "cat": files.where(about | (page == CATEGORY), catalogue.category.take(files.places(product))),
        "q": files.where(kind == SEARCH, files.take([row[0] for row in searches], term)),
        "hits": _numbers(kind == SEARCH, rng.integers(0, 60, len(session))),
        "ref": files.take(_REFERRERS, came),
        "utm_source": files.take(_SOURCES, came),
        "utm_medium": files.where(came > 0, np.full(len(session), "cpc")),
        "medium": files.take(_MEDIUM_IDS, came),
        "oid": files.where(kind == PURCHASE, sessions.order.take(at)),
        "dev": files.take(DEVICES, sessions.devices()[session]),
        "bot": pa.array(sessions.robots()[session]),
    }


def _steps(rng: np.random.Generator, place: Ints, left: Ints, end: Ints, app: Bools) -> tuple[Ints, Ints]:
    """Event type and page of each step: a landing, a look around, and the cart and the till at the end."""
    landing = rng.choice([VIEW, VIEW, SEARCH, PRODUCT], len(place))
    inside = rng.choice([PRODUCT, PRODUCT, PRODUCT, VIEW, SEARCH], len(place))
    kind = np.where(place == 0, np.where(app, OPEN, landing), inside)
    kind = np.where(chance(rng, 0.012, len(place)) & (place > 1), FAVOURITE, kind)
    kind = np.where((end == LEFT) & (left == 0) | (end == ORDERED) & (left == 2), ADD, kind)
    kind = np.where((end == ORDERED) & (left == 1), CHECKOUT, np.where((end == ORDERED) & (left == 0), PURCHASE, kind))
    view = np.where(place == 0, TOP, np.where(chance(rng, 0.15, len(place)), ARTICLE, CATEGORY))
    pages = np.array([TOP, RESULTS, ITEM, CART, CHECK, THANKS, ITEM, TOP])
    return kind, np.where(kind == VIEW, view, pages[kind])


def _seen(rng: np.random.Generator, sessions: Sessions, session: Ints, left: Ints, catalogue: Catalogue) -> Ints:
    """Mostly the session's product, else another of its category; the last steps are about the product itself."""
    main = sessions.product[session]
    other = catalogue.on_sale(catalogue.pick(rng, catalogue.leaf[main]), sessions.start[session] // _DAY)
    return np.where(chance(rng, 0.55, len(session)) | (left < 3), main, other)


def _paths(page: Ints, product: Ints, catalogue: Catalogue) -> Strings:
    fixed = ["/", None, None, "/search", "/cart", "/checkout", "/thanks", None]
    category = files.join("/c/", catalogue.leaf[product])
    article = files.join("/guide/", catalogue.leaf[product])
    item = files.join("/p/", catalogue.codes(product))
    chosen = files.either(page == CATEGORY, category, files.either(page == ARTICLE, article, item))
    return files.either(np.isin(page, (CATEGORY, ARTICLE, ITEM)), chosen, files.take(fixed, page))


def _interest(crowd: People, person: Ints, day: Ints) -> Ints:
    """The leaf that a person is after in those four weeks."""
    turn = (crowd.index[person] * 2_654_435_761 + day // 28 * 40_503) % 4_294_967_296 / 4_294_967_296
    shares = vocabulary.category_shares()[crowd.taste[person], 5]
    drawn: Ints = (shares < turn[:, None]).sum(axis=1)
    return drawn


def _hours(rng: np.random.Generator, size: int) -> Ints:
    return weighted(rng, [3, 2, 1, 1, 1, 1, 2, 4, 4, 4, 4, 4, 6, 5, 4, 4, 4, 5, 6, 7, 9, 10, 9, 6], size)


def instants(millis: Ints) -> Strings:
    """Milliseconds of UTC as the log writes them."""
    return files.join(files.times(millis // 1000, "%Y-%m-%dT%H:%M:%S"), ".", files.number(millis % 1000, 3), "Z")


def _numbers(known: Any, values: Ints) -> Any:
    return pa.array(values, mask=~np.asarray(known))
