"""The demos by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from enishi.errors import SettingsError
from enishi.local.demo import completejourney
from enishi.local.demo.completejourney import CompleteJourney
from enishi.local.demo.datasets import Dataset
from enishi.local.demo.sample import DAY, SampleRetailer

Make = Callable[[int, int, date | None], Dataset]


def _sample(members: int, seed: int, day: date | None) -> Dataset:
    return SampleRetailer(members=members, seed=seed, day=day or DAY)


def _completejourney(_members: int, seed: int, day: date | None) -> Dataset:
    return CompleteJourney(seed=seed, day=day or completejourney.DAY)


DATASETS: Mapping[str, Make] = {"sample": _sample, "completejourney": _completejourney}


def dataset(name: str, *, members: int, seed: int, day: date | None) -> Dataset:
    """The demo of that name; `members` and `seed` are the sample retailer's.

    Raises:
        SettingsError: there is no such demo.
    """
    if name not in DATASETS:
        remedy = f"Use one of {', '.join(DATASETS)}."
        raise SettingsError(f"there is no data set {name!r}", where="--dataset", remedy=remedy)
    return DATASETS[name](members, seed, day)
