"""JSON Lines: the fast way and the careful way read the same."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.ingest.cells import text_of
from enishi.ingest.mapping import Format
from enishi.ingest.readers import flat_json, jsonl
from enishi.ingest.readers.opening import Part

FORM = Format(kind="jsonl")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=4), st.floats(allow_nan=False)
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), min_size=1, max_size=6)


def told(block: Any) -> list[dict[str, Any]]:
    """Rows as text, empty fields left out."""
    columns = {name: text_of(column).to_pylist() for name, column in block.columns.items()}
    return [
        {name: values[row] for name, values in columns.items() if values[row] is not None} for row in range(block.rows)
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OBJECTS, st.booleans())
def test_fast_and_careful_agree(objects: list[dict[str, Any]], ascii_only: bool) -> None:
    text = "\n".join(json.dumps(value, ensure_ascii=ascii_only) for value in objects)
    shape = flat_json.learn(text)
    quick = flat_json.fast(text, 1, shape, FORM) if shape is not None else None
    careful = jsonl.careful(text.split("\n"), 1, FORM)
    if quick is not None:
        assert told(quick) == told(careful)
        assert list(quick.row_no) == list(careful.row_no)
        assert not careful.rejects


SPECIAL = [
    ('{"a":1\n,"b":2}\n{"a":3}{"b":4}', ["not_json", "not_json", "not_json"]),
    ('{"a":"x"}\n{"a":"\\ud800"}', ["not_text"]),
    ('{"a":"x"}\n\n  {"a":"y"}  ', []),
    ('{"a":"x"}\n{"a":NaN}', []),
]


@pytest.mark.parametrize(("text", "reasons"), SPECIAL)
def test_lines_are_lines(text: str, reasons: list[str]) -> None:
    blocks = list(jsonl.read(Part(io.BytesIO(text.encode() + b"\n"), "x"), FORM))
    assert [reject.reason for block in blocks for reject in block.rejects] == reasons


def test_a_field_that_appears_late_is_kept() -> None:
    lines = [json.dumps({"a": str(number)}) for number in range(6_000)] + ['{"a":"x","new":"y"}']
    block = next(iter(jsonl.read(Part(io.BytesIO("\n".join(lines).encode() + b"\n"), "x"), FORM)))
    assert block.columns["new"].to_pylist()[-1] == "y"
    assert block.raw([6_000]) == [b'{"a":"x","new":"y"}']
