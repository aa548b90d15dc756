"""Pages: an answer with its charts, table and ways on; and the catalogue with a picture of each analysis."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Any

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined

from enishi.analysis import charts
from enishi.analysis.answer import Answer
from enishi.analysis.conditions import conditions
from enishi.analysis.library import Category
from enishi.analysis.model import Analysis, Column
from enishi.analysis.shown import NUMBERS, shown
from enishi.analysis.words import parts, reading, things, unit
from enishi.errors import AnalysisError
from enishi.lake import schema

SCRIPT = "vega.js"
"""The name under which pages of a catalogue share the script that draws."""
MOST_KEYS = 2
"""Columns that stay in sight at most: the others need room."""


def answer_page(answer: Answer, *, script_at: str = "", home: str = "", most: int | None = None) -> str:
    """One HTML page; it needs nothing from outside, save `script_at` where pages share the script.

    Args:
        most: rows that the table has at most; the page says how many are left out.
    """
    specs = [_embedded(charts.spec(answer, chart)) for chart in charts.drawn(answer)]
    left_out = max(answer.rows.num_rows - (most or answer.rows.num_rows), 0)
    kept = replace(answer, rows=answer.rows.slice(0, most), cut=answer.cut + left_out)
    return (
        _templates()
        .get_template("answer.html.j2")
        .render(
            analysis=answer.analysis,
            columns=_heads(answer),
            rows=_rows(kept),
            below=below(kept),
            reason=answer.reason,
            conditions=conditions(answer),
            cells=_ways_on(answer.analysis),
            specs=specs,
            script="" if script_at or not specs else script(),
            script_at=script_at,
            home=home,
            style=_style(),
        )
    )


@dataclass(frozen=True)
class Entry:
    """An analysis in the index: `picture` is a file beside it, `reason` says why there is none."""

    analysis: Analysis
    picture: str = ""
    reason: str = ""


def index_page(entries: Sequence[Entry], categories: Sequence[Category], *, retailer: str, day: str) -> str:
    """The catalogue by category, as pictures or as questions alone, with a search over names and questions."""
    listed = [
        {"id": one.id, "ja": one.ja, "entries": [_listed(e) for e in entries if e.analysis.category == one.id]}
        for one in categories
    ]
    return (
        _templates()
        .get_template("index.html.j2")
        .render(
            categories=[one for one in listed if one["entries"]],
            total=len(entries),
            retailer=retailer,
            day=day,
            style=_style(),
        )
    )


def picture(answer: Answer) -> str:
    """The first chart as SVG; "" for an answer that has none."""
    drawn = charts.drawn(answer)
    return charts.to_svg(charts.spec(answer, drawn[0])) if drawn else ""


def png(answer: Answer) -> bytes:
    """The first chart as PNG.

    Raises:
        AnalysisError: the answer has no chart.
    """
    drawn = charts.drawn(answer)
    if not drawn:
        raise AnalysisError(
            f"{answer.analysis.id} has nothing to draw here", remedy="Ask for html, or with other parameters."
        )
    return charts.to_png(charts.spec(answer, drawn[0]))


@cache
def script() -> str:
    """The script that draws the charts, whole."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def below(answer: Answer) -> list[str]:
    """What must be said with the rows: what was cut, footnotes, up to when the inputs are known."""
    lines = [f"ほかに{answer.cut:,}行あります(--limit で増やせます)"] if answer.cut else []
    lines += [f"{label}: {_footnote(value)}" for label, value in answer.footnotes]
    known = [f"{schema.table(mark.table).ja} {mark.last_day}" for mark in answer.watermarks if mark.last_day]
    return [*lines, f"データの最終日: {'、'.join(known)}"] if known else lines


def _heads(answer: Answer) -> list[dict[str, str]]:
    """The head of each column; the keys at the left stay in sight while a wide table is scrolled."""
    keys = len(list(takewhile(lambda column: column.type not in NUMBERS, answer.columns[:MOST_KEYS])))
    keys = keys if keys < len(answer.columns) else 0
    return [
        {
            "label": answer.label(column.name),
            "unit": unit(column.unit, column.type),
            "classes": " ".join(
                name
                for name, is_so in {"n": column.type in NUMBERS, "key": place < keys, "edge": place == keys - 1}.items()
                if is_so
            ),
        }
        for place, column in enumerate(answer.columns)
    ]


def _rows(answer: Answer) -> list[list[str]]:
    cells = {column.name: _cells(answer, column) for column in answer.columns}
    return [[said(row[name]) for name, said in cells.items()] for row in answer.rows.to_pylist()]


def _cells(answer: Answer, column: Column) -> Callable[[Any], str]:
    """How values of a column stand on a page; a thing that has a name with its id, by which its cell is opened."""
    read, has_ids = reading(answer, column.name), bool(things(answer, column.name))
    is_key = any(column.name in cell.keys for cell in answer.analysis.cells)

    def cell(value: Any) -> str:
        said = read(value)
        asks_id = has_ids and said != value and (is_key or len(parts(value)) == 1) and f"({value})" not in said
        return shown(f"{said} ({value})" if asks_id else said, column.type)

    return cell


def _footnote(value: Any) -> str:
    return shown(value, "int" if isinstance(value, int) else "")


def _ways_on(analysis: Analysis) -> list[dict[str, str]]:
    return [
        {"becomes": cell.becomes.ja, "command": f'enishi analyses run {analysis.id} --cell "{_example(cell.keys)}"'}
        for cell in analysis.cells
    ]


def _example(keys: Sequence[str]) -> str:
    return ", ".join(f"{key}=…" for key in keys)


def _listed(entry: Entry) -> Mapping[str, str]:
    analysis = entry.analysis
    said = (
        f"{analysis.id} {analysis.name.ja} {analysis.name.en} {analysis.question.ja} {' '.join(analysis.brief_names)}"
    )
    return {
        "id": analysis.id, "name": analysis.name.ja, "question": analysis.question.ja, "said": said.lower(),
        "picture": entry.picture, "reason": entry.reason,
    }  # fmt: skip


def _embedded(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, ensure_ascii=False).replace("</", "<\\/")


def _style() -> str:
    return (files("enishi.analysis.pages") / "style.css").read_text("utf-8")


@cache
def _templates() -> Environment:
    made = Environment(loader=PackageLoader("enishi.analysis", "pages"), undefined=StrictUndefined, autoescape=True)
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return made
