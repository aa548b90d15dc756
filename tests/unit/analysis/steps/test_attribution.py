"""Removal effects against the example that tutorials of the method work out (three paths over three channels)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from enishi.analysis.steps.attribution import removal_effects


def _steps(*paths: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each path ends in `order` or `none`."""
    found: list[dict[str, Any]] = []
    for *touches, ending in paths:
        ways: list[str | None] = [None, *touches]
        found += [{"from_touch": a, "touch": b, "ending": None, "orders": 1.0} for a, b in pairwise(ways)]
        found.append({"from_touch": touches[-1], "touch": None, "ending": ending, "orders": 1.0})
    return found


def test_the_published_example() -> None:
    """One of three converts: without C1 half of it is lost, without C2 or C3 all."""
    effects = removal_effects(_steps(("C1", "C2", "C3", "order"), ("C1", "none"), ("C2", "C3", "none")))
    assert effects == {"C1": pytest.approx(0.5), "C2": pytest.approx(1), "C3": pytest.approx(1)}


def test_a_touch_that_leads_nowhere_is_not_missed() -> None:
    assert removal_effects(_steps(("A", "order"), ("B", "none"))) == {"A": 1, "B": 0}


def test_without_orders_nothing_can_be_lost() -> None:
    assert removal_effects(_steps(("A", "none"))) == {"A": 0}
    assert removal_effects([]) == {}
