"""Every case of tests/cases/segments: a condition, a small lake, and the people worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from enishi.segment.model import condition
from enishi.segment.moment import Moment
from enishi.segment.tree import Nobody
from tests.unit.segment.small_lake import Lake, moment_of

FOLDER = Path(__file__).parents[2] / "cases" / "segments"
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
CASES = [
    pytest.param(name, case, id=f"{name}: {case['name']}") for name, file in FILES.items() for case in file["cases"]
]

Lakes = Callable[[str, Mapping[str, Any]], Lake]


def moment(name: str, case: Mapping[str, Any]) -> Moment:
    """The case's own moment, or that of its file."""
    own = {key: case[key] for key in ("at", "day") if key in case}
    shared = {key: FILES[name][key] for key in ("at", "day") if key in FILES[name]}
    return moment_of({**(own or shared), **{key: case[key] for key in ("since",) if key in case}})


def test_there_are_cases() -> None:
    assert len(CASES) >= 60


@pytest.fixture(scope="module")
def everybody(lakes: Lakes) -> Callable[[str, Moment], set[str]]:
    """All people of a case file at a moment, asked for once."""

    @cache
    def of(name: str, at: Moment) -> set[str]:
        return set(lakes(name, FILES[name]["tables"]).who(condition({"everyone": True}), at))

    return of


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name: str, case: Mapping[str, Any], lakes: Lakes, everybody: Callable[[str, Moment], set[str]]) -> None:
    """The people of the condition; and nobody is unknown: all others are in its opposite."""
    lake, at = lakes(name, FILES[name]["tables"]), moment(name, case)
    asked = condition(case["condition"])
    assert lake.who(asked, at) == sorted(case["expect"])
    assert lake.who(Nobody((asked,)), at) == sorted(everybody(name, at) - set(case["expect"]))
