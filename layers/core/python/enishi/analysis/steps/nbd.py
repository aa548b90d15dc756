"""Purchase counts beside those of a negative binomial model (Ehrenberg): the counts, pooled at the top, and the fit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import optimize, stats

Array = npt.NDArray[np.float64]

_TYPES: Mapping[str, pa.DataType] = {
    "count": pa.int64(),
    "customers": pa.int64(),
    "share": pa.float64(),
    "amount": pa.decimal128(18, 2),
    "amount_share": pa.float64(),
    "expected": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """A row a count from 0 to `max_count`, which holds the higher ones too."""
    counts, people = (rows.column(name).to_numpy().astype(np.int64) for name in ("count", "customers"))
    top = int(min(parameters["max_count"], counts.max(initial=0)))
    amounts = [Decimal(0)] * (top + 1)
    customers = np.zeros(top + 1, dtype=np.int64)
    for count, number, amount in zip(counts, people, rows.column("amount").to_pylist(), strict=True):
        customers[min(count, top)] += number
        amounts[min(count, top)] += amount
    expected = pooled(counts, people, top) if parameters["fit_nbd"] and counts.max(initial=0) > 0 else None
    money = sum(amounts, Decimal(0))
    lines = [
        {
            "count": count,
            "customers": int(customers[count]),
            "share": float(customers[count] / people.sum()),
            "amount": amounts[count],
            "amount_share": float(amounts[count] / money) if money else None,
            "expected": None if expected is None else float(expected[count]),
        }
        for count in range(top + 1 if people.sum() else 0)
    ]
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def pooled(counts: npt.NDArray[np.int64], people: npt.NDArray[np.int64], top: int) -> Array:
    """How many people the fitted model expects at 0, 1, … and at `top` or more."""
    model = fitted(counts, people)
    shares = np.append(model.pmf(np.arange(top)), model.sf(top - 1))
    return np.asarray(people.sum() * shares, dtype=np.float64)


def fitted(counts: npt.NDArray[np.int64], people: npt.NDArray[np.int64]) -> Any:
    """The negative binomial of greatest likelihood; its mean is that of the data, so only the shape k is searched.

    Counts that spread no more than a Poisson's have no finite k: then it is the Poisson itself.
    """
    mean = float(counts @ people / people.sum())
    variance = float((counts - mean) ** 2 @ people / people.sum())
    if variance <= mean * (1 + 1e-9):
        return stats.poisson(mean)

    def unlikelihood(log_k: float) -> float:
        k = float(np.exp(log_k))
        return -float(stats.nbinom.logpmf(counts, k, k / (k + mean)) @ people)

    found = optimize.minimize_scalar(unlikelihood, bounds=(-12, 12), method="bounded", options={"xatol": 1e-10})
    k = float(np.exp(found.x))
    return stats.nbinom(k, k / (k + mean))
