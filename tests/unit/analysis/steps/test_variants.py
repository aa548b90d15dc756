"""The tea-tasting table of every textbook, and the first variant that is compared with nothing."""

from __future__ import annotations

import pyarrow as pa
import pytest

from enishi.analysis.steps import variants


def test_fishers_tea() -> None:
    """3 of 4 against 1 of 4: p = 34/70."""
    rows = pa.table({"slot": ["s", "s"], "variant": ["a", "b"], "visitors": [4, 4], "buyers": [1, 3]})
    answer = variants.run(rows, {})
    assert answer.column_names == ["slot", "variant", "p_value"]
    assert answer.column("p_value").to_pylist() == [None, pytest.approx(34 / 70)]


def test_each_slot_has_a_first_variant_of_its_own() -> None:
    rows = pa.table({"slot": ["s", "t"], "variant": ["b", "b"], "visitors": [4, 4], "buyers": [1, 3]})
    assert variants.run(rows, {}).column("p_value").to_pylist() == [None, None]
