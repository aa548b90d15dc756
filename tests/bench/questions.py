"""What questions about purchases cost at a scale: each in a process of its own, its CPU seconds and largest memory.

`python -m tests.bench.questions [--full] [--home FOLDER]`: the limit reads and decodes the columns that RFM needs of
orders; the naive query joins the lines to their orders and sums them up; the others are the product's own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from enishi import wiring
from enishi.analysis import library, runner
from enishi.flow.facts import refresh
from enishi.lake import facts
from enishi.lake.sql import parse
from enishi.ports import Services
from enishi.segment import compile as segment_compile
from enishi.segment.moment import Moment
from enishi.settings import Settings
from tests.bench.cost import Cost, taken, told_by
from tests.bench.lake import AS_OF, FULL, USUAL, Scale, write

PRESENT = datetime(2026, 12, 1, 3, tzinfo=UTC)
LIMIT = """
SELECT COUNT(o.customer_id) AS customers, MAX(o.order_date) AS last_day, SUM(o.net_amount) AS amount
FROM orders AS o
WHERE o.order_date > DATE '2025-11-30'
"""
NAIVE = """
SELECT o.customer_id, MAX(o.order_date) AS last_day, COUNT(DISTINCT o.order_id) AS orders, SUM(l.line_amount) AS amount
FROM order_lines AS l
JOIN orders AS o ON o.order_id = l.order_id
WHERE o.order_date > DATE '2025-11-30' AND l.order_date > DATE '2025-11-30' AND o.customer_id IS NOT NULL
GROUP BY o.customer_id
"""
CUSTOMERS = "SELECT COUNT(c.prefecture) AS found, COUNT(c.customer_id) AS people FROM customers AS c"


Ask = Callable[[Services], int]


def _query(text: str) -> Ask:
    return lambda services: services.warehouse.query(parse(text, "bench")).num_rows


def _analysis(name: str, *, from_lines: bool = False, **given: str) -> Ask:
    def ask(services: Services) -> int:
        question = runner.ask(services, library.get(name), given, from_lines=from_lines)
        return runner.run(services, question).rows.num_rows

    return ask


def _segment(written: Mapping[str, object]) -> Ask:
    def ask(services: Services) -> int:
        moment = Moment.end_of(AS_OF, services.settings.tz)
        people = segment_compile.members(written, moment, rollup=facts.present(services.warehouse))
        return services.warehouse.query(people).num_rows

    return ask


ASKED: Mapping[str, Ask] = {
    "limit: orders of 12 months": _query(LIMIT),
    "naive: lines of 12 months": _query(NAIVE),
    "RFM": _analysis("rfm_analysis"),
    "RFM from the lines": _analysis("rfm_analysis", from_lines=True),
    "RFM transition": _analysis("rfm_segment_transition"),
    "decile": _analysis("decile_analysis"),
    "N-th purchase": _analysis("purchase_conversion_timing"),
    "lapsed segment": _segment({"purchase": {"last_before": "180 days"}}),
    "A within 3 months of the first purchase": _analysis("early_window_category_count", category="L3"),
    "category co-occurrence": _analysis("category_cross_matrix"),
    "limit: customers": _query(CUSTOMERS),
    "segment of one table": _segment({"attribute": {"prefecture": "13"}}),
    "point expiry": _analysis("point_expiry_forecast"),
}


def run_one(what: str, home: Path) -> Cost:
    """One question in this process; what was imported and opened before it is not counted."""
    services = wiring.services(Settings(home=home, present=PRESENT))
    work = refresh if what == REFRESH else ASKED[what]
    return taken(what, lambda: work(services))


REFRESH = "refresh of customer_facts"


def measure(what: str, home: Path) -> Cost:
    """`run_one` in a process of its own."""
    return told_by("tests.bench.questions", "--one", what, "--home", str(home))


def bench(scale: Scale, home: Path | None = None) -> list[Cost]:
    """Every question at the scale; a lake that stands in `home` is used again."""
    if home is not None:
        if not home.exists():
            write(home, scale)
        return [measure(what, home) for what in (REFRESH, *ASKED)]
    with tempfile.TemporaryDirectory(prefix="enishi-bench-") as folder:
        return bench(scale, Path(folder) / "home")


def figures(costs: list[Cost]) -> dict[str, object]:
    return {"questions": [asdict(cost) for cost in costs]}


def report(costs: list[Cost], scale: Scale) -> Table:
    table = Table("question", "rows", "CPU s", "wall s", "largest memory MB", title=str(scale))
    for cost in costs:
        table.add_row(cost.what, f"{cost.rows:,}", f"{cost.cpu_s:.2f}", f"{cost.wall_s:.1f}", f"{cost.rss_mb:,.0f}")
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    options.add_argument("--home", type=Path)
    options.add_argument("--one", choices=(REFRESH, *ASKED))
    given = options.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(asdict(run_one(given.one, given.home))))
        return
    scale = FULL if given.full else USUAL
    costs = bench(scale, given.home)
    Console().print(report(costs, scale))
    out = Path("build") / "bench_questions.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"scale": asdict(scale), **figures(costs)}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
