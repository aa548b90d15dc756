"""How surprising each rule of a basket analysis is (Fisher's exact test, one-sided), and which are of few baskets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import hypergeom

COUNTS = ("baskets_antecedent", "baskets_consequent", "baskets_all")
"""What is needed beside the rule itself; no part of the answer."""


def run(rows: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """`rows` with `p_value`, the chance of as many baskets with both, or more, were the two independent, and `low_n`,
    whether either side is in fewer than `min_cell` baskets."""
    both = rows.column("baskets_both").to_numpy()
    antecedent, consequent, everything = (rows.column(name).to_numpy() for name in COUNTS)
    chance = hypergeom.sf(both - 1, everything, antecedent, consequent)
    small = np.minimum(antecedent, consequent) < parameters["min_cell"]
    answer = rows.drop_columns(list(COUNTS)).append_column("p_value", pa.array(chance, pa.float64()))
    return answer.append_column("low_n", pa.array(small, pa.bool_()))
