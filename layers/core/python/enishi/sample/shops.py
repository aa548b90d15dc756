"""Stores that opened or closed within the history: whose purchases of the neighbour they take over, and when.

Nothing is drawn here: purchases are those of the neighbour, of the people who live nearer to the other store.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from enishi.sample import files, vocabulary
from enishi.sample.files import Strings
from enishi.sample.people import People
from enishi.sample.purchases import Trips
from enishi.sample.randomness import Bools, Floats, Ints
from enishi.sample.vocabulary import Change, Store

_EAST = 0.82
"""A degree of longitude against one of latitude, in Japan's middle."""


def of_trips(trips: Trips, crowd: People, today: int) -> Strings:
    """The code of the store of each trip, null online; `today` is the business date."""
    chain = vocabulary.stores()
    place = trips.store
    for number, change in enumerate(chain.changes, len(chain.stores)):
        there = (trips.store == chain.codes.index(change.neighbour)) & _is_open(change, trips.day, today)
        place = np.where(there & _is_nearer(change, trips, crowd), number, place)
    return files.take([*chain.codes, *(change.store.code for change in chain.changes)], place)


def open_on(codes: Strings, days: Ints, today: int) -> Strings:
    """The same stores, or the neighbour of one that is closed by then: that is where its sales are given back."""
    for change in vocabulary.stores().changes:
        closed = np.asarray(pc.equal(codes, pa.scalar(change.store.code))) & ~_is_open(change, days, today)
        codes = files.either(closed, change.neighbour, codes)
    return codes


def _is_open(change: Change, days: Ints, today: int) -> Bools:
    first = 0 if change.opened is None else today + change.opened
    last = days.max(initial=0) + 1 if change.closed is None else today + change.closed
    return (days >= first) & (days < last)


def _is_nearer(change: Change, trips: Trips, crowd: People) -> Bools:
    """Whether the person lives nearer to the other store; of guests every third goes there."""
    neighbour = next(store for store in vocabulary.stores().stores if store.code == change.neighbour)
    nearer = _distance(crowd, change.store) < _distance(crowd, neighbour)
    return np.where(trips.person >= 0, nearer[np.maximum(trips.person, 0)], trips.time % 3 == 0)


def _distance(crowd: People, store: Store) -> Floats:
    return np.hypot(crowd.latitude - store.latitude, _EAST * (crowd.longitude - store.longitude))
