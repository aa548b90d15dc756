"""Charts as Vega-Lite data, drawn to SVG without a browser or a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vl_convert

from enishi.results.funnel import ScenarioResult

FONT = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic',Meiryo,sans-serif"
CHANNEL_COLOURS = {"mail": "#3b6ea5", "line": "#3fa66b", "push": "#d98e32", "sms": "#8d6cab"}
STAGES = ("sent", "delivered", "opened", "clicked")


def to_svg(spec: dict[str, Any]) -> str:
    """The chart as an SVG element."""
    return str(vl_convert.vegalite_to_svg({"config": _config(), "background": None, **spec}))


def funnel(result: ScenarioResult, labels: dict[str, str]) -> dict[str, Any]:
    """Bars for sent → delivered → opened → clicked, a colour a channel."""
    rows = [
        {"stage": labels[stage], "channel": labels[reach.channel], "people": getattr(reach, stage)}
        for reach in result.reaches
        for stage in STAGES
    ]
    counts = {"format": ",d", "tickMinStep": 1}
    return {
        "width": 420,
        "height": 120,
        "data": {"values": rows},
        "mark": {"type": "bar", "height": 18},
        "encoding": {
            "y": {"field": "stage", "type": "nominal", "sort": [labels[s] for s in STAGES], "title": None},
            "x": {"field": "people", "type": "quantitative", "title": labels["messages"], "axis": counts},
            "color": _channel_colour(labels),
        },
    }


def increments(results: Sequence[ScenarioResult], titles: dict[str, str], labels: dict[str, str]) -> dict[str, Any]:
    """Each scenario's increment over its holdout with the 95 % interval, in points of the buying rate."""
    rows = [
        {
            "scenario": titles.get(result.scenario_id, result.scenario_id),
            "difference": gain.difference,
            "low": gain.low,
            "high": gain.high,
        }
        for result in results
        if (gain := result.increment)
    ]
    y = {"field": "scenario", "type": "nominal", "title": None, "sort": "-x", "axis": {"labelLimit": 260}}
    x = {"type": "quantitative", "title": labels["increment"], "axis": {"format": "+.0%"}}
    middle = {**x, "field": "difference"}
    return {
        "width": 460,
        "height": {"step": 34},
        "data": {"values": rows},
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [3, 3], "color": "#999"}, "encoding": {"x": {"datum": 0}}},
            {"mark": "rule", "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 90}, "encoding": {"y": y, "x": middle}},
        ],
    }


def daily(rows: Sequence[dict[str, Any]], labels: dict[str, str]) -> dict[str, Any]:
    """Messages a day, stacked by channel."""
    values = [
        {"day": row["sent_date"].isoformat(), "channel": labels[row["channel"]], "sent": row["sent"]} for row in rows
    ]
    return {
        "width": 860,
        "height": 180,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "title": None, "axis": {"labelAngle": -60, "labelOverlap": True}},
            "y": {"field": "sent", "aggregate": "sum", "type": "quantitative", "title": labels["messages"]},
            "color": _channel_colour(labels),
        },
    }


def _channel_colour(labels: dict[str, str]) -> dict[str, Any]:
    names = [labels[channel] for channel in CHANNEL_COLOURS]
    return {
        "field": "channel",
        "type": "nominal",
        "title": None,
        "scale": {"domain": names, "range": list(CHANNEL_COLOURS.values())},
    }


def _config() -> dict[str, Any]:
    text = {"labelFontSize": 12, "titleFontSize": 12, "labelColor": "#333", "titleColor": "#333"}
    return {
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**text, "grid": True, "gridColor": "#eee", "domainColor": "#bbb", "tickColor": "#bbb"},
        "legend": {**text, "orient": "top"},
        "bar": {"color": "#3b6ea5"},
    }
