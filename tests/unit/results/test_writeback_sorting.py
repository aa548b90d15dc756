"""Rows in order without holding them: the same as one sort in memory, whatever the cuts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from enishi.results.writeback.sorting import in_order

ROW = st.tuples(st.sampled_from([None, "あ", "ａ", "𠮷", "z", "Z"]), st.one_of(st.none(), st.integers(-3, 3)))


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=40), st.integers(1, 7), st.integers(1, 5), st.integers(1, 9))
def test_any_cut_gives_the_same_order(rows: list[Any], batch: int, block: int, run: int) -> None:
    table = pa.table({"a": pa.array([row[0] for row in rows], pa.string()), "b": pa.array([row[1] for row in rows])})
    table = table.set_column(1, "b", table.column("b").cast(pa.int64()))
    with TemporaryDirectory() as folder:
        batches = table.to_batches(max_chunksize=batch)
        found = list(in_order(batches, ["a", "b"], Path(folder), run=run, block=block))
    ordered = [row for part in found for row in part.to_pylist()]
    assert ordered == table.sort_by([("a", "ascending"), ("b", "ascending")]).to_pylist()
