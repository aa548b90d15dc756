"""`when`: which source rows make a row of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.ingest.block import Block
from enishi.ingest.cells import Array, Mask, mask, pc, text_of
from enishi.ingest.columns import source
from enishi.ingest.mapping import Condition
from enishi.ingest.steps import word

WORDS: dict[str, Callable[[Array], Array]] = {"present": pc.is_valid, "absent": pc.is_null}


def holds(block: Block, when: Mapping[str, Condition]) -> Mask:
    """Rows that meet every condition."""
    kept = np.ones(block.rows, dtype=bool)
    for name, condition in when.items():
        kept &= mask(_one(text_of(source(block, name)), condition))
    return kept


def _one(values: Array, condition: Condition) -> Array:
    match condition:
        case str():
            return WORDS[condition](values)
        case dict():
            return pc.invert(_among(values, condition["not"]))
        case _:
            return _among(values, condition)


def _among(values: Array, words: list[Any]) -> Array:
    return pc.is_in(values, value_set=pa.array([word(value) for value in words], pa.string()))
