"""Charts of relations: flows, networks, trees, overlaps. What Vega-Lite cannot draw is Vega (`vega/<kind>.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from enishi.analysis.binding import labels
from enishi.analysis.charts.drawing import COLOURS, HEIGHT, Drawing, Row, Spec, number_format
from enishi.analysis.charts.flows import Flow, flows
from enishi.analysis.charts.placing import WIDTH
from enishi.data_files import data_of
from enishi.errors import AnalysisError

VEGA = "https://vega.github.io/schema/vega/v5.json"
"""Only a name: it says that a spec is Vega and not Vega-Lite; nothing is fetched."""
MOST_LINKS = 60
"""A network of more is not readable: the strongest stay."""
MOST_BLOCKS = 16
"""Blocks at either end of a flow; those beyond are one."""


def sankey(d: Drawing) -> Spec:
    """Ribbons from the values of `source` to those of `target`, as wide as the measure.

    With `options.separator` both are paths: the ribbon leads from the first part of `source` to the last of `target`.
    """
    source, target = _ends(d)
    value = d.chart.size or d.names("int", "money", "double")[0]
    links = _folded(_folded(_links(d, source, target, value), 0), 1)
    picture = flows(links, WIDTH, HEIGHT + 80)
    return _vega("sankey", {"nodes": picture.nodes, "links": picture.links}, number_format(d.kind(value)))


def _folded(links: Sequence[Flow], end: int) -> list[Flow]:
    """The flows with all but the largest blocks of one end (0 source, 1 target) as one: more names do not fit."""
    sums: dict[str, float] = {}
    for a, b, weight in links:
        sums[b if end else a] = sums.get(b if end else a, 0.0) + weight
    if len(sums) <= MOST_BLOCKS:
        return list(links)
    large = set(sorted(sums, key=lambda name: -sums[name])[: MOST_BLOCKS - 1])
    rest = labels()["other"]
    joined: dict[tuple[str, str], float] = {}
    for a, b, weight in links:
        ends = (a if end or a in large else rest, b if not end or b in large else rest)
        joined[ends] = joined.get(ends, 0.0) + weight
    return [(*ends, weight) for ends, weight in joined.items()]


def network(d: Drawing) -> Spec:
    """Things that go together, near each other; the line is as wide as the measure."""
    source, target = _ends(d)
    value = d.chart.size or d.names("double", "int", "ratio")[0]
    links = sorted(_links(d, source, target, value), key=lambda link: -link[2])[:MOST_LINKS]
    names = list(dict.fromkeys(name for link in links for name in link[:2]))
    joined = [{"source": names.index(a), "target": names.index(b), "value": weight} for a, b, weight in links]
    return _vega("network", {"nodes": [{"name": name} for name in names], "links": joined})


def treemap(d: Drawing) -> Spec:
    """Rectangles as large as the measure: those of `target` inside those of `source`, or of one column alone."""
    group, name = d.chart.source or d.x, d.chart.target or d.x
    nested = group != name
    rows: list[Row] = [{"id": "all", "name": ""}]
    if nested:
        rows += [
            {"id": f"g:{one}", "parent": "all", "name": one} for one in dict.fromkeys(str(r[group]) for r in d.rows)
        ]
    for number, row in enumerate(d.rows):
        leaf = {"name": str(row[name]), "value": float(row[d.y] or 0), "group": str(row[group])}
        rows.append({"id": f"l:{number}", "parent": f"g:{row[group]}" if nested else "all", **leaf})
    return _vega("treemap", {"tree": rows}, number_format(d.kind(d.y)))


def tree(d: Drawing) -> Spec:
    """Steps that branch: each row is a path in `source`, its parts parted by `options.separator`."""
    source, separator = d.chart.source or d.x, d.option("separator", " > ")
    values: dict[tuple[str, ...], float] = {}
    for row in d.rows:
        steps = tuple(str(row[source]).split(separator))
        for depth in range(1, len(steps) + 1):
            values[steps[:depth]] = values.get(steps[:depth], 0.0) + float(row[d.y] or 0)
    rows: list[Row] = [{"id": "all", "name": d.label(source)}]
    for path, value in values.items():
        rows.append({"id": "/".join(path), "parent": "/".join(path[:-1]) or "all", "name": path[-1], "value": value})
    return _vega("tree", {"tree": rows}, number_format(d.kind(d.y)))


def upset(d: Drawing) -> Spec:
    """Bars of combinations over dots that say what each holds (`source`: names parted by `options.separator`)."""
    source, separator = d.chart.source or d.x, d.option("separator", " + ")
    kept = sorted(d.rows, key=lambda row: -(row[d.y] or 0))[: d.option("most", 30)]
    dots = [{"set": part, "combination": row[source]} for row in kept for part in str(row[source]).split(separator)]
    x: Spec = {"field": "combination", "type": "ordinal", "sort": [row[source] for row in kept], "axis": None}
    bars = {
        "height": 200,
        "data": {"values": [{**row, "combination": row[source]} for row in kept]},
        "mark": {"type": "bar", "color": COLOURS[0]},
        "encoding": {"x": x, "y": d.measure(d.y), "tooltip": d.hint(source, d.y)},
    }
    matrix = {
        "height": {"step": 22},
        "data": {"values": dots},
        "mark": {"type": "circle", "size": 110, "color": "#333"},
        "encoding": {"x": x, "y": {"field": "set", "type": "ordinal", "title": None}},
    }
    return {"vconcat": [{"width": {"step": 24}, **part} for part in (bars, matrix)], "spacing": 6}


def _ends(d: Drawing) -> tuple[str, str]:
    texts = d.names("string", "enum", "date", "month")
    source, target = d.chart.source or next(iter(texts), ""), d.chart.target or next(iter(texts[1:]), "")
    if not (source and target):
        raise AnalysisError(
            f"the {d.chart.kind} has no ends", where=d.answer.analysis.place, remedy="Name source and target."
        )
    return source, target


def _links(d: Drawing, source: str, target: str, value: str) -> list[tuple[str, str, float]]:
    whole = (row for row in d.rows if row[source] is not None and row[target] is not None)
    links = ((str(row[source]), str(row[target]), float(row[value] or 0)) for row in whole)
    separator = d.option("separator", "")
    if not separator:
        return list(links)
    sums: dict[tuple[str, str], float] = {}
    for start, end, weight in links:
        ends = start.split(separator)[0], end.split(separator)[-1]
        sums[ends] = sums.get(ends, 0.0) + weight
    return [(*ends, weight) for ends, weight in sums.items()]


def _vega(name: str, data: Mapping[str, Sequence[Row]], form: str = ",.0f") -> Spec:
    """The declared picture with its data: `form` is how its numbers are written."""
    declared = _declared(name)
    transforms = declared.get("transforms", {})
    tables = [{"name": table, "values": rows, "transform": transforms.get(table, [])} for table, rows in data.items()]
    return {
        "$schema": VEGA,
        "width": WIDTH,
        "height": HEIGHT + 80,
        "padding": 8,
        "signals": [{"name": "form", "value": form}, {"name": "colours", "value": list(COLOURS)}],
        "data": [*tables, *declared.get("derived", [])],
        "scales": declared.get("scales", []),
        "marks": declared["marks"],
    }


@cache
def _declared(name: str) -> Mapping[str, Any]:
    read: dict[str, Any] = data_of("enishi.analysis.charts", f"vega/{name}.yaml")
    return read
