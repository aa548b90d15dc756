"""Huff's model of store choice: P(store) = size^alpha x distance^-lambda over the sum of it, area by area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize

from enishi.errors import AnalysisError

Array = NDArray[np.float64]
STEEPEST = 10.0
"""The largest exponent that is looked for."""
SAME = 1e-9
"""Logarithms that differ by less are the same."""


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Shares expected, observed and under the assumption, a row an area and store.

    Raises:
        AnalysisError: no area has purchases to fit an exponent on.
    """
    areas, own = _codes(rows["area"]), _is(rows, "kind", "own")
    kilometres = np.array(rows["km"].to_pylist(), dtype=np.float64)
    orders = np.array([value or 0 for value in rows["orders"].to_pylist()], dtype=np.float64)
    measures = np.column_stack([np.log(_sizes(rows)), -np.log(kilometres)])
    exponents = np.array([parameters["alpha"], parameters["lambda0"]], dtype=np.float64)
    free = np.array([parameters["alpha_fit"], parameters["lambda_fit"]], dtype=np.bool_)
    if free.any() and rows.num_rows:
        exponents = fitted(areas[own], measures[own], orders[own], exponents, free)
    pull = np.exp(measures @ exponents)
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
            "distance_exponent": pa.array([exponents[1]] * rows.num_rows, pa.float64()),
            "size_exponent": pa.array([exponents[0]] * rows.num_rows, pa.float64()),
            "low_n": pa.array(~np.isnan(observed) & (_totals(orders, areas, own) < parameters["min_cell"]), pa.bool_()),
        }
    )


def shares(weights: Array, areas: NDArray[np.int64], among: NDArray[np.bool_]) -> Array:
    """Each row's part of its area's weights; NaN outside `among` and where the area has none (rule DIV0)."""
    totals = _totals(weights, areas, among)
    return np.where(among & (totals > 0), weights / np.where(totals > 0, totals, 1.0), np.nan)


def _totals(weights: Array, areas: NDArray[np.int64], among: NDArray[np.bool_]) -> Array:
    """Each row's sum of its area's weights `among`."""
    totals: Array = np.bincount(areas, np.where(among, weights, 0.0), minlength=1).astype(np.float64)
    return totals[areas]


def fitted(areas: NDArray[np.int64], measures: Array, orders: Array, given: Array, free: NDArray[np.bool_]) -> Array:
    """The exponents that make the orders most probable, those that are not `free` as given.

    Args:
        areas, orders: of each choice, an area's store.
        measures: a row a choice; the logarithms of its size and of 1 / distance.
        given: an exponent a measure.

    Raises:
        AnalysisError: the choices do not tell what an exponent is.
    """
    areas = np.unique(areas, return_inverse=True)[1].astype(np.int64)
    bought = np.bincount(areas, orders).astype(np.float64)
    _check_apart(areas, measures[:, free], bought)

    def surprise(found: Array) -> tuple[float, Array]:
        pull = measures @ _with(given, free, found)
        peak = np.full(len(bought), -np.inf)
        np.maximum.at(peak, areas, pull)
        weights = np.exp(pull - peak[areas])
        totals = np.bincount(areas, weights)
        slope = (bought[areas] * weights / totals[areas] - orders) @ measures[:, free]
        return float(bought @ (peak + np.log(totals)) - orders @ pull) / bought.sum(), slope / bought.sum()

    bounds = [(0.0, STEEPEST)] * int(free.sum())
    exact = {"ftol": 1e-15, "gtol": 1e-10}
    found = minimize(surprise, given[free], jac=True, method="L-BFGS-B", bounds=bounds, options=exact)
    return _with(given, free, found.x)


def _with(given: Array, free: NDArray[np.bool_], found: Array) -> Array:
    """The exponents as given, the free ones as found."""
    exponents = given.copy()
    exponents[free] = found
    return exponents


def _check_apart(areas: NDArray[np.int64], measures: Array, bought: Array) -> None:
    """Refuse choices that do not differ, or among which size and distance go together."""
    kept = (bought > 0)[areas]
    means = np.column_stack([np.bincount(areas, one) for one in measures.T]) / np.bincount(areas)[:, None]
    apart = np.linalg.matrix_rank((measures - means[areas])[kept], tol=SAME) if kept.any() else 0
    if apart < measures.shape[1]:
        raise AnalysisError(
            "no area has purchases and two stores to choose from"
            if not apart
            else "where there are purchases, the sizes of the stores cannot be told from their distances",
            where="-p lambda_fit, alpha_fit",
            remedy="Give lambda_fit=false or alpha_fit=false, a larger max_km, or a longer period.",
        )


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
