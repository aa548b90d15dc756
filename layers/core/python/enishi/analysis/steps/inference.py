"""Comparisons of groups that several numeric steps share: rates, means, allocation, several tests at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """An estimate of a difference, its interval, and the p-value of no difference."""

    value: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Sample:
    """Values that `counts` people each have."""

    values: Array
    counts: Array

    @property
    def size(self) -> float:
        return float(self.counts.sum())

    @property
    def mean(self) -> float:
        return float(self.values @ self.counts / self.size)

    @property
    def variance(self) -> float:
        """With n - 1; 0 for one person."""
        return float(((self.values - self.mean) ** 2) @ self.counts / max(self.size - 1, 1))


def normal_quantile(confidence: float) -> float:
    return float(stats.norm.ppf(0.5 + confidence / 2))


def rates(hits: int, trials: int, base_hits: int, base_trials: int, confidence: float) -> Difference:
    """Two proportions: the interval from the rates' own variances, the p-value of the pooled z-test."""
    rate, base = hits / trials, base_hits / base_trials
    error = sqrt(rate * (1 - rate) / trials + base * (1 - base) / base_trials)
    reach = normal_quantile(confidence) * error
    pooled = (hits + base_hits) / (trials + base_trials)
    spread = sqrt(pooled * (1 - pooled) * (1 / trials + 1 / base_trials))
    p_value = float(2 * stats.norm.sf(abs(rate - base) / spread)) if spread else 1.0
    return Difference(rate - base, rate - base - reach, rate - base + reach, p_value)


def means(group: Sample, base: Sample, confidence: float) -> Difference:
    """Two means by the normal approximation, each with its own variance."""
    error = sqrt(group.variance / group.size + base.variance / base.size)
    value, reach = group.mean - base.mean, normal_quantile(confidence) * error
    p_value = float(2 * stats.norm.sf(abs(value) / error)) if error else 1.0
    return Difference(value, value - reach, value + reach, p_value)


def bootstrap(
    group: Sample, base: Sample, confidence: float, *, draws: int = 1000, seed: int = 42
) -> tuple[float, float]:
    """The percentile interval of the difference of two means, people drawn with replacement; the same every time."""
    rng = np.random.default_rng(seed)
    drawn = _means(rng, group, draws) - _means(rng, base, draws)
    low, high = np.quantile(drawn, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def _means(rng: np.random.Generator, sample: Sample, draws: int) -> Array:
    size, shares = int(sample.size), sample.counts / sample.size
    return np.array([rng.multinomial(size, shares) @ sample.values / size for _ in range(draws)])


def allocation(observed: Sequence[float], expected: Sequence[float]) -> float | None:
    """The p-value that the arms have the planned sizes (chi-square); None where a plan leaves an arm empty."""
    if len(observed) < 2 or min(expected) <= 0:
        return None
    return float(stats.chisquare(observed, np.array(expected) * sum(observed) / sum(expected)).pvalue)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjusted p-values, in the given order; None stays None."""
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        adjusted[place] = highest
    return adjusted


def wilson(hits: float, trials: float, confidence: float) -> tuple[float, float]:
    """Wilson's interval of a rate."""
    z = normal_quantile(confidence)
    middle, reach = hits + z * z / 2, z * sqrt(hits * (trials - hits) / trials + z * z / 4)
    return (middle - reach) / (trials + z * z), (middle + reach) / (trials + z * z)
