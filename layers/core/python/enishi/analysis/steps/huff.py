"""Huff's model of store choice: P(store) = size^alpha x distance^-lambda over the sum of it, area by area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from enishi.errors import AnalysisError

Array = NDArray[np.float64]
STEEPEST = 10.0
"""The largest distance exponent that is looked for."""


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Shares expected, observed and under the assumption, a row an area and store.

    Raises:
        AnalysisError: no area has purchases to fit the distance exponent on.
    """
    areas, own = _codes(rows["area"]), _is(rows, "kind", "own")
    kilometres = np.array(rows["km"].to_pylist(), dtype=np.float64)
    orders = np.array([value or 0 for value in rows["orders"].to_pylist()], dtype=np.float64)
    size = float(parameters["alpha"]) * np.log(_sizes(rows))
    exponent = float(parameters["lambda0"])
    if parameters["lambda_fit"] and rows.num_rows:
        exponent = fitted(areas[own], size[own], np.log(kilometres[own]), orders[own])
    pull = np.exp(size - exponent * np.log(kilometres))
    today = ~_is(rows, "kind", "new")
    expected, observed = shares(pull, areas, today), shares(orders, areas, own)
    among_own = shares(pull, areas, own)
    return pa.table(
        {
            "area": rows["area"],
            "store": rows["store"],
            "expected_share": _column(expected),
            "observed_share": _column(observed),
            "gap": _column(100 * (observed - among_own)),
            "members": rows["members"],
            "what_if_share": _column(_what_if(rows, pull, areas, parameters)),
            "distance_exponent": pa.array([exponent] * rows.num_rows, pa.float64()),
        }
    )


def shares(weights: Array, areas: NDArray[np.int64], among: NDArray[np.bool_]) -> Array:
    """Each row's part of its area's weights; NaN outside `among` and where the area has none (rule DIV0)."""
    counted = np.where(among, weights, 0.0)
    totals = np.bincount(areas, counted, minlength=1)[areas]
    return np.where(among & (totals > 0), counted / np.where(totals > 0, totals, 1.0), np.nan)


def fitted(areas: NDArray[np.int64], size: Array, distance: Array, orders: Array) -> float:
    """The distance exponent that makes the orders most probable; `size` and `distance` are logarithms.

    Raises:
        AnalysisError: nobody had a choice between distances.
    """
    bought = np.bincount(areas, orders, minlength=1)
    apart = [np.ptp(distance[areas == area]) > 0 for area in range(len(bought))]
    if not (np.array(apart) & (bought > 0)).any():
        raise AnalysisError(
            "no area has purchases and two stores to choose from",
            where="-p lambda_fit",
            remedy="Give lambda_fit=false, a larger max_km, or a longer period.",
        )

    def surprise(exponent: float) -> float:
        pull = size - exponent * distance
        peak = np.full(len(bought), -np.inf)
        np.maximum.at(peak, areas, pull)
        spread = peak + np.log(np.bincount(areas, np.exp(pull - peak[areas]), minlength=1))
        return float(-(orders @ pull) + bought @ spread)

    return float(minimize_scalar(surprise, bounds=(0.0, STEEPEST), method="bounded", options={"xatol": 1e-9}).x)


def _what_if(rows: pa.Table, pull: Array, areas: NDArray[np.int64], parameters: Mapping[str, Any]) -> Array:
    """Shares without the store that closes and with the one that opens; NaN where nothing is assumed."""
    if parameters["close_store"] is None and not _is(rows, "kind", "new").any():
        return np.full(len(pull), np.nan)
    return shares(pull, areas, ~_is(rows, "store_id", parameters["close_store"] or None))


def _sizes(rows: pa.Table) -> Array:
    """Floor areas; a missing one, or one that is not above zero, is the mean of the others."""
    given = np.array([value if value and value > 0 else np.nan for value in rows["size"].to_pylist()], dtype=np.float64)
    mean = 1.0 if np.isnan(given).all() else float(np.nanmean(given))
    return np.where(np.isnan(given), mean, given)


def _codes(names: pa.ChunkedArray[Any]) -> NDArray[np.int64]:
    if not len(names):
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.array(names.to_pylist(), dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)


def _is(rows: pa.Table, name: str, value: str | None) -> NDArray[np.bool_]:
    return np.array([found == value for found in rows[name].to_pylist()], dtype=np.bool_)


def _column(values: Array) -> pa.Array[Any]:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
