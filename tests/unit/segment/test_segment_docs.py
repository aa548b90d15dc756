"""docs/segments.md: every example is a segment that compiles, and every condition has one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from enishi.lake.sql import check, to_athena
from enishi.segment.compile import members, tables
from enishi.segment.conditions import CONDITIONS
from enishi.segment.library import shipped
from enishi.segment.model import load
from enishi.segment.moment import Moment

PAGE = (Path(__file__).parents[3] / "docs" / "segments.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
TODAY = Moment.end_of(date(2026, 11, 21), ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_compiles(number: int) -> None:
    segment = load(EXAMPLES[number], f"example {number}")
    query = members(segment, TODAY, shipped())
    check(query, f"example {number}")
    assert to_athena(query).startswith(("SELECT", "WITH"))
    assert "c.customer_id" in to_athena(query)


def _names(written: Any) -> set[str]:
    """Every key of an example."""
    if isinstance(written, dict):
        return set(written) | {name for part in written.values() for name in _names(part)}
    return {name for part in written for name in _names(part)} if isinstance(written, list) else set()


def test_every_condition_has_an_example() -> None:
    shown = {name for example in EXAMPLES for name in _names(example)}
    assert set(CONDITIONS) <= shown | {"cell"}


@pytest.mark.parametrize("name", sorted(shipped().segments))
def test_shipped_segment_compiles(name: str) -> None:
    segment = shipped().get(name)
    assert segment.title
    check(members(segment, TODAY, shipped()), name)
    assert isinstance(tables(segment, shipped()), set)
