"""Every kind of chart draws small rows, and what it must show stands in the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from enishi.analysis import charts, library, pages
from enishi.analysis.answer import Answer
from enishi.analysis.charts.ordering import merged
from enishi.analysis.library import read
from enishi.analysis.words import reading
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
    "dual_axis": ("x: place, y: [amount, share]", ("金額", "割合", "50%")),
    "forest": ("x: place, y: share, low: share, high: share", ("割合", "東京都")),
    "funnel": ("x: place, y: people", ("東京都", "3")),
    "heatmap": ("x: who, y: place, color: people", ("女性", "大阪府", "2")),
    "histogram": ("x: place, y: people", ("人数",)),
    "line": ("x: place, y: [people, share]", ("人数", "割合")),
    "lorenz": ("x: share, y: share", ("割合", "50%")),
    "map": ("x: place, y: people", ("東京都", "沖縄県")),
    "network": ("source: place, target: who, size: people", ("東京都", "女性")),
    "pareto": ("x: place, y: [amount, share]", ("金額", "100%")),
    "sankey": ("source: place, target: who, size: people", ("東京都  3", "女性  4")),
    "scatter": ("x: people, y: share", ("人数", "割合")),
    "stacked_bar": ("x: place, y: people, color: who", ("男性", "東京都")),
    "survival_step": ("x: people, y: share", ("割合",)),
    "tree": ("source: place, y: people", ("東京都  3",)),
    "treemap": ("source: who, target: place, y: people", ("東京都",)),
    "upset": ("source: place, y: people", ("東京都", "人数")),
    "waterfall": ("x: place, y: people", ("人数", "東京都")),
}


def _answer(chart: str, places: Sequence[tuple[Any, ...]] = PLACES) -> Answer:
    columns = ", ".join(f"{{name: {n}, type: {kind}, label_ja: {label}}}" for n, (kind, label) in COLUMNS.items())
    analysis = read(FRONT.format(columns=columns, chart=chart), "small.sql")
    rows = pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in places])
    return Answer(analysis, {}, rows)


def _svg(chart: str, places: Sequence[tuple[Any, ...]] = PLACES) -> str:
    answer = _answer(chart, places)
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


def test_a_chart_in_which_nothing_would_stand_is_not_drawn() -> None:
    drawn = _answer("{kind: bar, x: place, y: share, where: {place: 沖縄県}}, {kind: bar, x: place, y: people}")
    assert [chart.y for chart in charts.drawn(drawn)] == ["people"]
    nowhere = _answer("{kind: heatmap, x: place, y: who, color: share, where: {place: 北海道}}")
    assert charts.drawn(nowhere) == []


def test_numbers_on_an_axis_rise_where_no_group_has_all_of_them() -> None:
    rows = [{"k": 1, "who": "a"}, {"k": 10, "who": "a"}, {"k": 2, "who": "b"}, {"k": 5, "who": "b"}]
    assert merged(rows, "k", "who") == [1, 2, 5, 10]


def test_codes_are_drawn_in_words() -> None:
    channel = "{name: channel, type: string, unit: none, label_ja: チャネル}"
    columns = f"{channel}, {{name: people, type: int, unit: people, label_ja: 人数}}"
    analysis = read(FRONT.format(columns=columns, chart="{kind: bar, x: channel, y: people}"), "small.sql")
    answer = Answer(analysis, {}, pa.table({"channel": ["store", "own"], "people": [3, 2]}))
    drawn = charts.to_svg(charts.spec(answer, analysis.charts[0]))
    assert "店舗" in drawn
    assert "own" in drawn
    assert ">store<" not in drawn


@pytest.mark.parametrize(
    ("analysis", "column", "code", "word"),
    [
        ("suppression_analysis", "reason", "opt_out", "配信停止を希望"),
        ("scenario_funnel", "outcome", "suppressed:opt_out", "除外:配信停止を希望"),
        ("scenario_funnel", "outcome", "suppressed:no_points", "除外:必要な内容（points）がない"),
        ("scenario_funnel", "outcome", "exit:exited", "離脱:離脱条件に該当"),
        ("scenario_funnel", "outcome", "exit:no_stock", "離脱:no_stock"),
        ("scenario_funnel", "outcome", "branch:opt_out", "分岐:opt_out"),
    ],
)
def test_why_a_message_did_not_go_out_is_said_in_words(analysis: str, column: str, code: str, word: str) -> None:
    asked = library.get(analysis)
    answer = Answer(asked, {}, pa.table({name: pa.nulls(0) for name in asked.column_names}))
    assert reading(answer, column)(code) == word


SCENARIOS = (
    "{name: campaign, type: string, unit: none, label_ja: 施策}, {name: sent, type: int, unit: count, label_ja: 配信数}"
)


def _campaigns(chart: str) -> Answer:
    analysis = read(FRONT.format(columns=SCENARIOS, chart=chart), "small.sql")
    rows = pa.table({"campaign": ["season", "gone"], "sent": [3, 2]})
    return Answer(analysis, {}, rows, names={"scenario": {"season": "シーズン"}})


def test_scenarios_are_drawn_by_their_titles() -> None:
    answer = _campaigns("{kind: bar, x: campaign, y: sent}")
    drawn = charts.to_svg(charts.spec(answer, answer.analysis.charts[0]))
    assert ("シーズン" in drawn, ">season<" in drawn, "gone" in drawn) == (True, False, True)


def test_a_page_says_the_id_of_a_scenario_beside_its_title() -> None:
    page = pages.answer_page(_campaigns("{kind: bar, x: campaign, y: sent}"))
    assert "シーズン (season)" in page
    assert ">gone<" in page


def test_a_legend_is_no_wider_than_the_picture() -> None:
    rows = [(name * 9, "女性", 1, 1.0, 0.1) for name in "東西南北上中下"]
    answer = _answer("{kind: stacked_bar, x: who, y: people, color: place}", rows)
    legend = charts.spec(answer, answer.analysis.charts[0])
    assert _found(legend, "columns") == [4]


def _found(spec: Any, key: str) -> list[Any]:
    """Every value of `key` under "legend"."""
    if isinstance(spec, list):
        return [value for one in spec for value in _found(one, key)]
    if not isinstance(spec, dict):
        return []
    own = [spec["legend"][key]] if isinstance(spec.get("legend"), dict) and key in spec["legend"] else []
    return own + [value for one in spec.values() for value in _found(one, key)]


def test_a_chart_has_its_title() -> None:
    assert "来た人" in _svg("{kind: bar, title_ja: 来た人, x: place, y: people}")


def test_too_many_bars_are_cut_and_said() -> None:
    places = [(f"店舗{number:03d}", "女性", 1, 1.0, 0.1) for number in range(60)]
    svg = _svg("{kind: bar, x: place, y: people}", places)
    assert ("店舗039" in svg, "店舗040" in svg) == (True, False)
    assert "都道府県: 60のうち40" in svg


def test_too_many_lines_are_cut_to_the_largest() -> None:
    places = [(f"店舗{number:03d}", "女性", number, 1.0, 0.1) for number in range(20)]
    svg = _svg("{kind: line, x: who, y: people, color: place}", places)
    assert ("店舗007" in svg, "店舗008" in svg) == (False, True)
    assert "都道府県: 20のうち12" in svg


def test_names_that_do_not_fit_are_slanted_not_dropped() -> None:
    names = [f"{low:,}円以上{low + 9999:,}円未満" for low in range(0, 90_000, 10_000)]
    svg = _svg("{kind: histogram, x: place, y: people}", [(name, "女性", 1, 1.0, 0.1) for name in names])
    assert [name for name in names if name not in svg] == []


def test_a_heat_map_keeps_an_order_that_all_its_rows_agree_with() -> None:
    cells = [("中", "女性"), ("大", "女性"), ("小", "男性"), ("中", "男性")]
    answer = _answer("{kind: heatmap, x: place, y: who, color: people}", [(*cell, 1, 1.0, 0.1) for cell in cells])
    spec = charts.spec(answer, answer.analysis.charts[0])
    assert spec["layer"][0]["encoding"]["x"]["sort"] == ["小", "中", "大"]


def test_a_map_says_nothing_where_nothing_is_known() -> None:
    assert "null" not in _svg("{kind: map, x: place, y: amount}")


def test_a_funnel_adds_up_its_rows() -> None:
    places = [("見た", "女性", 5, 1.0, 0.1), ("買った", "女性", 2, 1.0, 0.1), ("見た", "男性", 4, 1.0, 0.1)]
    answer = _answer("{kind: funnel, x: place, y: people}", places)
    rows = charts.spec(answer, answer.analysis.charts[0])["data"]["values"]
    assert [(row["place"], row["people"]) for row in rows] == [("見た", 9), ("買った", 2)]


def test_whole_months_are_written_as_months() -> None:
    days = [(f"2026-0{month}-01", "女性", month, 1.0, 0.1) for month in (1, 2)]
    answer = _answer("{kind: line, x: place, y: people}", days)
    columns = (answer.columns[0].model_copy(update={"type": "date"}), *answer.columns[1:])
    monthly = answer.analysis.model_copy(update={"columns": columns})
    spec = charts.spec(Answer(monthly, {}, answer.rows), monthly.charts[0])
    assert spec["encoding"]["x"]["axis"]["format"] == "%Y-%m"


def _spec(chart: str, places: Sequence[tuple[Any, ...]] = PLACES) -> Any:
    answer = _answer(chart, places)
    return charts.spec(answer, answer.analysis.charts[0])


def test_shares_end_at_the_whole() -> None:
    """Parts that add up to one, but for the last digit of a float, are drawn on an axis up to 100 %."""
    parts = [("東京都", who, 1, 1.0, share) for who, share in (("女性", 0.1), ("男性", 0.2), ("不明", 0.7000000001))]
    assert _spec("{kind: stacked_bar, x: place, y: share, color: who}", parts)["encoding"]["y"]["scale"]["domain"] == [
        0,
        1,
    ]
    svg = _svg("{kind: stacked_bar, x: place, y: share, color: who}", parts)
    assert ("100%" in svg, "110%" in svg) == (True, False)
    assert "scale" not in _spec("{kind: bar, x: place, y: share}")["encoding"]["y"]
    above = [("東京都", "女性", 1, 1.0, 1.4)]
    assert "scale" not in _spec("{kind: bar, x: place, y: share}", above)["encoding"]["y"]


TWICE = [("東京都", "女性", 3, 100.0, 0.1), ("東京都", "男性", 1, 50.0, 0.5), ("大阪府", "女性", 2, 10.0, None)]


def test_one_bar_a_place_adds_up_what_adds_up() -> None:
    """3 + 1 people and 150 yen; of shares the last, or their mean by people: (3 × 0.1 + 1 × 0.5) / 4."""
    people, amount, share, mean = (
        [row[name] for row in _spec(f"{{kind: bar, x: place, y: {name}{more}}}", TWICE)["data"]["values"]]
        for name, more in (("people", ""), ("amount", ""), ("share", ""), ("share", ", options: {weight: people}"))
    )
    assert (people, amount) == ([4, 2], [150.0, 10.0])
    assert share == [0.5, None]
    assert mean == [pytest.approx(0.2), None]


def test_only_the_last_rows_of_a_column() -> None:
    rows = _spec("{kind: bar, x: place, y: people, options: {last: people}}")["data"]["values"]
    assert [row["place"] for row in rows] == ["東京都"]


def test_a_series_without_a_value_is_not_in_the_legend() -> None:
    svg = _svg("{kind: line, x: people, y: share, color: place}")
    assert ("大阪府" in svg, "沖縄県" in svg) == (True, False)


def test_many_points_have_their_names_beside_them() -> None:
    """33 shops, no legend: the largest are named, none over another's name."""
    places = [(f"店舗{n:02d}", "女性", n, float(n), n / 40) for n in range(33)]
    svg = _svg("{kind: bubble, x: amount, y: share, size: people, color: place}", places)
    assert (">店舗32<" in svg, ">店舗00<" in svg) == (True, False)
    assert "都道府県: 33のうち" in svg
    near = [(f"店舗{n:02d}", "女性", n, 1.0, 0.5 + n / 1e6) for n in range(33)] + [("遠い店", "女性", 50, 9.0, 0.1)]
    names = _spec("{kind: bubble, x: amount, y: share, size: people, color: place}", near)["layer"][1]["data"]["values"]
    assert [row["place"] for row in names][:2] == ["遠い店", "店舗32"]
    assert len(names) < 12


