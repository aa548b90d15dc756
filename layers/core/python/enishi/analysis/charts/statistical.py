"""Charts of estimates and distributions: intervals, survival, boxes, concentration, steps between totals."""

from __future__ import annotations

from typing import Any

from enishi.analysis.charts.drawing import COLOURS, MOST_BARS, NAME, Drawing, Spec
from enishi.analysis.charts.ordering import first_of


def forest(d: Drawing) -> Spec:
    """An estimate a row with its interval; the vertical line is no effect.

    `options.within` names the column whose value stands before that of x. With `options.log` the axis is one of powers
    of ten, and nothing stands for no effect.
    """
    low, high = d.chart.low or "ci_low", d.chart.high or "ci_high"
    y = {**d.place(d.x), "axis": {"labelLimit": NAME}}
    log = {"scale": {"type": "log"}} if d.option("log", False) else {}
    wide = d.measure(low, title=d.label(d.y), **log)
    ends = {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"y": y, "x": wide, "x2": {"field": high}}}
    dots = {
        "mark": {"type": "point", "filled": True, "size": 90, "color": COLOURS[0]},
        "encoding": {"y": y, "x": d.measure(d.y, **log), "tooltip": d.hint(d.x, d.y, low, high)},
    }
    none = {
        "mark": {"type": "rule", "strokeDash": [4, 4], "color": "#999"},
        "data": {"values": [{}]},
        "encoding": {"x": {"datum": d.option("none", 0)}},
    }
    within = d.option("within", "")
    said = [{**row, d.x: f"{row[within]}: {row[d.x]}"} for row in d.rows] if within else d.rows
    rows = first_of(said, d.x, MOST_BARS)
    return {
        **d.framed(layer=[ends, dots] if log else [none, ends, dots]),
        **d.cut_to(rows, d.x),
        "data": {"values": rows},
        "height": {"step": 30},
    }


def survival_step(d: Drawing) -> Spec:
    """A curve that falls at each event, with its band where the answer has one."""
    encoding: Spec = {"x": d.measure(d.x), "y": d.measure(d.y, scale={"domain": [0, 1]})}
    if d.chart.color:
        encoding["color"] = {**d.shade(d.chart.color), "type": "nominal", "scale": {"range": list(COLOURS)}}
    curve = {
        "mark": {"type": "line", "interpolate": "step-after"},
        "encoding": {**encoding, "tooltip": d.hint(d.x, d.y)},
    }
    if not (d.chart.low and d.chart.high):
        return d.framed(layer=[curve])
    band = {**encoding, "y": {"field": d.chart.low, "type": "quantitative"}, "y2": {"field": d.chart.high}}
    return d.framed(
        layer=[{"mark": {"type": "area", "opacity": 0.2, "interpolate": "step-after"}, "encoding": band}, curve]
    )


def box(d: Drawing) -> Spec:
    """Boxes of quartiles that the answer holds: y = [low, p25, median, p75, high]; low and high may be missing."""
    names = list(d.ys)
    low, q1, middle, q3, high = names if len(names) == 5 else [names[0], *names[:3], names[-1]]
    x = d.step(d.x)
    whisker = {"mark": "rule", "encoding": {"x": x, "y": d.measure(low, title=d.label(middle)), "y2": {"field": high}}}
    body = {
        "mark": {"type": "bar", "size": 24, "color": COLOURS[0], "opacity": 0.7},
        "encoding": {"x": x, "y": d.measure(q1, title=d.label(middle)), "y2": {"field": q3}},
    }
    tick = {
        "mark": {"type": "tick", "size": 24, "thickness": 2, "color": "#222"},
        "encoding": {"x": x, "y": d.measure(middle), "tooltip": d.hint(d.x, *names)},
    }
    return d.framed(layer=[whisker, body, tick])


