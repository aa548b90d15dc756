"""What the four elements can and cannot tell."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from enishi.analysis.steps import totc
from enishi.errors import AnalysisError

PARAMETERS = {"metric": "click_rate", "confidence": 0.95, "max_untried": 20}


def _rows(*told: tuple[str, str, int, int]) -> pa.Table:
    """Offer, channel, messages, clicks."""
    return pa.Table.from_pylist(
        [
            {
                "target": "全員",
                "offer": offer,
                "timing": "朝",
                "channel": channel,
                "messages": messages,
                "successes": clicks,
                "amount": 0.0,
                "squares": 0.0,
            }
            for offer, channel, messages, clicks in told
        ]
    )


def _adjusted(answer: pa.Table) -> dict[Any, Any]:
    return {row["level"]: row["adjusted_rate"] for row in answer.to_pylist() if row["element"]}


def test_labels_that_always_come_together_cannot_be_told_apart() -> None:
    adjusted = _adjusted(totc.run(_rows(("割引", "メール", 10, 5), ("なし", "LINE", 10, 2)), PARAMETERS))
    assert {level: adjusted[level] for level in ("割引", "なし", "メール", "LINE")} == dict.fromkeys(
        ("割引", "なし", "メール", "LINE")
    )
    assert adjusted["全員"] == pytest.approx(0.35)


def test_odds_that_multiply_are_found() -> None:
    """Odds 1 and 2 by mail, 4 and 8 by LINE: each combination is predicted as it is."""
    told = (("なし", "メール", 90, 45), ("割引", "メール", 90, 60), ("なし", "LINE", 90, 72), ("割引", "LINE", 90, 80))
    answer = totc.run(_rows(*told), PARAMETERS)
    tried = {row["combination"]: row["adjusted_rate"] for row in answer.to_pylist() if row["tried"]}
    assert tried["全員 × 割引 × 朝 × LINE"] == pytest.approx(8 / 9)
    assert _adjusted(answer)["割引"] == pytest.approx((2 / 3 + 8 / 9) / 2)


def test_a_level_to_which_nobody_reacted_is_near_nothing() -> None:
    adjusted = _adjusted(totc.run(_rows(("なし", "メール", 50, 0), ("割引", "メール", 50, 25)), PARAMETERS))
    assert adjusted["なし"] == pytest.approx(0, abs=1e-6)
    assert adjusted["割引"] == pytest.approx(0.5)


def test_no_reaction_at_all_is_said() -> None:
    with pytest.raises(AnalysisError, match="no difference to explain"):
        totc.run(_rows(("なし", "メール", 50, 0)), PARAMETERS)
