"""Two by two: what the catalog, the digital contact, both and neither bring, and what the two do together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import pyarrow as pa

from enishi.analysis.steps.inference import normal_quantile

YES, NO = "あり", "なし"
ARMS = ((YES, YES), (YES, NO), (NO, YES), (NO, NO))
BOTH = ARMS[0]
SIGNS = dict(zip(ARMS, (1, -1, -1, 1), strict=True))
Arm = tuple[str, str]


@dataclass(frozen=True)
class Group:
    """The customers of an arm in a layer."""

    customers: int
    buyers: int
    amount: float

    @property
    def rate(self) -> float:
        return self.buyers / self.customers


Layers = Mapping[str, Mapping[Arm, Group]]


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """The four arms; the interaction stands with the one that has both. Nobody to compare: no rows."""
    layers = _layers(rows)
    if not layers:
        return pa.schema(_TYPES).empty_table()
    full = {name: arms for name, arms in layers.items() if len(arms) == len(ARMS)}
    effect = _interaction(full, normal_quantile(parameters["confidence"])) if full else {}
    lines = [_line(arm, full or layers, compared=bool(full)) for arm in ARMS]
    small = [bool(full) and line["customers"] < parameters["min_cell"] for line in lines]
    lines = [{**line, "low_n": is_small} for line, is_small in zip(lines, small, strict=True)]
    return pa.Table.from_pylist([{**lines[0], **effect, "low_n": any(small)}, *lines[1:]], schema=pa.schema(_TYPES))


def _layers(rows: pa.Table) -> Layers:
    found: dict[str, dict[Arm, Group]] = {}
    for row in rows.to_pylist():
        arm = (row["catalog_arm"], row["digital_arm"])
        found.setdefault(row["layer"], {})[arm] = Group(row["customers"], row["buyers"], row["amount"])
    return found


def _weights(layers: Layers) -> dict[str, float]:
    """How the customers with both are spread over the layers."""
    everybody = sum(arms[BOTH].customers for arms in layers.values())
    return {name: arms[BOTH].customers / everybody for name, arms in layers.items()}


def _line(arm: Arm, layers: Layers, *, compared: bool) -> dict[str, Any]:
    """An arm; without a layer in which all four have somebody there is a head-count only."""
    mine = {name: arms[arm] for name, arms in layers.items() if arm in arms}
    line = {"catalog_arm": arm[0], "digital_arm": arm[1], "customers": sum(group.customers for group in mine.values())}
    if not compared:
        return line
    weights = _weights(layers)
    return {
        **line,
        "rate": sum(weights[name] * group.rate for name, group in mine.items()),
        "amount_per_customer": sum(weights[name] * group.amount / group.customers for name, group in mine.items()),
    }


def _interaction(layers: Layers, z: float) -> dict[str, float]:
    """both - catalog - digital + none, with the interval from the rates' own variances."""
    weights, value, variance = _weights(layers), 0.0, 0.0
    for name, arms in layers.items():
        for arm, group in arms.items():
            value += SIGNS[arm] * weights[name] * group.rate
            variance += weights[name] ** 2 * group.rate * (1 - group.rate) / group.customers
    reach = z * sqrt(variance)
    return {"interaction": value, "ci_low": value - reach, "ci_high": value + reach}


_NUMBERS = ("rate", "amount_per_customer", "interaction", "ci_low", "ci_high")
_TYPES: dict[str, pa.DataType] = {
    "catalog_arm": pa.string(),
    "digital_arm": pa.string(),
    "customers": pa.int64(),
    **dict.fromkeys(_NUMBERS, pa.float64()),
    "low_n": pa.bool_(),
}
