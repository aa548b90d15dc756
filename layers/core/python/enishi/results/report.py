"""The report: one self-contained HTML page that works offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from enishi.consent.reasons import label
from enishi.data_files import data_of
from enishi.ports import Warehouse
from enishi.results import charts
from enishi.results.funnel import OUTCOMES, ScenarioResult, scenario_results
from enishi.results.queries import ask


@dataclass(frozen=True)
class Delivery:
    """A feed that somebody waits for: how its last delivery stands, and when the next one is due (local times)."""

    source: str
    title: str
    due_at: datetime
    standing: str
    """arrived, late, missing (a term of labels.yaml)."""
    arrived_at: datetime | None
    next_at: datetime


@dataclass(frozen=True)
class Heading:
    """What the page says above its figures."""

    title: str
    retailer: str
    first_day: date
    currency: str
    titles: Mapping[str, str]
    """scenario id → the title that a planner knows."""
    purposes: Mapping[str, str]
    samples: Mapping[str, Sequence[tuple[str, str]]]
    """scenario id → (label, relative link) of messages to open."""
    deliveries: Sequence[Delivery] = ()


def labels() -> dict[str, str]:
    """Japanese words of the report, by term."""
    words: dict[str, str] = data_of("enishi.results", "labels.yaml")
    return words


def build(warehouse: Warehouse, heading: Heading) -> str:
    """The page, from what the lake holds now."""
    results, words = scenario_results(warehouse), labels()
    days = ask(warehouse, "daily")
    return _environment(heading.currency).get_template("report.html.j2").render(
        heading=heading,
        results=results,
        words=words,
        outcomes=OUTCOMES,
        totals={name: sum(result.total(name) for result in results) for name in ("sent", "delivered", *OUTCOMES)},
        daily=_drawing(charts.daily(days, words)) if days else "",
        increments=_increments(results, dict(heading.titles), words),
        funnels={r.scenario_id: _drawing(charts.funnel(r, words)) for r in results if r.reaches},
    )  # fmt: skip


def _increments(results: list[ScenarioResult], titles: dict[str, str], words: dict[str, str]) -> Markup | str:
    if not any(result.increment for result in results):
        return ""
    return _drawing(charts.increments(results, titles, words))


def _drawing(spec: dict[str, Any]) -> Markup:
    # The SVG is our own renderer's output of escaped data, not something a person wrote.
    return Markup(charts.to_svg(spec))  # noqa: S704


def _environment(currency: str) -> Environment:
    environment = Environment(loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {
        "n": _number,
        "pct": _percent,
        "points": _points,
        "money": lambda v: _money(v, currency),
        "reason": label,
        "minute": _minute,
    }
    return environment


def _number(value: int | float | Decimal | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _percent(part: float | None, whole: float | None = None) -> str:
    """A ratio as percent; `part|pct(whole)` divides, and a zero denominator prints '-' (rule DIV0)."""
    ratio = part if whole is None else (part / whole if part is not None and whole else None)
    return "-" if ratio is None else f"{ratio * 100:.1f}%"


def _points(difference: float) -> str:
    return f"{difference * 100:+.1f}pt"


def _minute(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _money(value: Decimal | None, currency: str) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}円" if currency == "JPY" else f"{value:,.2f} {currency}"
