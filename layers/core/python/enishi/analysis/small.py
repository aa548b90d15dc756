"""Rule SMALL: rates of few are kept, and said to be so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from enishi.analysis.model import LOW_N, Analysis

MIN_CELL = "min_cell"
"""The parameter: denominators below it are small."""


def flagged(rows: pa.Table, analysis: Analysis, parameters: Mapping[str, Any]) -> pa.Table:
    """`rows` with the column `low_n`: whether a rate of the row, a null apart, is of fewer than `min_cell`. As they are
    where no rate says what it is of."""
    if not analysis.rates:
        return rows
    named = {*analysis.rates, *analysis.rates.values()}
    found = [_is_small(row, analysis.rates, parameters[MIN_CELL]) for row in rows.select(sorted(named)).to_pylist()]
    return rows.append_column(LOW_N.name, pa.array(found, pa.bool_()))


def _is_small(row: Mapping[str, Any], rates: Mapping[str, str], least: int) -> bool:
    return any(row[rate] is not None and (row[whole] or 0) < least for rate, whole in rates.items())
