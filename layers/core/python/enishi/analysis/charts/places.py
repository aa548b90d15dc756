"""Charts of places and of days: a map of prefectures, points, a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from enishi.analysis.charts.drawing import COLOURS, Drawing, Spec
from enishi.analysis.charts.placing import WIDTH
from enishi.data_files import data_of

_WEEKDAY = "['日','月','火','水','木','金','土'][day(datum.value)]"


@cache
def _tiles() -> Mapping[str, tuple[int, int]]:
    given = data_of("enishi.analysis.charts", "places.yaml")
    return MappingProxyType({name: (place[0], place[1]) for name, place in given.items()})


def map_(d: Drawing) -> Spec:
    """A tile a prefecture, those without rows in grey; points where the answer has latitude and longitude."""
    if {"latitude", "longitude"} <= set(d.answer.analysis.column_names):
        return _points(d)
    found = {row[d.x]: row for row in d.rows}
    rows = [{**found.get(name, {d.x: name, d.y: None}), "column": x, "line": y} for name, (x, y) in _tiles().items()]
    values = [row[d.y] for row in rows if row[d.y] is not None]
    middle = (max(values) + min(values)) / 2 if values else 0
    ink = {"condition": {"test": f"datum['{d.y}'] > {middle}", "value": "white"}, "value": "#222"}
    at: Spec = {"x": _at("column"), "y": _at("line")}
    fill = {"condition": {"test": f"datum['{d.y}'] !== null", **d.shade(d.y)}, "value": "#e8eaee"}
    tiles = {
        "mark": {"type": "rect", "cornerRadius": 3},
        "encoding": {**at, "color": fill, "tooltip": d.hint(d.x, d.y)},
    }
    names = {
        "mark": {"type": "text", "fontSize": 9, "dy": -5},
        "encoding": {**at, "text": {"field": d.x}, "color": ink},
    }
    said = d.written(d.y, {"fontSize": 9, "dy": 7}, {**at, "color": ink})
    return {"width": {"step": 48}, "height": {"step": 34}, "data": {"values": rows}, "layer": [tiles, names, said]}


def _at(name: str) -> Spec:
    return {"field": name, "type": "ordinal", "axis": None, "sort": "ascending"}


def _points(d: Drawing) -> Spec:
    encoding = {
        "x": {"field": "longitude", "type": "quantitative", "scale": {"zero": False}, "axis": None},
        "y": {"field": "latitude", "type": "quantitative", "scale": {"zero": False}, "axis": None},
        "size": {"field": d.y, "type": "quantitative", "title": d.label(d.y), "scale": {"range": [20, 1500]}},
        "tooltip": d.hint(*d.answer.analysis.column_names),
    }
    return {
        **d.framed(mark={"type": "circle", "opacity": 0.6, "color": COLOURS[0]}, encoding=encoding),
        "height": WIDTH,
    }


def calendar_heatmap(d: Drawing) -> Spec:
    """A column a week, a row a weekday; or the two columns that the chart names."""
    if isinstance(d.chart.y, str) and d.chart.y and d.chart.color:
        return _grid(d, d.step(d.x), d.step(d.chart.y), d.chart.color, 24)
    weeks: Spec = {"field": d.x, "type": "ordinal", "timeUnit": "utcyearweek", "title": None}
    weeks["axis"] = {"format": "%Y-%m-%d", "labelOverlap": True}
    days: Spec = {"field": d.x, "type": "ordinal", "timeUnit": "utcday", "title": None, "axis": {"labelExpr": _WEEKDAY}}
    return _grid(d, weeks, days, d.chart.color or d.y, 16)


def _grid(d: Drawing, x: Spec, y: Spec, color: str, step: int) -> Spec:
    encoding = {"x": x, "y": y, "color": d.shade(color), "tooltip": d.hint(d.x, color)}
    size: Spec = {"width": {"step": step}, "height": {"step": step}}
    return {**size, "data": {"values": d.rows}, "mark": "rect", "encoding": encoding}
