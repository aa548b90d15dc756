"""Charts of places and of relations: maps, calendars, flows, networks, trees, overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from enishi.analysis.charts.drawing import COLOURS, HEIGHT, WIDTH, Drawing, Row, Spec, number_format
from enishi.analysis.charts.flows import flows
from enishi.errors import AnalysisError

VEGA = "https://vega.github.io/schema/vega/v5.json"
"""Only a name: it says that a spec is Vega and not Vega-Lite; nothing is fetched."""


@cache
def _tiles() -> Mapping[str, tuple[int, int]]:
    given = yaml.safe_load((files("enishi.analysis.charts") / "places.yaml").read_text("utf-8"))
    return MappingProxyType({name: (place[0], place[1]) for name, place in given.items()})


def map_(d: Drawing) -> Spec:
    """A tile a prefecture; points where the answer has latitude and longitude."""
    if {"latitude", "longitude"} <= set(d.answer.analysis.column_names):
        return _points(d)
    rows = [
        {**row, "column": _tiles()[row[d.x]][0], "line": _tiles()[row[d.x]][1]}
        for row in d.rows
        if row[d.x] in _tiles()
    ]
    at: Spec = {
        "x": {"field": "column", "type": "ordinal", "axis": None, "sort": "ascending"},
        "y": {"field": "line", "type": "ordinal", "axis": None, "sort": "ascending"},
    }
    tiles = {
        "mark": {"type": "rect", "cornerRadius": 3},
        "encoding": {**at, "color": d.shade(d.y), "tooltip": d.hint(d.x, d.y)},
    }
    names = {"mark": {"type": "text", "fontSize": 9, "dy": -5}, "encoding": {**at, "text": {"field": d.x}}}
    values = {"mark": {"type": "text", "fontSize": 9, "dy": 7}, "encoding": {**at, "text": d.text(d.y)}}
    return {"width": {"step": 46}, "height": {"step": 34}, "data": {"values": rows}, "layer": [tiles, names, values]}


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
        x, y = d.place(d.x), {"field": d.chart.y, "type": "ordinal", "sort": None, "title": d.label(d.chart.y)}
        return {"width": {"step": 24}, "height": {"step": 24}, "data": {"values": d.rows}, "mark": "rect",
                "encoding": {"x": x, "y": y, "color": d.shade(d.chart.color), "tooltip": d.hint(d.x, d.chart.y, d.chart.color)}}  # fmt: skip
    color = d.chart.color or d.y
    x = {
        "field": d.x,
        "type": "ordinal",
        "timeUnit": "utcyearweek",
        "title": None,
        "axis": {"format": "%Y-%m-%d", "labelOverlap": True},
    }
    y = {"field": d.x, "type": "ordinal", "timeUnit": "utcday", "title": None, "axis": {"format": "%a"}}
    encoding = {"x": x, "y": y, "color": d.shade(color), "tooltip": d.hint(d.x, color)}
    return {
        "width": {"step": 14},
        "height": {"step": 18},
        "data": {"values": d.rows},
        "mark": "rect",
        "encoding": encoding,
    }


def sankey(d: Drawing) -> Spec:
    """Ribbons from the values of `source` to those of `target`, as wide as the measure."""
    source, target = _ends(d)
    value = d.chart.size or d.names("int", "money", "double")[0]
    picture = flows(
        [
            (str(r[source]), str(r[target]), float(r[value] or 0))
            for r in d.rows
            if r[source] is not None and r[target] is not None
        ],
        WIDTH,
        HEIGHT + 80,
    )
    palette = {"name": "shade", "type": "ordinal", "domain": {"data": "nodes", "field": "name"}, "range": list(COLOURS)}
    shape = {
        "path": {"field": "path"},
        "fill": {"scale": "shade", "field": "source"},
        "fillOpacity": {"value": 0.4},
        "tooltip": {
            "signal": f"datum.source + ' → ' + datum.target + '  ' + format(datum.value, '{number_format(d.kind(value))}')"
        },
    }
    block = {
        "x": {"field": "x"},
        "y": {"field": "y"},
        "width": {"value": 12},
        "height": {"field": "height"},
        "fill": {"scale": "shade", "field": "name"},
    }
    name = {
        "x": {"field": "tx"},
        "y": {"field": "ty"},
        "align": {"field": "align"},
        "baseline": {"value": "middle"},
        "text": {"signal": f"datum.name + '  ' + format(datum.value, '{number_format(d.kind(value))}')"},
        "fontSize": {"value": 11},
    }
    return _vega(
        [{"name": "nodes", "values": picture.nodes}, {"name": "links", "values": picture.links}],
        [_mark("path", "links", shape), _mark("rect", "nodes", block), _mark("text", "nodes", name)],
        [palette],
    )


def network(d: Drawing) -> Spec:
    """Things that go together, near each other; the line is as wide as the measure."""
    source, target = _ends(d)
    value = d.chart.size or d.names("double", "int", "ratio")[0]
    kept = sorted(
        (r for r in d.rows if r[source] is not None and r[target] is not None), key=lambda r: -(r[value] or 0)
    )[:60]
    names = list(dict.fromkeys([str(r[source]) for r in kept] + [str(r[target]) for r in kept]))
    links = [
        {"source": names.index(str(r[source])), "target": names.index(str(r[target])), "value": r[value] or 0}
        for r in kept
    ]
    forces = [
        {"force": "center", "x": WIDTH / 2, "y": HEIGHT / 2 + 40},
        {"force": "collide", "radius": 26},
        {"force": "nbody", "strength": -120},
        {"force": "link", "links": "links", "distance": 70},
    ]
    joined = {"type": "force", "static": True, "iterations": 300, "signal": "force", "forces": forces}
    lines = {"name": "links", "values": links}
    wide = {"name": "wide", "type": "linear", "domain": {"data": "links", "field": "value"}, "range": [0.5, 5]}
    path = {"type": "path", "from": {"data": "links"}, "interactive": False, "encode": {"update": {"stroke": {"value": "#bbb"}, "strokeWidth": {"scale": "wide", "field": "value"}}},
            "transform": [{"type": "linkpath", "require": {"signal": "force"}, "shape": "line", "sourceX": "datum.source.x", "sourceY": "datum.source.y", "targetX": "datum.target.x", "targetY": "datum.target.y"}]}  # fmt: skip
    dots = {
        "name": "dots",
        "type": "symbol",
        "zindex": 1,
        "from": {"data": "nodes"},
        "encode": {"enter": {"fill": {"value": COLOURS[0]}, "size": {"value": 120}}},
        "transform": [joined],
    }
    said = {
        "type": "text",
        "zindex": 2,
        "from": {"data": "dots"},
        "encode": {
            "update": {
                "x": {"field": "x"},
                "y": {"field": "y", "offset": -10},
                "text": {"field": "datum.name"},
                "align": {"value": "center"},
                "fontSize": {"value": 10},
            }
        },
    }
    return {
        **_vega([{"name": "nodes", "values": [{"name": name} for name in names]}, lines], [path, dots, said], [wide]),
        "height": HEIGHT + 80,
    }


def treemap(d: Drawing) -> Spec:
    """Rectangles as large as the measure, inside the rectangle of the first column."""
    group, name = (d.chart.source or d.x), (d.chart.target or d.x)
    value = d.y
    rows: list[Row] = [{"id": "all", "name": ""}]
    rows += (
        [{"id": f"g:{g}", "parent": "all", "name": g} for g in dict.fromkeys(str(row[group]) for row in d.rows)]
        if group != name
        else []
    )
    rows += [
        {
            "id": f"l:{i}",
            "parent": f"g:{row[group]}" if group != name else "all",
            "name": str(row[name]),
            "value": float(row[value] or 0),
            "group": str(row[group]),
        }
        for i, row in enumerate(d.rows)
    ]
    tree = [
        {"type": "stratify", "key": "id", "parentKey": "parent"},
        {
            "type": "treemap",
            "field": "value",
            "sort": {"field": "value", "order": "descending"},
            "round": True,
            "paddingInner": 2,
            "paddingOuter": 2,
            "size": [{"signal": "width"}, {"signal": "height"}],
        },
    ]
    leaves = {
        "name": "leaves",
        "source": "tree",
        "transform": [{"type": "filter", "expr": "datum.value > 0 && datum.group"}],
    }
    box = {"x": {"field": "x0"}, "y": {"field": "y0"}, "x2": {"field": "x1"}, "y2": {"field": "y1"}}
    fill = {
        **box,
        "fill": {"scale": "shade", "field": "group"},
        "fillOpacity": {"value": 0.75},
        "tooltip": {"signal": f"datum.name + '  ' + format(datum.value, '{number_format(d.kind(value))}')"},
    }
    text = {
        "x": {"signal": "(datum.x0+datum.x1)/2"},
        "y": {"signal": "(datum.y0+datum.y1)/2"},
        "align": {"value": "center"},
        "baseline": {"value": "middle"},
        "text": {"field": "name"},
        "limit": {"signal": "datum.x1-datum.x0-4"},
        "opacity": {"signal": "datum.y1-datum.y0 > 14 && datum.x1-datum.x0 > 30 ? 1 : 0"},
        "fill": {"value": "white"},
        "fontSize": {"value": 11},
    }
    shade = {"name": "shade", "type": "ordinal", "domain": {"data": "leaves", "field": "group"}, "range": list(COLOURS)}
    return _vega(
        [{"name": "tree", "values": rows, "transform": tree}, leaves],
        [_mark("rect", "leaves", fill), _mark("text", "leaves", text)],
        [shade],
    )


def tree(d: Drawing) -> Spec:
    """Steps that branch: each row is a path in `source`, its parts parted by `options.separator`."""
    source, separator = d.chart.source or d.x, d.option("separator", " > ")
    values: dict[tuple[str, ...], float] = {}
    for row in d.rows:
        steps = tuple(str(row[source]).split(separator))
        for depth in range(1, len(steps) + 1):
            values[steps[:depth]] = values.get(steps[:depth], 0.0) + float(row[d.y] or 0)
    rows: list[Row] = [{"id": "all", "name": d.label(source)}]
    rows += [
        {"id": "/".join(path), "parent": "/".join(path[:-1]) or "all", "name": path[-1], "value": value}
        for path, value in values.items()
    ]
    laid = [
        {"type": "stratify", "key": "id", "parentKey": "parent"},
        {
            "type": "tree",
            "method": "tidy",
            "size": [{"signal": "height"}, {"signal": "width - 120"}],
            "as": ["y", "x", "depth", "children"],
        },
    ]
    links = {
        "name": "links",
        "source": "tree",
        "transform": [{"type": "treelinks"}, {"type": "linkpath", "orient": "horizontal", "shape": "diagonal"}],
    }
    line = {"path": {"field": "path"}, "stroke": {"value": "#bbb"}}
    dot = {"x": {"field": "x"}, "y": {"field": "y"}, "size": {"value": 60}, "fill": {"value": COLOURS[0]}}
    said = {
        "x": {"field": "x", "offset": 7},
        "y": {"field": "y"},
        "baseline": {"value": "middle"},
        "fontSize": {"value": 10},
        "text": {
            "signal": f"datum.name + (datum.value ? '  ' + format(datum.value, '{number_format(d.kind(d.y))}') : '')"
        },
    }
    return _vega(
        [{"name": "tree", "values": rows, "transform": laid}, links],
        [_mark("path", "links", line), _mark("symbol", "tree", dot), _mark("text", "tree", said)],
        [],
    )


def upset(d: Drawing) -> Spec:
    """Bars of combinations over the dots that say what each one holds (`source`: names parted by `options.separator`)."""
    source, separator = d.chart.source or d.x, d.option("separator", " + ")
    kept = sorted(d.rows, key=lambda row: -(row[d.y] or 0))[: d.option("most", 30)]
    order = [row[source] for row in kept]
    dots = [{"set": part, "combination": row[source]} for row in kept for part in str(row[source]).split(separator)]
    x: Spec = {"field": "combination", "type": "ordinal", "sort": order, "axis": None}
    bars = {
        "width": {"step": 24},
        "height": 200,
        "data": {"values": [{**row, "combination": row[source]} for row in kept]},
        "mark": {"type": "bar", "color": COLOURS[0]},
        "encoding": {"x": x, "y": d.measure(d.y), "tooltip": d.hint(source, d.y)},
    }
    matrix = {
        "width": {"step": 24},
        "height": {"step": 22},
        "data": {"values": dots},
        "mark": {"type": "circle", "size": 110, "color": "#333"},
        "encoding": {"x": x, "y": {"field": "set", "type": "ordinal", "title": None}},
    }
    return {"vconcat": [bars, matrix], "spacing": 6}


def _ends(d: Drawing) -> tuple[str, str]:
    texts = d.names("string", "enum", "date", "month")
    source, target = d.chart.source or next(iter(texts), ""), d.chart.target or next(iter(texts[1:]), "")
    if not (source and target):
        raise AnalysisError(
            f"the {d.chart.kind} has no ends", where=d.answer.analysis.place, remedy="Name source and target."
        )
    return source, target


def _vega(data: list[Spec], marks: list[Spec], scales: list[Spec]) -> dict[str, Any]:
    return {
        "$schema": VEGA,
        "width": WIDTH,
        "height": HEIGHT + 80,
        "padding": 8,
        "data": data,
        "scales": scales,
        "marks": marks,
    }


def _mark(kind: str, data: str, encoding: Spec) -> Spec:
    return {"type": kind, "from": {"data": data}, "encode": {"enter": encoding}}
