"""Increments against figures worked out elsewhere and by hand."""

from __future__ import annotations

import pytest

from enishi.results.increment import Arm, increment


def test_interval_equals_the_published_example() -> None:
    """Newcombe (1998), table II, case (a) 56/70 against 48/80, method 10: 0.0524 to 0.3339."""
    gain = increment(Arm(70, 56), Arm(80, 48))
    assert gain is not None
    assert gain.difference == pytest.approx(0.2)
    assert (round(gain.low, 4), round(gain.high, 4)) == (0.0524, 0.3339)
    assert gain.is_clear


def test_extra_buyers_are_the_difference_times_those_sent_to() -> None:
    gain = increment(Arm(200, 30), Arm(100, 10))
    assert gain is not None
    assert gain.extra_buyers == pytest.approx(10.0)


def test_zero_buyers_in_both_arms_is_no_difference_but_not_certainty() -> None:
    gain = increment(Arm(50, 0), Arm(5, 0))
    assert gain is not None
    assert gain.difference == 0
    assert gain.low < 0 < gain.high
    assert not gain.is_clear


@pytest.mark.parametrize(("treated", "control"), [(Arm(0, 0), Arm(5, 1)), (Arm(5, 1), Arm(0, 0))])
def test_an_empty_arm_has_no_increment(treated: Arm, control: Arm) -> None:
    assert increment(treated, control) is None
