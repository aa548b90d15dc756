"""What a scenario added over its holdout, with an interval.

The interval of the difference of two proportions is Newcombe's hybrid score interval without continuity correction
(R. G. Newcombe, Statistics in Medicine 17, 1998, method 10), which holds for small groups and for rates near zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class Arm:
    """People of one arm and how many of them bought."""

    people: int
    buyers: int

    @property
    def rate(self) -> float | None:
        return self.buyers / self.people if self.people else None


@dataclass(frozen=True)
class Increment:
    """`difference` of the buying rates (0-1), its interval, and the extra buyers among those who were sent to."""

    difference: float
    low: float
    high: float
    extra_buyers: float

    @property
    def is_clear(self) -> bool:
        """Whether zero lies outside the interval."""
        return self.low > 0 or self.high < 0


def increment(treated: Arm, control: Arm, confidence: float = 0.95) -> Increment | None:
    """The increment of `treated` over `control`; None when either arm is empty."""
    if not treated.people or not control.people:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, base = treated.buyers / treated.people, control.buyers / control.people
    low_t, high_t = _wilson(treated, z)
    low_c, high_c = _wilson(control, z)
    difference = rate - base
    return Increment(
        difference=difference,
        low=difference - sqrt((rate - low_t) ** 2 + (high_c - base) ** 2),
        high=difference + sqrt((high_t - rate) ** 2 + (base - low_c) ** 2),
        extra_buyers=difference * treated.people,
    )


def _wilson(arm: Arm, z: float) -> tuple[float, float]:
    n, p = arm.people, arm.buyers / arm.people
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