def test_a_flow_of_many_is_folded() -> None:
    places = [(f"店舗{n:02d}", "女性", n + 1, 1.0, 0.1) for n in range(30)]
    svg = _svg("{kind: sankey, source: place, target: who, size: people}", places)
    assert ("店舗29" in svg, "店舗10" in svg, "その他" in svg) == (True, False, True)


def test_the_largest_lines_are_those_of_most_people_where_a_share_is_drawn() -> None:
    places = [(f"店舗{n:02d}", "女性", n, 1.0, 1 - n / 40) for n in range(20)]
    svg = _svg("{kind: line, x: who, y: share, color: place}", places)
    assert ("店舗19" in svg, "店舗00" in svg) == (True, False)


def test_an_estimate_stands_within_what_it_is_of() -> None:
    svg = _svg("{kind: forest, x: who, y: share, low: share, high: share, options: {within: place}}")
    assert "東京都: 女性" in svg
    log = _spec("{kind: forest, x: place, y: people, low: people, high: people, options: {log: true}}")
    assert log["layer"][0]["encoding"]["x"]["scale"] == {"type": "log"}


RATES = "{name: rate, type: ratio, unit: ratio, label_ja: 率, by: {metric: {amount: {type: money, unit: JPY/message}}}}"


@pytest.mark.parametrize(("metric", "said"), [("click_rate", "25%"), ("amount", "0.25円")])
def test_a_column_is_what_the_parameter_makes_it(metric: str, said: str) -> None:
    columns = f"{{name: arm, type: string, unit: none, label_ja: 群}}, {RATES}"
    analysis = read(FRONT.format(columns=columns, chart="{kind: bar, x: arm, y: rate}"), "small.sql")
    answer = Answer(analysis, {"metric": metric}, pa.table({"arm": ["A"], "rate": [0.25]}))
    assert said in charts.to_svg(charts.spec(answer, analysis.charts[0]))


def test_keys_of_a_wide_table_stay_in_sight() -> None:
    page = pages.answer_page(_answer("{kind: table}"))
    assert page.count('<th class="key">') == 1
    assert page.count('<th class="key edge">') == 1
    assert page.count('<th class="n">') == 3
