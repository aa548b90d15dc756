"""People with the app who come near a store: before they shop there, and in passing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from enishi.sample import files, people, vocabulary
from enishi.sample.files import TOKYO, Columns
from enishi.sample.purchases import STORE
from enishi.sample.randomness import Ints, chance
from enishi.sample.relationship import Part
from enishi.sample.web import DEVICES, instants

NEARBY_DAYS = 60
"""Days since the app asks where it is."""
_PASSES = 1 / 60
"""How often a day people pass their store without shopping; those who pass it every day do so thirty times as often."""
_DAY = 86400


def events(part: Part, days: tuple[int, int]) -> Columns:
    """Entries into the surroundings of stores in the days [first, end), as columns of the log."""
    rng = part.rng("nearby")
    trips, crowd = part.trips, part.crowd
    has_app = crowd.app & (crowd.end >= days[0])
    there = (trips.channel == STORE) & (trips.person >= 0) & (trips.day >= days[0]) & (trips.day < days[1])
    shops = np.flatnonzero(there & has_app[np.maximum(trips.person, 0)])
    shops = shops[chance(rng, 0.5, len(shops))]
    daily = chance(rng, 0.01, len(crowd))
    often = np.where(has_app, _PASSES * (days[1] - days[0]), 0) * np.where(daily, 30, 1)
    passing = np.repeat(np.arange(len(crowd)), rng.poisson(often))
    store = pa.concat_arrays(
        [part.papers.shop.take(files.places(shops)), files.take(vocabulary.stores().codes, crowd.store[passing])]
    )
    before = trips.time[shops] - rng.integers(180, 2400, len(shops))
    moment = np.concatenate([before, _moments(rng, days, len(passing))])
    return _written(part, np.concatenate([trips.person[shops], passing]), moment, store)


def _moments(rng: np.random.Generator, days: tuple[int, int], count: int) -> Ints:
    return rng.integers(days[0], days[1], count) * _DAY + rng.integers(8 * 3600, 22 * 3600, count)


def _written(part: Part, who: Ints, moment: Ints, store: files.Strings) -> dict[str, object]:
    return {
        "ts": instants((moment - TOKYO) * 1000 + who % 1000),
        "uid": people.account_number(part.crowd.index[who]),
        "ev": pa.repeat("geofence_enter", len(who)),
        "shop": store,
        "dev": files.take(DEVICES, 2 + who % 2),
        "bot": pa.repeat(pa.scalar(False), len(who)),
    }
