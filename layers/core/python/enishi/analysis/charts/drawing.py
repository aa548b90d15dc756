"""One chart being drawn: the rows as plain values, and the encodings that every kind shares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from enishi.analysis.answer import Answer
from enishi.analysis.charts.placing import WIDTH, one_a_place, with_values
from enishi.analysis.model import Chart
from enishi.analysis.words import reading

Spec = dict[str, Any]
Row = dict[str, Any]
NUMBERS = frozenset({"int", "double", "money", "ratio"})
IN_TIME = frozenset({"date", "month", "timestamp"})
YEN = (
    "abs({0}) >= 1e8 ? format({0}/1e8, ',.2~f') + '億円' : "
    "abs({0}) >= 1e4 ? format({0}/1e4, ',.1~f') + '万円' : "
    "abs({0}) >= 100 ? format({0}, ',.0f') + '円' : format({0}, ',.2~f') + '円'"
)
"""Money on axes and labels as people say it: 1,234円, 12.3万円, 4.5億円."""
FINE = "abs({0}) < 1 ? format({0}, '.3~r') : format({0}, ',.2~f')"
"""Doubles on an axis: ticks below 1 differ in later digits."""
_LABELS: Mapping[str, str] = MappingProxyType({"money": YEN, "double": FINE})
COLOURS = ("#3b6ea5", "#d98e32", "#3fa66b", "#8d6cab", "#c4515f", "#5aa7b5", "#a08b5b", "#7d7d7d")
HEIGHT = 320
LETTER, NARROW = 12, 7
"""Pixels of a letter on an axis, and of one that is half as wide (digits, Latin)."""
CLEAR = {"labelFlush": False, "labelOverlap": "parity", "labelSeparation": 4}
"""Labels of an axis stand under their ticks, and none touches the next."""
_LEGEND_LABEL, _LEGEND_SYMBOL = 240, 32
"""Pixels of a legend's label at most, and of its symbol with the space around it."""
NAME = 320
"""Pixels of a name on an axis at most."""
NEARLY_ALL = 0.9
"""Shares above this are drawn on an axis up to 100 %."""
MOST_BARS, MOST_LINES = 40, 12
"""What one picture can show; the table has the others."""


