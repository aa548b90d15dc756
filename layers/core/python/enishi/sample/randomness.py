"""Draws that depend only on the seed and on a name, so that a part or a day can be made alone and again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]


def generator(seed: int, *names: object) -> np.random.Generator:
    """A generator of its own for (seed, names)."""
    text = "|".join(str(part) for part in (seed, *names))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")))


def weighted(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """`size` indices drawn with the given weights."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(cumulative / cumulative[-1], rng.random(size), side="right").clip(max=len(cumulative) - 1)


def chance(rng: np.random.Generator, share: float | Floats, size: int) -> Bools:
    """True with probability `share` (one number, or one an element)."""
    return np.asarray(rng.random(size) < share)


def from_hash(keys: Sequence[str], *names: object) -> Floats:
    """One stable number in [0, 1) a key: the same key draws the same whatever stands beside it."""
    salt = "|".join(str(part) for part in names).encode()
    digests = b"".join(hashlib.blake2b(key.encode(), digest_size=8, key=salt[:64]).digest() for key in keys)
    return np.frombuffer(digests, dtype=">u8").astype(np.float64) / 2.0**64


def cumulative_pick(rng: np.random.Generator, cumulative: Floats, rows: Any) -> Ints:
    """Draw a column from each row of `cumulative` that `rows` names."""
    drawn: Ints = (cumulative[rows] < rng.random(len(rows))[:, None]).sum(axis=1)
    return drawn
