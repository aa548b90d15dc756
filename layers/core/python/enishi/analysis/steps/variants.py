"""Variants of a slot against its first one: Fisher's exact test of the visitors who bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from scipy import stats


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:  # noqa: ARG001 every step takes them
    """`p_value` in the place of `visitors` and `buyers`; the first row of a slot is what others are compared to."""
    first: dict[str, Mapping[str, Any]] = {}
    values = [_p_value(row, first.setdefault(row["slot"], row)) for row in rows.to_pylist()]
    return rows.drop_columns(["visitors", "buyers"]).append_column("p_value", pa.array(values, pa.float64()))


def _p_value(row: Mapping[str, Any], reference: Mapping[str, Any]) -> float | None:
    if row is reference:
        return None
    table = [[one["buyers"], one["visitors"] - one["buyers"]] for one in (row, reference)]
    return float(stats.fisher_exact(table).pvalue)
