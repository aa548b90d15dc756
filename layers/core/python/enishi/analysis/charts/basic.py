"""Bars, lines, areas, heat maps, points."""

from __future__ import annotations

from collections.abc import Callable

from enishi.analysis.charts.drawing import (
    COLOURS,
    HEIGHT,
    IN_TIME,
    MOST_BARS,
    MOST_LINES,
    NAME,
    NUMBERS,
    Drawing,
    Spec,
    broad,
    folded,
    number_axis,
)
from enishi.analysis.charts.ordering import first_of, largest_of, merged
from enishi.analysis.charts.placing import WIDTH, apart

ROOM = 20
"""Pixels between the outermost points and the edge of a picture."""


def bar(d: Drawing) -> Spec:
    """Bars; lying ones where the names are long or many."""
    lying = d.option("lying", _long(d))
    across, along = d.step(d.x) if lying else d.across(d.x), d.measure(d.y)
    encoding: Spec = {
        "y" if lying else "x": across,
        "x" if lying else "y": along,
        "tooltip": d.hint(d.x, *d.ys, d.chart.color),
    }
    rows = d.placed(d.x, d.chart.color)
    grouped = bool(d.chart.color) and len(rows) > len({row[d.x] for row in rows})
    if d.chart.color:
        encoding["color"] = d.shade(d.chart.color)
    if grouped:
        encoding["yOffset" if lying else "xOffset"] = {"field": d.chart.color, "sort": None}
    spec = d.framed(mark={"type": "bar", "color": COLOURS[0]}, encoding=encoding)
    if not lying:
        return {**spec, "data": {"values": rows}}
    beside = len({row[d.chart.color] for row in rows}) if grouped else 1
    rows = first_of(rows, d.x, MOST_BARS if beside == 1 else MOST_BARS // 4)
    return {**spec, **d.cut_to(rows, d.x), "data": {"values": rows}, "height": {"step": max(8, 20 // beside)}}


def _long(d: Drawing) -> bool:
    names = {str(row[d.x]) for row in d.rows}
    return d.kind(d.x) in ("string", "enum") and (len(names) > 12 or any(len(name) > 8 for name in names))


def stacked_bar(d: Drawing) -> Spec:
    color = d.chart.color or next((name for name in d.names("string", "enum") if name != d.x), "")
    shade = d.shade(color) if color else {"value": COLOURS[0]}
    if color and d.kind(color) in ("int", "double"):
        shade = {"field": color, "type": "ordinal", "title": d.label(color), "scale": {"scheme": "blues"}}
    y = d.measure(d.y, stack="zero")
    if d.option("normalised", False):
        y |= {"stack": "normalize", "aggregate": "sum", "title": d.label(d.y), "axis": number_axis("ratio")}
        y |= {"scale": {"domain": [0, 1]}}
    encoding = {"x": d.across(d.x), "y": y, "color": shade, "tooltip": d.hint(d.x, color, d.y)}
    return {**d.framed(mark="bar", encoding=encoding), "data": {"values": d.placed(d.x, color)}}


def histogram(d: Drawing) -> Spec:
    mark = {"type": "bar", "color": COLOURS[0], "binSpacing": 1}
    encoding = {
        "x": {**d.across(d.x), "scale": {"paddingInner": 0.04}},
        "y": d.measure(d.y),
        "tooltip": d.hint(d.x, d.y),
    }
    if d.chart.color:
        encoding["color"] = d.shade(d.chart.color)
    return d.framed(mark=mark, encoding=encoding)


def line(d: Drawing) -> Spec:
    """A line a measure, or a line a value of `color`; nulls break it."""
    if len(d.ys) > 1:
        rows = folded(d.rows, d.ys, [d.label(name) for name in d.ys])
        value = {"field": "value", "type": "quantitative", "title": None, "axis": number_axis(d.kind(d.y))}
        series = {"field": "series", "type": "nominal", "sort": None, "title": None, "scale": {"range": list(COLOURS)}}
        encoding: Spec = {"x": d.coordinate(d.x), "y": value, "color": series}
        return {**d.framed(mark={"type": "line", "point": True}, encoding=encoding), "data": {"values": rows}}
    encoding = {"x": d.coordinate(d.x), "y": d.measure(d.y), "tooltip": d.hint(d.x, d.y, d.chart.color)}
    if d.chart.color:
        encoding["color"] = _series(d, d.chart.color)
    rows = d.placed(d.x, d.chart.color)
    spec = d.framed(mark={"type": "line", "point": True, "color": COLOURS[0]}, encoding=encoding)
    if (
        d.chart.color
        and len({row[d.chart.color] for row in d.rows}) > MOST_LINES
        and d.kind(d.chart.color) not in IN_TIME
    ):
        rows = largest_of(rows, d.chart.color, _weight(d), MOST_LINES)
        return {**spec, **d.cut_to(rows, d.chart.color), "data": {"values": rows}}
    if "marked" in d.chart.options:
        return _marked(d, spec)
    return {**spec, **(_dashed(d, encoding) if "whole" in d.chart.options else {"data": {"values": rows}})}


def _weight(d: Drawing) -> str:
    """What says which lines are the largest: the measure, where it adds up, else the answer's first that does."""
    return next((name for name in (d.y, *d.names("int", "money")) if d.adds_up(name) and name != d.x), d.y)


def _marked(d: Drawing, spec: Spec) -> Spec:
    """An upright line where the column `options.marked` is true."""
    said = {"filter": f"datum['{d.option('marked', '')}']"}
    rule = {"mark": {"type": "rule", "strokeDash": [4, 4]}, "transform": [said], "encoding": {"x": d.coordinate(d.x)}}
    return d.framed(layer=[{"mark": spec["mark"], "encoding": spec["encoding"]}, rule])


def _dashed(d: Drawing, encoding: Spec) -> Spec:
    """A line is dashed from its last point of `options.whole: [part, whole]` where the part is the whole one."""
    part, whole = d.option("whole", [])
    rows: list[Spec] = []
    for row in d.rows:
        is_whole = row[part] == row[whole]
        before = rows[-1] if rows and rows[-1].get(d.chart.color) == row.get(d.chart.color) else {}
        rows += [{**before, "dashed": True}] if before and not (before["dashed"] or is_whole) else []
        rows.append({**row, "dashed": not is_whole})
    dash = {"field": "dashed", "scale": {"domain": [False, True], "range": [[1, 0], [5, 4]]}, "legend": None}
    return {"data": {"values": rows}, "encoding": {**encoding, "strokeDash": {**dash, "type": "nominal"}}}


def _series(d: Drawing, name: str) -> Spec:
    """Lines told apart by colour: moments from light to dark, anything else by hue."""
    if d.kind(name) in IN_TIME:
        return d.shade(name)
    shade = {**d.shade(name), "type": "nominal", "scale": {"scheme": "tableau20" if _many(d, name) else "tableau10"}}
    number = {"labelExpr": "format(datum.value, '.2~%')"} if d.kind(name) == "ratio" else {}
    return {**shade, "legend": {"orient": "right", "labelLimit": NAME, **number}}


def _many(d: Drawing, name: str) -> bool:
    return len({row[name] for row in d.rows}) > 10


def area(d: Drawing) -> Spec:
    color = d.chart.color or next((name for name in d.names("string", "enum") if name != d.x), "")
    encoding: Spec = {"x": d.place(d.x), "y": d.measure(d.y, stack="zero"), "tooltip": d.hint(d.x, color, d.y)}
    if color:
        encoding["color"] = d.shade(color)
    return d.framed(mark={"type": "area", "opacity": 0.85, "color": COLOURS[0]}, encoding=encoding)


def heatmap(d: Drawing) -> Spec:
    """Cells with their value written in them where they are few."""
    x, y = d.x, d.chart.y if isinstance(d.chart.y, str) and d.chart.y else d.ys[0]
    color = d.chart.color or next(name for name in d.names("int", "money", "ratio", "double") if name not in (x, y))
    rows = [row for row in d.placed(x, y, measure=color) if None not in (row[color], row[x], row[y])]
    width = min(70, max(28, WIDTH // max(1, len({row[x] for row in rows}))))
    base: Spec = {"x": _sorted(d, x, y, rows), "y": _sorted(d, y, x, rows)}
    if d.kind(x) not in IN_TIME | NUMBERS and max((broad(str(row[x])) for row in rows), default=0) > width:
        base["x"]["axis"] |= {"labelAngle": -40, "labelOverlap": False}
    cells = {"mark": "rect", "encoding": {**base, "color": d.shade(color), "tooltip": d.hint(x, y, color)}}
    room = width >= (28 if d.kind(color) == "int" else 40)
    layers = [cells, _written(d, base, color, rows)] if len(rows) <= 200 and room else [cells]
    return {"width": {"step": width}, "height": {"step": 26}, "data": {"values": rows}, "layer": layers}


def _sorted(d: Drawing, name: str, other: str, rows: list[Spec]) -> Spec:
    """An axis whose values stand as the answer has them, cells without a value counted in."""
    shown = {row[name] for row in rows}
    order = [value for value in merged(d.rows, name, other) if value in shown]
    return {**d.step(name), **({} if d.kind(name) in IN_TIME else {"sort": order})}


def _written(d: Drawing, base: Spec, color: str, rows: list[Spec]) -> Spec:
    values = [row[color] for row in rows]
    middle = (max(values) + min(values)) / 2 if values else 0
    ink = {"condition": {"test": f"datum['{color}'] > {middle}", "value": "white"}, "value": "#222"}
    return d.written(color, {"fontSize": 10}, {**base, "color": ink})


def scatter(d: Drawing) -> Spec:
    size = {"size": d.area(d.chart.size)} if d.chart.size else {}
    return _points(d, size, d.chart.size)


def bubble(d: Drawing) -> Spec:
    size = d.chart.size or d.names("int", "money")[0]
    return _points(d, {"size": d.area(size, scale={"range": [20, 1800]})}, size)


def _points(d: Drawing, size: Spec, weight: str) -> Spec:
    """Circles told apart by colour; where they are too many for a legend, the largest have their names beside them."""
    hint = d.hint(*d.answer.analysis.column_names)
    encoding: Spec = {"x": _loose(d, d.x), "y": _loose(d, d.y), **size, "tooltip": hint}
    mark = {"type": "circle", "opacity": 0.75, "color": COLOURS[0]}
    name = d.chart.color
    if not name:
        return d.framed(mark=mark, encoding=encoding)
    if d.kind(name) in NUMBERS or len({row[name] for row in d.rows}) <= MOST_LINES:
        return d.framed(mark=mark, encoding={**encoding, "color": d.shade(name)})
    rows = [row for row in d.rows if row[d.x] is not None and row[d.y] is not None]
    ranked = sorted(rows, key=lambda row: -(row[weight or d.y] or 0))[:MOST_LINES]
    named = apart(ranked, _spread(rows, d.x, WIDTH), _spread(rows, d.y, HEIGHT), lambda row: broad(str(row[name])))
    side = {"align": {"expr": "datum._left ? 'right' : 'left'"}, "dx": {"expr": "datum._left ? -7 : 7"}}
    said = {"x": encoding["x"], "y": encoding["y"], "text": {"field": name, "type": "nominal"}}
    beside = {"mark": {"type": "text", "fontSize": 11, **side}, "data": {"values": named}, "encoding": said}
    return d.framed(layer=[{"mark": mark, "encoding": encoding}, beside], **d.cut_to(named, name, "名前"))


def _spread(rows: list[Spec], name: str, pixels: float) -> Callable[[Spec], float]:
    """Where a row stands on an axis of points, in pixels."""
    values = [float(row[name]) for row in rows]
    low, high = min(values, default=0.0), max(values, default=0.0)
    return lambda row: ROOM + (float(row[name]) - low) / ((high - low) or 1.0) * (pixels - 2 * ROOM)


def _loose(d: Drawing, name: str) -> Spec:
    """An axis of points: it begins and ends where they do, with room for the circles."""
    return d.measure(name, scale={"zero": False, "nice": False, "padding": ROOM})


def dual_axis(d: Drawing) -> Spec:
    """Bars for the first measure, a line for the second on an axis of its own."""
    first, second = (*d.ys, *(n for n in d.names("int", "money", "ratio", "double") if n not in (d.x, *d.ys)))[:2]
    x = d.across(d.x)
    bars = {"mark": {"type": "bar", "color": COLOURS[0], "opacity": 0.8}, "encoding": {"x": x, "y": d.measure(first)}}
    dots = {
        "mark": {"type": "line", "color": COLOURS[1], "point": {"color": COLOURS[1]}},
        "encoding": {"x": x, "y": d.measure(second)},
    }
    return d.framed(layer=[bars, dots], resolve={"scale": {"y": "independent"}})


def pareto(d: Drawing) -> Spec:
    """Bars from the largest, and the running share over them; ids of people say nothing under a bar."""
    amount, running = (*d.ys, *d.names("ratio"))[:2]
    x = d.across(d.x)
    if d.x.endswith("_id"):
        x["axis"] = {"labels": False, "ticks": False}
    bars = {"mark": {"type": "bar", "color": COLOURS[0]}, "encoding": {"x": x, "y": d.measure(amount)}}
    low = max((row[running] or 0 for row in d.rows), default=1) < 0.5
    share = d.measure(running) if low else d.measure(running, scale={"domain": [0, 1]})
    dots = {
        "mark": {"type": "line", "color": COLOURS[1], "point": {"color": COLOURS[1]}},
        "encoding": {"x": x, "y": share},
    }
    return d.framed(layer=[bars, dots], resolve={"scale": {"y": "independent"}})
