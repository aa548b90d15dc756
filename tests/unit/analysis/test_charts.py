"""Every kind of chart draws small rows, and what it must show stands in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from enishi.analysis import charts
from enishi.analysis.answer import Answer
from enishi.analysis.library import read
from enishi.errors import AnalysisError

FRONT = """/*
id: small
name: {{ja: 小さな例, en: A small one}}
category: overview
tier: core
question: {{ja: いくつか, en: How many}}
method: none
columns: [{columns}]
charts: [{chart}]
cells: []
*/
SELECT 1"""
PLACES = [
    ("東京都", "女性", 3, 1200000.0, 0.25),
    ("大阪府", "男性", 2, 9000.0, 0.5),
    ("沖縄県", "女性", 1, 500.0, None),
]
COLUMNS = {
    "place": ("string", "都道府県"),
    "who": ("string", "性別"),
    "people": ("int", "人数"),
    "amount": ("money", "金額"),
    "share": ("ratio", "割合"),
}
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "area": ("x: place, y: people, color: who", ("人数", "女性")),
    "bar": ("x: place, y: amount", ("120万円", "沖縄県")),
    "box": ("x: place, y: [share, share, share, share, share]", ("割合",)),
    "bubble": ("x: people, y: amount, size: people", ("人数",)),
    "calendar_heatmap": ("x: place, y: who, color: people", ("人数",)),
    "dual_axis": ("x: place, y: [amount, share]", ("金額", "割合", "50.0%")),
    "forest": ("x: place, y: share, low: share, high: share", ("割合", "東京都")),
    "funnel": ("x: place, y: people", ("東京都", "3")),
    "heatmap": ("x: who, y: place, color: people", ("女性", "大阪府", "2")),
    "histogram": ("x: place, y: people", ("人数",)),
    "line": ("x: place, y: [people, share]", ("人数", "割合")),
    "lorenz": ("x: share, y: share", ("割合", "50.0%")),
    "map": ("x: place, y: people", ("東京都", "沖縄県")),
    "network": ("source: place, target: who, size: people", ("東京都", "女性")),
    "pareto": ("x: place, y: [amount, share]", ("金額", "100.0%")),
    "sankey": ("source: place, target: who, size: people", ("東京都  3", "女性  4")),
    "scatter": ("x: people, y: share", ("人数", "割合")),
    "stacked_bar": ("x: place, y: people, color: who", ("男性", "東京都")),
    "survival_step": ("x: people, y: share", ("割合",)),
    "tree": ("source: place, y: people", ("東京都  3",)),
    "treemap": ("source: who, target: place, y: people", ("東京都",)),
    "upset": ("source: place, y: people", ("東京都", "人数")),
    "waterfall": ("x: place, y: people", ("人数", "東京都")),
}


def _answer(chart: str) -> Answer:
    columns = ", ".join(f"{{name: {n}, type: {kind}, label_ja: {label}}}" for n, (kind, label) in COLUMNS.items())
    analysis = read(FRONT.format(columns=columns, chart=chart), "small.sql")
    rows = pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in PLACES])
    return Answer(analysis, {}, rows)


def _svg(chart: str) -> str:
    answer = _answer(chart)
    return charts.to_svg(charts.spec(answer, answer.analysis.charts[0]))


def test_every_kind_is_tried() -> None:
    assert set(KINDS) == set(charts.KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_draws(kind: str) -> None:
    fields, said = KINDS[kind]
    svg = _svg(f"{{kind: {kind}, {fields}}}")
    assert "<svg" in svg
    assert [word for word in said if word not in svg] == []


def test_a_chart_of_some_rows_only() -> None:
    svg = _svg("{kind: funnel, x: place, y: people, where: {people: {min: 2}}}")
    assert ("東京都" in svg, "沖縄県" in svg) == (True, False)
    svg = _svg("{kind: bar, x: place, y: people, where: {place: {not: [東京都]}}}")
    assert ("東京都" in svg, "沖縄県" in svg) == (False, True)


def test_a_line_is_dashed_where_not_everybody_has_been_seen() -> None:
    svg = _svg("{kind: line, x: place, y: people, options: {whole: [people, people]}}")
    assert 'stroke-dasharray="5,4"' not in svg
    svg = _svg("{kind: line, x: place, y: people, options: {whole: [people, share]}}")
    assert 'stroke-dasharray="5,4"' in svg


def test_a_line_with_a_mark() -> None:
    assert "mark-rule" in _svg("{kind: line, x: place, y: people, options: {marked: share}}")


def test_a_waterfall_of_measures_over_all_rows() -> None:
    """The first total as it began, the sum of the steps, the last total as it ended (nothing there)."""
    options = "{totals: [people, share], ends: [people, share]}"
    answer = _answer(f"{{kind: waterfall, x: place, y: [people, amount, share], options: {options}}}")
    steps = charts.spec(answer, answer.analysis.charts[0])["data"]["values"]
    assert [(step["step"], step["value"], step["way"]) for step in steps] == [
        ("人数", 3, "total"),
        ("金額", 1209500, "up"),
        ("割合", 0, "total"),
    ]


def test_a_png_is_a_picture() -> None:
    answer = _answer("{kind: bar, x: place, y: people}")
    assert charts.to_png(charts.spec(answer, answer.analysis.charts[0])).startswith(b"\x89PNG")


def test_an_unknown_kind_names_the_nearest() -> None:
    answer = _answer("{kind: heatmapp, x: place, y: who}")
    with pytest.raises(AnalysisError, match="Did you mean heatmap"):
        charts.spec(answer, answer.analysis.charts[0])


def test_an_answer_without_rows_draws_nothing() -> None:
    answer = _answer("{kind: bar, x: place, y: people}")
    empty: Any = Answer(answer.analysis, {}, answer.rows.slice(0, 0))
    assert charts.drawn(empty) == []
