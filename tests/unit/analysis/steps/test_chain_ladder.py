"""The chain ladder on the triangle that textbooks begin with, and where it cannot say anything."""

from __future__ import annotations

from datetime import date

import pytest

from enishi.analysis.steps.chain_ladder import Vintage, link_ratios, ultimate

RUNS = [[100, 150, 165], [110, 168], [120]]


def _vintage(run: list[int], *, open_points: int = 1000) -> Vintage:
    uses = {elapsed: after - before for elapsed, (before, after) in enumerate(zip([0, *run], run, strict=False))}
    used = run[-1] if run else 0
    return Vintage("合計", date(2026, 1, 1), used + open_points, used, 0, open_points, len(run) - 1, uses)


def test_the_ratios_weigh_vintages_by_their_points() -> None:
    assert link_ratios(RUNS) == pytest.approx([(150 + 168) / (100 + 110), 165 / 150])


def test_each_vintage_goes_on_as_the_older_ones_did() -> None:
    ratios = link_ratios(RUNS)
    found = [ultimate(_vintage(run), ratios) for run in RUNS]
    assert found == pytest.approx([165, 168 * 1.1, 120 * 318 / 210 * 1.1])


def test_never_more_is_used_than_is_left() -> None:
    assert ultimate(_vintage([120], open_points=10), link_ratios(RUNS)) == 130


def test_nothing_is_known_before_a_first_use() -> None:
    assert ultimate(_vintage([0]), link_ratios(RUNS)) is None
    assert ultimate(_vintage([]), link_ratios(RUNS)) is None
    assert ultimate(_vintage([5]), [None]) is None


def test_what_is_closed_is_known() -> None:
    assert ultimate(_vintage([0], open_points=0), link_ratios(RUNS)) == 0
