"""Two models of a customer base without contracts: BG/NBD of when people buy, Gamma-Gamma of how much they spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import betaln, gammaln, hyp2f1

from enishi.errors import AnalysisError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """People: repeat purchases, age at the last one, age now; one unit of time throughout."""

    frequency: Array
    recency: Array
    age: Array

    def of(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Histories:
        return Histories(self.frequency[which], self.recency[which], self.age[which])


@dataclass(frozen=True)
class BetaGeometric:
    """Fader, Hardie and Lee (2005): Poisson purchases while alive, a chance to leave after each."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, people: Histories) -> Array:
        """The probability of being a customer still; 1 before the first repeat."""
        return 1 / (1 + self._odds_of_having_left(people))

    def expected(self, people: Histories, ahead: float) -> Array:
        """Purchases to come within `ahead`; Euler's form of the series, which stays small for frequent buyers."""
        x, now = people.frequency, self.alpha + people.age
        z = ahead / (now + ahead)
        series = hyp2f1(self.a + self.b - 1 - self.r, self.a - 1, self.a + self.b + x - 1, z)
        grown = (self.a + self.b + x - 1) / (self.a - 1) * (1 - (1 - z) ** (self.a - 1) * series)
        return np.asarray(grown / (1 + self._odds_of_having_left(people)), dtype=np.float64)

    def _odds_of_having_left(self, people: Histories) -> Array:
        x = people.frequency
        silence = (self.r + x) * np.log((self.alpha + people.age) / (self.alpha + people.recency))
        return np.where(x > 0, self.a / (self.b + np.maximum(x, 1) - 1) * np.exp(np.minimum(silence, 700)), 0.0)

    def log_likelihood(self, people: Histories) -> Array:
        x = people.frequency
        made = gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha)
        stayed = betaln(self.a, self.b + x) - betaln(self.a, self.b)
        still = -(self.r + x) * np.log(self.alpha + people.age)
        left = (
            np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1) - (self.r + x) * np.log(self.alpha + people.recency)
        )
        return np.asarray(made + stayed + np.logaddexp(still, np.where(x > 0, left, -np.inf)), dtype=np.float64)


@dataclass(frozen=True)
class GammaGamma:
    """Fader, Hardie and Lee (2005): spend varies around a mean of the person's own."""

    p: float
    q: float
    v: float

    def expected(self, frequency: Array, spend: Array) -> Array:
        """What a purchase will be worth: between the person's own mean and that of all."""
        weight = self.p * frequency
        return np.asarray((self.v * self.p + weight * spend) / (weight + self.q - 1), dtype=np.float64)

    def log_likelihood(self, frequency: Array, spend: Array) -> Array:
        shape = self.p * frequency
        made = gammaln(shape + self.q) - gammaln(shape) - gammaln(self.q) + self.q * np.log(self.v)
        placed = (shape - 1) * np.log(spend) + shape * np.log(frequency)
        return np.asarray(made + placed - (shape + self.q) * np.log(self.v + frequency * spend), dtype=np.float64)


def fit_purchases(people: Histories) -> BetaGeometric:
    """The BG/NBD of greatest likelihood; people with equal histories are weighed, not repeated."""
    rows = np.column_stack([people.frequency, people.recency, people.age])
    unique, weights = np.unique(rows, axis=0, return_counts=True)
    kinds = Histories(*unique.T)
    scale = float(kinds.age.mean()) or 1.0

    def model(logs: Array) -> BetaGeometric:
        r, alpha, a, b = np.exp(logs)
        return BetaGeometric(float(r), float(alpha) * scale, float(a), float(b))

    best = _greatest(lambda logs: float(model(logs).log_likelihood(kinds) @ weights), np.log([0.5, 0.2, 0.9, 2.0]))
    return model(best)


def fit_spend(frequency: Array, spend: Array) -> GammaGamma:
    """The Gamma-Gamma of greatest likelihood, with a mean (q above 1)."""
    unit = float(np.mean(spend))

    def model(logs: Array) -> GammaGamma:
        p, q, v = np.exp(logs)
        return GammaGamma(float(p), 1 + float(q), float(v) * unit)

    best = _greatest(lambda logs: float(model(logs).log_likelihood(frequency, spend).sum()), np.log([2.0, 2.0, 1.0]))
    return model(best)


def _greatest(likelihood: Callable[[Array], float], start: Array) -> Array:
    """The logarithms of the parameters at the top, each within e^±9: a flat top ends at its edge."""
    bounds = [(-9.0, 9.0)] * start.size
    found = optimize.minimize(
        lambda logs: -likelihood(logs), start, method="Nelder-Mead", bounds=bounds, options=_EXACT
    )
    if not np.isfinite(found.fun):
        raise AnalysisError("the model does not fit these purchases", remedy="Choose a larger population.")
    return np.asarray(found.x, dtype=np.float64)


_EXACT = {"xatol": 1e-6, "fatol": 1e-7, "maxiter": 4000, "maxfev": 4000, "adaptive": True}