@dataclass(frozen=True)
class Drawing:
    """A chart of an answer."""

    answer: Answer
    chart: Chart

    @cached_property
    def rows(self) -> list[Row]:
        """The rows that the chart is of, values as JSON has them, codes in words."""
        read = {name: reading(self.answer, name) for name in self.answer.rows.column_names}
        kept = (row for row in self.answer.rows.to_pylist() if self._is_drawn(row))
        said = [{name: read[name](plain(value)) for name, value in row.items()} for row in kept]
        return self._of_live_series(self._latest(said))

    def _latest(self, rows: list[Row]) -> list[Row]:
        """With `options.last`, a column, only the rows of its last value."""
        column = self.option("last", "")
        last = max((row[column] for row in rows if row[column] is not None), default=None) if column else None
        return [row for row in rows if row[column] == last] if column else rows

    def _of_live_series(self, rows: list[Row]) -> list[Row]:
        colour = self.chart.color
        if not colour or self.kind(colour) in NUMBERS or not self.ys:
            return rows
        points = self.chart.kind in ("bubble", "scatter")
        drawn, whole = ((self.x, *self.ys), all) if points else (self.ys, any)
        return with_values(rows, colour, lambda row: whole(row[name] is not None for name in drawn))

    def placed(self, *keys: str, measure: str = "") -> list[Row]:
        """The rows, one for each place on these axes: what adds up is added up; shares, with `options.weight`, are
        the mean over that column."""
        measures = (measure,) if measure else self.ys
        adding = {name: self.adds_up(name) for name in measures}
        return one_a_place(self.rows, [key for key in keys if key], adding, self.option("weight", ""))

    def adds_up(self, name: str) -> bool:
        """Whether the values of a measure may be summed: counts and amounts, nothing that is per something."""
        column = self.answer.column(name)
        return column.type in ("int", "money") and "/" not in column.unit

    def _is_drawn(self, row: Mapping[str, Any]) -> bool:
        return all(_fits(plain(row[name]), wanted) for name, wanted in self.chart.where.items())

    @property
    def has_marks(self) -> bool:
        """Whether a row is left that has its place on the axes that the chart names, and knows what is measured: the
        colour, where that is a number, else the heights."""
        colour, y = self.chart.color, self.chart.y if isinstance(self.chart.y, str) else ""
        measures = [colour] if colour and self.kind(colour) in NUMBERS else self.ys
        placed = [row for row in self.rows if all(row[name] is not None for name in (self.chart.x, y) if name)]
        return any(row[name] is not None for row in placed for name in measures) if measures else bool(placed)

    def kind(self, name: str) -> str:
        """The type of a column; money is also what is yen per something."""
        column = self.answer.column(name)
        return "money" if column.type == "double" and column.unit.startswith("JPY") else column.type

    def form(self, name: str) -> str:
        """How moments are written: months where there are whole ones only."""
        monthly = self.kind(name) == "month" or all(str(row[name] or "-01")[7:] == "-01" for row in self.rows)
        return "%Y-%m" if monthly else "%Y-%m-%d"

    def label(self, name: str) -> str:
        return self.answer.label(name)

    def names(self, *kinds: str) -> list[str]:
        """The columns of these types, in their order."""
        return [column.name for column in self.answer.columns if column.type in kinds]

    @property
    def x(self) -> str:
        """The column on the horizontal axis; the first that is no measure, unless the chart says."""
        return self.chart.x or next(
            (c.name for c in self.answer.columns if c.type not in NUMBERS), self.answer.columns[0].name
        )

    @property
    def ys(self) -> tuple[str, ...]:
        """The measures; the first number that is not on the other axis, unless the chart says."""
        if self.chart.y:
            return (self.chart.y,) if isinstance(self.chart.y, str) else tuple(self.chart.y)
        return tuple(name for name in self.names(*NUMBERS) if name != self.x)[:1]

    @property
    def y(self) -> str:
        return self.ys[0]

    def option(self, name: str, default: Any) -> Any:
        return self.chart.options.get(name, default)

    def measure(self, name: str, **more: Any) -> Spec:
        """A quantitative channel with its Japanese title and the format of its unit; shares end at 100 %."""
        spec: Spec = {"field": name, "type": "quantitative", "title": self.label(name)}
        whole = {"scale": {"domain": [0, 1]}} if self._fills_the_whole(name, stacked="stack" in more) else {}
        return {**spec, "axis": number_axis(self.kind(name)), **whole, **more}

    def _fills_the_whole(self, name: str, *, stacked: bool = False) -> bool:
        """Whether shares reach to 100 % and not above, up to rounding; of a stack their sum does."""
        if self.kind(name) != "ratio":
            return False
        sums: dict[Any, float] = {}
        for place, row in enumerate(self.rows):
            at = row[self.x] if stacked else place
            sums[at] = sums.get(at, 0.0) + (row[name] or 0.0)
        least = min((row[name] for row in self.rows if row[name] is not None), default=-1.0)
        return least >= 0 and NEARLY_ALL < max(sums.values(), default=0.0) <= 1 + 1e-6

    def place(self, name: str, **more: Any) -> Spec:
        """A discrete or temporal channel, values in the order of the rows."""
        axis: Spec = {"labelLimit": NAME, **CLEAR, "labelOverlap": "greedy"}
        if self.kind(name) in IN_TIME:
            form = self.form(name)
            unit = "utcyearmonth" if form == "%Y-%m" else "utcyearmonthdate"
            shown = {"timeUnit": unit, "axis": {**axis, "format": form, "labelAngle": 0}}
            return {"field": name, "type": "temporal", "title": self.label(name), **shown, **more}
        return {
            "field": name,
            "type": "ordinal",
            "sort": None,
            "title": self.label(name),
            "axis": {**axis, "labelAngle": 0},
            **more,
        }

    def step(self, name: str, **more: Any) -> Spec:
        """A discrete channel in the order of the rows, moments too: bars and cells need a width."""
        axis: Spec = {"labelLimit": NAME, "labelOverlap": "greedy", "labelAngle": 0, "grid": False}
        if self.kind(name) in IN_TIME:
            axis["labelExpr"] = f"timeFormat(toDate(datum.value), '{self.form(name)}')"
        elif name in self.option("words", {}):
            axis["labelExpr"] = f"{json.dumps(self.option('words', {})[name], ensure_ascii=False)}[datum.value - 1]"
        return {"field": name, "type": "ordinal", "sort": None, "title": self.label(name), "axis": axis, **more}

    def across(self, name: str) -> Spec:
        """A step under the marks; names that do not fit beside one another are slanted."""
        step = self.step(name)
        names = {str(row[name]) for row in self.rows} if self.kind(name) not in IN_TIME | NUMBERS else set()
        if max(map(broad, names), default=0) * len(names) > WIDTH and len(names) <= MOST_BARS:
            step["axis"] |= {"labelAngle": -40, "labelOverlap": False}
        return step

    def coordinate(self, name: str, **more: Any) -> Spec:
        """A measure as a measure, and so a number with many values; anything else as a place."""
        kind = self.kind(name)
        many = kind == "int" and len({row[name] for row in self.rows}) > MOST_BARS
        return self.measure(name, **more) if many or kind in {"double", "money", "ratio"} else self.place(name, **more)

    def shade(self, name: str) -> Spec:
        """A colour channel: a scale for measures, distinct colours for the rest."""
        if self.kind(name) in NUMBERS and not self.option("discrete_colour", False):
            shown = {"title": self.label(name), **number_legend(self.kind(name))}
            return {"field": name, "type": "quantitative", "legend": shown, "scale": {"scheme": "blues"}}
        if self.kind(name) in IN_TIME:
            return self._moments(name)
        values = {str(row[name]) for row in self.rows}
        many = len(values) > 8
        beside = {"orient": "right", "symbolLimit": 40, "labelLimit": NAME}
        above = {"orient": "top", "columns": _abreast(values), "labelLimit": _LEGEND_LABEL}
        legend: Spec = beside if many else above
        colours = {"scheme": "tableau20"} if many else {"range": list(COLOURS)}
        if self.kind(name) == "ratio":
            legend["labelExpr"] = "format(datum.value, '.2~%')"
        return {
            "field": name,
            "type": "nominal",
            "sort": None,
            "title": self.label(name),
            "scale": colours,
            "legend": legend,
        }

    def _moments(self, name: str) -> Spec:
        """Colours of moments, from dark to light."""
        said = f"timeFormat(toDate(datum.value), '{self.form(name)}')"
        legend = {"orient": "right", "labelExpr": said, "symbolLimit": 40}
        scale = {"scheme": "viridis"}
        return {"field": name, "type": "ordinal", "title": self.label(name), "scale": scale, "legend": legend}

    def area(self, name: str, **more: Any) -> Spec:
        """A channel of sizes, said beside the picture: above it stand the colours."""
        legend = {"orient": "right", **number_legend(self.kind(name))}
        return {"field": name, "type": "quantitative", "title": self.label(name), "legend": legend, **more}

    def cut_to(self, shown: Sequence[Row], name: str, what: str = "") -> Spec:
        """What is said above a picture that has not all values of `name`, or not `what` of all."""
        few, all_ = (len({row[name] for row in rows}) for rows in (shown, self.rows))
        return {"title": f"{self.label(name)}: {all_}のうち{few}{what and f'の{what}'}"} if few < all_ else {}

    def hint(self, *names: str) -> list[Spec]:
        """Tooltips of these columns."""
        return [
            {
                "field": name,
                "title": self.label(name),
                **({"format": number_format(self.kind(name))} if self.kind(name) in NUMBERS else {}),
            }
            for name in dict.fromkeys(names)
            if name
        ]

    def written(self, name: str, mark: Spec, encoding: Spec) -> Spec:
        """A layer with the values of a measure beside their marks, money as people say it; nothing for null."""
        known: Spec = {"filter": f"isValid(datum['{name}'])"}
        if self.kind(name) != "money":
            said: Spec = {"field": name, "type": "quantitative", "format": number_format(self.kind(name))}
            return {"transform": [known], "mark": {"type": "text", **mark}, "encoding": {**encoding, "text": said}}
        worked = {"calculate": YEN.format(f"datum['{name}']"), "as": "_said"}
        text = {"text": {"field": "_said", "type": "nominal"}}
        return {"transform": [known, worked], "mark": {"type": "text", **mark}, "encoding": {**encoding, **text}}

    def framed(self, **more: Any) -> Spec:
        """A Vega-Lite view of the rows in the usual size."""
        return {"width": WIDTH, "height": HEIGHT, "data": {"values": self.rows}, **more}


