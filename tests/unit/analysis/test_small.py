"""Rule SMALL: rates of fewer than `min_cell` are kept and flagged."""

from __future__ import annotations

from pathlib import Path

import pytest

from enishi.analysis import library
from tests.unit.analysis.small_shop import Shop, open_shop

TEXT = """/*
id: rates
name: {ja: 率, en: rates}
category: overview
tier: standard
question: {ja: 何割か, en: what share}
method: 数える
parameters:
- {name: of_people, type: list(int), default: "30,29,0", label_ja: 人数}
columns:
- {name: people, type: int, unit: people, label_ja: 人数}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: share, type: ratio, unit: ratio, label_ja: 率, of: people}
- {name: returned, type: ratio, unit: ratio, label_ja: 返品率, of: orders}
charts: [{kind: table}]
cells: []
*/
SELECT p.people, 40 AS orders, RATIO(10, p.people) AS share, CAST(NULL AS DOUBLE) AS returned
FROM UNNEST(:of_people) AS p(people)
ORDER BY p.people DESC
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return open_shop(tmp_path, {})


def small(shop: Shop, tmp_path: Path, text: str = TEXT, **given: object) -> list[bool]:
    path = tmp_path / "rates.sql"
    path.write_text(text, encoding="utf-8")
    rows = shop.answer(str(path), given).rows.to_pylist()
    assert [row["people"] for row in rows] == [30, 29, 0]
    return [row["low_n"] for row in rows]


def test_fewer_than_thirty_are_few(shop: Shop, tmp_path: Path) -> None:
    """A rate of nobody is null (rule DIV0), and nothing is said of it."""
    assert small(shop, tmp_path) == [False, True, False]


def test_the_planner_says_what_is_few(shop: Shop, tmp_path: Path) -> None:
    assert small(shop, tmp_path, min_cell=31) == [True, True, False]


def test_one_rate_of_few_is_enough(shop: Shop, tmp_path: Path) -> None:
    text = TEXT.replace("CAST(NULL AS DOUBLE) AS returned", "CAST(0.1 AS DOUBLE) AS returned")
    assert small(shop, tmp_path, text, min_cell=41) == [True, True, True]


def test_answers_without_such_rates_say_nothing() -> None:
    analysis = library.read(TEXT.replace(", of: people", "").replace(", of: orders", ""), "rates.sql")
    assert "low_n" not in analysis.column_names
    assert "min_cell" not in {parameter.name for parameter in library.parameters(analysis)}
