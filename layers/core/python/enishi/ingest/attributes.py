"""Own columns that no target takes, as one map column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from enishi.ingest.cells import Array, indices, mask, pc, text_of

MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"


def pack(columns: Mapping[str, Array], rows: int) -> Array:
    """A map a row, name → text; empty values are left out, and so are mail addresses, which no analyst may see."""
    if not columns:
        return pa.MapArray.from_arrays(indices(np.zeros(rows + 1, dtype=np.int32)), _text([]), _text([]))
    texts = [_public(text_of(column)) for column in columns.values()]
    width = len(texts)
    by_row = (np.arange(rows)[:, None] + np.arange(width) * rows).ravel()
    values = pa.concat_arrays(texts).take(indices(by_row))
    filled = mask(values.is_valid())
    names = _text(list(columns)).take(indices(np.tile(np.arange(width), rows)[filled]))
    offsets = np.concatenate([[0], np.cumsum(filled.reshape(rows, width).sum(axis=1))]).astype(np.int32)
    return pa.MapArray.from_arrays(indices(offsets), names, values.filter(pa.array(filled)))


def _public(texts: Array) -> Array:
    return pc.if_else(pc.match_substring_regex(texts, MAIL), pa.scalar(None, pa.string()), texts)


def _text(values: list[str]) -> Array:
    return pa.array(values, pa.string())