def lorenz(d: Drawing) -> Spec:
    """The share of sales by the share of people; the diagonal is equality."""
    encoding: Spec = {"x": d.measure(d.x, scale={"domain": [0, 1]}), "y": d.measure(d.y, scale={"domain": [0, 1]})}
    if d.chart.color:
        encoding["color"] = {**d.shade(d.chart.color), "type": "nominal", "scale": {"scheme": "tableau20"}}
    equal = {
        "mark": {"type": "line", "strokeDash": [4, 4], "color": "#999"},
        "data": {"values": [{"a": 0, "b": 0}, {"a": 1, "b": 1}]},
        "encoding": {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b", "type": "quantitative"}},
    }
    curve = {
        "mark": {"type": "line", "point": True, "color": COLOURS[0]},
        "encoding": {**encoding, "tooltip": d.hint(d.x, d.y)},
    }
    return d.framed(layer=[equal, curve])


def waterfall(d: Drawing) -> Spec:
    """Each step from where the one before ended. `options.totals` names the values of x that stand on the ground.

    Several measures are the steps themselves, summed over the rows; `options.taken` names those that are taken away,
    `options.ends` a total that is as the first row has it, and one as the last row has it.
    """
    if len(d.ys) > 1:
        return _steps_of_measures(d)
    totals, level, rows = set(d.option("totals", [])), 0.0, []
    for row in d.rows:
        value = float(row[d.y] or 0)
        start, end = (0.0, value) if row[d.x] in totals else (level, level + value)
        rows.append(
            {
                **row,
                "start": start,
                "end": end,
                "way": "total" if row[d.x] in totals else "up" if value >= 0 else "down",
            }
        )
        level = end
    shades = {"domain": ["total", "up", "down"], "range": [COLOURS[7], COLOURS[2], COLOURS[4]]}
    encoding = {
        "x": d.step(d.x),
        "y": d.measure(d.y, field="start", title=d.label(d.y)),
        "y2": {"field": "end"},
        "color": {"field": "way", "type": "nominal", "scale": shades, "legend": None},
        "tooltip": d.hint(d.x, d.y),
    }
    return {**d.framed(mark="bar", encoding=encoding), "data": {"values": rows}}


def _steps_of_measures(d: Drawing) -> Spec:
    """A waterfall whose steps are columns: what is listed, taken off, left."""
    totals, taken, level, rows = set(d.option("totals", [])), set(d.option("taken", [])), 0.0, []
    opening, closing = d.option("ends", ("", ""))
    for name in d.ys:
        counted = d.rows[:1] if name == opening else d.rows[-1:] if name == closing else d.rows
        value = sum(float(row[name] or 0) for row in counted)
        change = -value if name in taken else value
        start, end = (0.0, value) if name in totals else (level, level + change)
        way = "total" if name in totals else "up" if change >= 0 else "down"
        rows.append({"step": d.label(name), "value": value, "start": start, "end": end, "way": way})
        level = end
    shades = {"domain": ["total", "up", "down"], "range": [COLOURS[7], COLOURS[2], COLOURS[4]]}
    along = d.measure(d.y, field="start", title=None)
    text = {"field": "value", "type": "quantitative", "title": None, "format": ",.0f"}
    encoding = {
        "x": {"field": "step", "type": "ordinal", "sort": None, "title": None, "axis": {"labelAngle": 0}},
        "y": along,
        "y2": {"field": "end"},
        "color": {"field": "way", "type": "nominal", "scale": shades, "legend": None},
        "tooltip": [{"field": "step", "title": "項目"}, {**text, "title": "金額"}],
    }
    return {**d.framed(mark="bar", encoding=encoding), "data": {"values": rows}}


def funnel(d: Drawing) -> Spec:
    """Centred bars, from wide to narrow; counts of several rows (months, shops) are added up."""
    sums: dict[Any, float] = {}
    for row in d.rows:
        sums[row[d.x]] = sums.get(row[d.x], 0.0) + float(row[d.y] or 0)
    rows = [{d.x: step, d.y: value, "left": -value / 2, "right": value / 2} for step, value in sums.items()]
    y = {"field": d.x, "type": "ordinal", "sort": None, "title": d.label(d.x), "axis": {"labelLimit": NAME}}
    width = {"field": "left", "type": "quantitative", "axis": None}
    bars = {
        "mark": {"type": "bar", "color": COLOURS[0]},
        "encoding": {"y": y, "x": width, "x2": {"field": "right"}, "tooltip": d.hint(d.x, d.y)},
    }
    said = d.written(d.y, {"dx": 8, "align": "left"}, {"y": y, "x": {**width, "field": "right"}})
    return {**d.framed(layer=[bars, said]), "height": {"step": 26}, "data": {"values": rows}}