def broad(text: str) -> int:
    """Pixels that a name takes on an axis."""
    return sum(LETTER if ord(letter) > 0xFF else NARROW for letter in text)


def _abreast(words: Iterable[str]) -> int:
    """How many entries of a legend stand beside one another above a picture."""
    widest = max((len(word) for word in words), default=0) * LETTER
    return max(1, WIDTH // (min(widest, _LEGEND_LABEL) + _LEGEND_SYMBOL))


def _fits(value: Any, wanted: Any) -> bool:
    """Equal, one of a list, between `min` and `max`, or none of `not`."""
    if isinstance(wanted, Mapping) and "not" in wanted:
        return value not in wanted["not"]
    if isinstance(wanted, Mapping):
        return value is not None and value >= wanted.get("min", value) and value <= wanted.get("max", value)
    return value in wanted if isinstance(wanted, list | tuple) else bool(value == wanted)


def number_axis(kind: str) -> Spec:
    if kind in _LABELS:
        return {"labelExpr": _LABELS[kind].format("datum.value"), **CLEAR}
    return {"format": _on_axis(kind), **CLEAR, **({"tickMinStep": 1} if kind == "int" else {})}


def number_legend(kind: str) -> Spec:
    return {"labelExpr": YEN.format("datum.value")} if kind == "money" else {"format": _on_axis(kind)}


def _on_axis(kind: str) -> str:
    """As many digits as the ticks need."""
    return ".2~%" if kind == "ratio" else number_format(kind)


def number_format(kind: str) -> str:
    return {"ratio": ".1%", "double": ",.2~f"}.get(kind, ",.0f")


def plain(value: Any) -> Any:
    """A value as JSON has it; days as ISO text."""
    match value:
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def folded(rows: Sequence[Row], names: Sequence[str], labels: Sequence[str]) -> list[Row]:
    """One row a measure: `series` is its label, `value` its value."""
    return [
        {**row, "series": label, "value": row[name]} for row in rows for name, label in zip(names, labels, strict=True)
    ]
