"""Charts of answers as Vega-Lite or Vega, a kind a function; drawn to SVG and PNG without a browser or a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import vl_convert

from enishi.analysis.answer import Answer
from enishi.analysis.charts import basic, places, relations, statistical
from enishi.analysis.charts.drawing import Drawing, Spec
from enishi.analysis.model import Chart
from enishi.errors import AnalysisError
from enishi.segment.problems import did_you_mean

FONT = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic',Meiryo,sans-serif"
KINDS: Mapping[str, Callable[[Drawing], Spec]] = {
    "area": basic.area,
    "bar": basic.bar,
    "box": statistical.box,
    "bubble": basic.bubble,
    "calendar_heatmap": places.calendar_heatmap,
    "dual_axis": basic.dual_axis,
    "forest": statistical.forest,
    "funnel": statistical.funnel,
    "heatmap": basic.heatmap,
    "histogram": basic.histogram,
    "line": basic.line,
    "lorenz": statistical.lorenz,
    "map": places.map_,
    "network": relations.network,
    "pareto": basic.pareto,
    "sankey": relations.sankey,
    "scatter": basic.scatter,
    "stacked_bar": basic.stacked_bar,
    "survival_step": statistical.survival_step,
    "tree": relations.tree,
    "treemap": relations.treemap,
    "upset": relations.upset,
    "waterfall": statistical.waterfall,
}
TABLE = "table"
"""The answer itself: every page has it, no chart is drawn."""


def drawn(answer: Answer) -> list[Chart]:
    """The charts of the answer that are drawn, its clearest first; none where nothing would stand in the picture."""
    return [chart for chart in answer.analysis.charts if chart.kind != TABLE and Drawing(answer, chart).has_marks]


def spec(answer: Answer, chart: Chart) -> dict[str, Any]:
    """The chart as a Vega-Lite spec, or as a Vega one for flows, networks and trees.

    Raises:
        AnalysisError: there is no such kind of chart.
    """
    if chart.kind not in KINDS:
        raise AnalysisError(
            f"there is no chart {chart.kind}", where=answer.analysis.place, remedy=did_you_mean(chart.kind, KINDS)
        )
    made = KINDS[chart.kind](Drawing(answer, chart))
    if chart.title_ja and not _is_vega(made):
        made = {**made, "title": " ・ ".join([chart.title_ja, *([made["title"]] if "title" in made else [])])}
    return {**made, "background": "white", "config": {**_config(), **made.get("config", {})}}


def to_svg(made: dict[str, Any]) -> str:
    """An SVG element."""
    return str(vl_convert.vega_to_svg(made) if _is_vega(made) else vl_convert.vegalite_to_svg(made))


def to_png(made: dict[str, Any], scale: float = 2) -> bytes:
    """A PNG picture."""
    return bytes(
        vl_convert.vega_to_png(made, scale=scale) if _is_vega(made) else vl_convert.vegalite_to_png(made, scale=scale)
    )


def _is_vega(made: Mapping[str, Any]) -> bool:
    return made.get("$schema") == relations.VEGA


def _config() -> dict[str, Any]:
    text = {"labelFontSize": 12, "titleFontSize": 12, "labelColor": "#333", "titleColor": "#333"}
    return {
        "font": FONT,
        "view": {"stroke": None},
        "text": {"font": FONT},
        "axis": {**text, "grid": True, "gridColor": "#eee", "domainColor": "#bbb", "tickColor": "#bbb"},
        "legend": {**text, "orient": "top"},
        "title": {"font": FONT, "fontSize": 13, "fontWeight": "normal", "color": "#333", "anchor": "start"},
        "point": {"color": "#3b6ea5"},
    }
