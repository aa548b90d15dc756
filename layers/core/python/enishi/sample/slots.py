"""What the site puts before visitors since lately, and what they make of it: pop-ups, and rows of recommended products.

Everything happens inside sessions that take place anyway, between two pages: no session begins or ends otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.sample import files
from enishi.sample.catalogue import Catalogue
from enishi.sample.files import TOKYO, Columns
from enishi.sample.randomness import Bools, Floats, Ints, chance, from_hash
from enishi.sample.web import DEVICES, ORDERED, Sessions, instants

SLOT_DAYS = 28
"""Days since the site has slots."""
SLOTS = ("popup_welcome", "popup_line", "reco_top", "reco_item")
"""Pop-ups for strangers and for people who are known; rows of products on the top page and on a product's."""
VARIANTS = ("A", "B", "control")
"""Pop-ups have a control group, who meet the rule and are shown nothing."""
_A, _B, _CONTROL = range(3)
_IMPRESSION, _CLICK, _DISMISS = range(3)
_SECONDS = np.array([66, 68, 69])
"""After the session's start: the first page comes within a minute of it, the second one after 70 seconds."""


@dataclass(frozen=True)
class _Shown:
    """One element an impression in the session with index `of`; product -1 for none."""

    of: Ints
    slot: Ints
    variant: Ints
    product: Ints
    clicked: Bools
    closed: Bools


def events(rng: np.random.Generator, sessions: Sessions, catalogue: Catalogue, since: int) -> Columns:
    """The events of the slots in the sessions from the day `since` on, as columns of the log."""
    rows = np.flatnonzero((sessions.start >= since * 86400) & (sessions.pages >= 3) & ~sessions.robots())
    luck = from_hash([str(visitor) for visitor in sessions.visitor.take(files.places(rows)).to_pylist()], "slots")
    return _written(
        sessions, catalogue, [_popups(rng, sessions, rows, luck), _rows(rng, sessions, rows, luck, catalogue)]
    )


def _popups(rng: np.random.Generator, sessions: Sessions, rows: Ints, luck: Floats) -> _Shown:
    """A fifth of the visitors are the control group; the others order a little more often."""
    variant = np.select([luck < 0.2, luck < 0.6], [_CONTROL, _A], _B)
    orders = sessions.end[rows] == ORDERED
    met = chance(rng, np.where(orders & (variant != _CONTROL), 0.45, 0.32), len(rows))
    of, variant, orders = rows[met], variant[met], orders[met]
    shown = variant != _CONTROL
    clicked = shown & chance(rng, np.select([orders, variant == _B], [0.3, 0.08], 0.05), len(of))
    closed = shown & ~clicked & chance(rng, 0.4, len(of))
    return _Shown(of, (sessions.person[of] >= 0).astype(np.int64), variant, np.full(len(of), -1), clicked, closed)


def _rows(rng: np.random.Generator, sessions: Sessions, rows: Ints, luck: Floats, catalogue: Catalogue) -> _Shown:
    """Two products of the category that is looked at; B's logic finds the better ones, and some are bought."""
    met = np.repeat(np.flatnonzero(chance(rng, 0.4, len(rows))), 2)
    of, variant = rows[met], np.where(luck[met] * 8 % 1 < 0.5, _A, _B)
    main = sessions.product[of]
    other = catalogue.on_sale(catalogue.pick(rng, catalogue.leaf[main]), sessions.start[of] // 86400)
    first = np.arange(len(of)) % 2 == 0
    product = np.where(first & chance(rng, 0.4, len(of)), main, other)
    bought = (sessions.end[of] == ORDERED) & (product == main)
    clicked = chance(rng, np.select([bought, variant == _B], [0.5, 0.09], 0.06), len(of))
    return _Shown(of, 2 + sessions.pages[of] % 2, variant, product, clicked, np.zeros(len(of), bool))


def _written(sessions: Sessions, catalogue: Catalogue, shown: list[_Shown]) -> dict[str, Any]:
    whole = _Shown(*(np.concatenate([getattr(one, name) for one in shown]) for name in vars(shown[0])))
    kinds = [np.arange(len(whole.of)), np.flatnonzero(whole.clicked), np.flatnonzero(whole.closed)]
    rows = np.concatenate(kinds)
    kind = np.repeat([_IMPRESSION, _CLICK, _DISMISS], [len(places) for places in kinds])
    of, product = whole.of[rows], whole.product[rows]
    at = files.places(of)
    return {
        "ts": instants((sessions.start[of] + _SECONDS[kind] - TOKYO) * 1000 + of % 1000),
        "vid": sessions.visitor.take(at),
        "uid": sessions.account.take(at),
        "sid": sessions.identity.take(at),
        "ev": files.take(("impression", "click", "dismiss"), kind),
        "sku": files.where(product >= 0, catalogue.codes(np.maximum(product, 0))),
        "slot": files.take(SLOTS, whole.slot[rows]),
        "variant": files.take(VARIANTS, whole.variant[rows]),
        "dev": files.take(DEVICES, sessions.devices()[of]),
        "bot": pa.repeat(pa.scalar(False), len(of)),
    }
