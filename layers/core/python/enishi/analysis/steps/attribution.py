"""Credit for orders side by side: models that SQL works out, and the removal effect of a first-order Markov chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray[np.float64]
Row = dict[str, Any]
MODELS = ("最終接点", "初回接点", "均等", "位置", "時間減衰")
EVENLY, MARKOV = "均等", "マルコフ"

_TYPES: Mapping[str, pa.DataType] = {
    "touch": pa.string(),
    "model": pa.string(),
    "orders": pa.float64(),
    "amount": pa.decimal128(18, 2),
    "share": pa.float64(),
    "cost": pa.decimal128(18, 2),
    "roas": pa.float64(),
    "removal_effect": pa.float64(),
}
_SCHEMA = pa.schema(_TYPES)


def run(rows: pa.Table, _parameters: Mapping[str, Any]) -> pa.Table:
    """A row a model and touch, the touches with most credit first, then what no touch is credited with."""
    told = rows.to_pylist()
    steps, rest = (_of(told, kind) for kind in ("step", "rest"))
    credits = {model: _credits(told, model) for model in MODELS}
    lost = removal_effects(steps)
    credits[MARKOV] = _by_removal(lost, list(credits[EVENLY].values()))
    costs: dict[str, Decimal] = {row["touch"]: row["cost"] for row in told if row["cost"] is not None}
    touches = sorted(lost, key=lambda touch: (-credits[EVENLY].get(touch, (0.0, 0.0))[0], touch))
    beyond = {row["touch"]: (row["orders"], row["amount"]) for row in rest}
    every = sum(orders for orders, _ in (*credits[EVENLY].values(), *beyond.values()))
    lines = []
    for model, credit in credits.items():
        parts = {**{touch: credit.get(touch, (0.0, 0.0)) for touch in touches}, **beyond}
        for touch, (orders, amount) in parts.items():
            cost = costs.get(touch)
            lines.append(
                {
                    "touch": touch,
                    "model": model,
                    "orders": orders,
                    "amount": Decimal(str(round(amount, 2))),
                    "share": orders / every if every else None,
                    "cost": cost,
                    "roas": amount / float(cost) if cost else None,
                    "removal_effect": lost.get(touch) if model == MARKOV else None,
                }
            )
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _of(rows: Sequence[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def _credits(rows: Sequence[Row], model: str) -> dict[str, tuple[float, float]]:
    return {row["touch"]: (row["orders"], row["amount"]) for row in _of(rows, "credit") if row["model"] == model}


def _by_removal(lost: Mapping[str, float], credited: Sequence[tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """All that touches are credited with, in the proportion of what would be lost without each."""
    whole, orders, amount = sum(lost.values()), sum(one[0] for one in credited), sum(one[1] for one in credited)
    return {touch: (orders * part / whole, amount * part / whole) for touch, part in lost.items()} if whole else {}


def removal_effects(steps: Sequence[Row]) -> dict[str, float]:
    """The share of the orders that would be lost if everybody who meets the touch went away there.

    Args:
        steps: how many (`orders`) went `from_touch` (None = the start) to `touch`, or to `ending` (order, none).
    """
    touches = sorted({row[end] for row in steps for end in ("from_touch", "touch") if row[end] is not None})
    place = {touch: i for i, touch in enumerate(touches)}
    counts, ordered = np.zeros((len(touches) + 1, len(touches))), np.zeros(len(touches) + 1)
    went = np.zeros(len(touches) + 1)
    for row in steps:
        start = place.get(row["from_touch"], len(touches))
        went[start] += row["orders"]
        if row["touch"] is not None:
            counts[start, place[row["touch"]]] += row["orders"]
        elif row["ending"] == "order":
            ordered[start] += row["orders"]
    went[went == 0] = 1.0
    moves, ends = counts / went[:, None], ordered / went
    base = _reached(moves, ends)
    return {touch: 1 - _reached(_without(moves, i), ends) / base if base else 0.0 for touch, i in place.items()}


def _without(moves: Array, place: int) -> Array:
    """Nobody passes the touch any more: what led to it leads away."""
    kept = moves.copy()
    kept[:, place] = 0.0
    return kept


def _reached(moves: Array, ends: Array) -> float:
    """The share of the paths from the start that end in an order."""
    among, from_touch = moves[:-1], ends[:-1]
    reached = np.linalg.solve(np.eye(len(among)) - among, from_touch) if len(among) else from_touch
    return float(ends[-1] + moves[-1] @ reached)
