"""What questions about purchases cost at a scale: each in a process of its own, its CPU seconds and largest memory.

`python -m tests.bench.questions [--full] [--home FOLDER] [--only WORD]`. Beside the product's answer stand a naive
query over the lines, whose cells must be the same, and the limit: reading and decoding the columns that are needed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from enishi import wiring
from enishi.settings import Settings
from tests.bench.asked import QUESTIONS, REFRESH, SIDES, Question, cells, named, sides
from tests.bench.cost import Cost, taken, told_by
from tests.bench.lake import FULL, USUAL, Scale, write

PRESENT = datetime(2026, 12, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """A question with what it was measured against; None where there is nothing."""

    product: Cost
    naive: Cost | None = None
    limit: Cost | None = None

    @property
    def to_naive(self) -> float | None:
        """How many times less CPU than the naive query."""
        return self.naive.cpu_s / self.product.cpu_s if self.naive else None

    @property
    def to_limit(self) -> float | None:
        """How many times the CPU of the limit."""
        return self.product.cpu_s / self.limit.cpu_s if self.limit else None


def run_one(name: str, side: str, home: Path) -> Cost:
    """One side of a question in this process; what was imported and opened before it is not counted."""
    services, question = wiring.services(Settings(home=home, present=PRESENT)), named(name)
    found: list[pa.Table] = []

    def work() -> int:
        found.append(SIDES[side](services, question))
        return found[0].num_rows

    cost = taken(name, work)
    return replace(cost, cells=cells(question, side, found[0]))


def measure(name: str, side: str, home: Path) -> Cost:
    """`run_one` in a process of its own; its cost is said at once, for the whole table takes minutes."""
    cost = told_by("tests.bench.questions", "--one", name, "--side", side, "--home", str(home))
    sys.stderr.write(f"{name}, {side}: {cost.cpu_s:.2f} CPU s, {cost.wall_s:.1f} s, {cost.rss_mb:,.0f} MB\n")
    return cost


def compare(question: Question, home: Path) -> Measured:
    """Every side of a question.

    Raises:
        ValueError: the product and the naive query do not say the same.
    """
    found = {side: measure(question.name, side, home) for side in sides(question)}
    said = {cost.cells for cost in found.values() if cost.cells}
    if len(said) > 1:
        raise ValueError(f"{question.name}: the naive query gives other cells")
    return Measured(**found)


def bench(scale: Scale, home: Path | None = None, only: str = "") -> list[Measured]:
    """Every question at the scale; a lake that stands in `home` is used again."""
    if home is None:
        with tempfile.TemporaryDirectory(prefix="enishi-bench-") as folder:
            return bench(scale, Path(folder) / "home", only)
    if not home.exists():
        write(home, scale)
    refreshed = Measured(measure(REFRESH, "refresh", home))
    return [refreshed, *(compare(question, home) for question in QUESTIONS if only in question.name)]


def figures(found: Sequence[Measured]) -> dict[str, object]:
    ratios = [{"to_naive": each.to_naive, "to_limit": each.to_limit} for each in found]
    return {"questions": [asdict(each) | ratio for each, ratio in zip(found, ratios, strict=True)]}


def report(found: Sequence[Measured], scale: Scale) -> Table:
    columns = (
        "question",
        "CPU s",
        "wall s",
        "peak MB",
        "naive CPU s",
        "naive MB",
        "less CPU",
        "limit CPU s",
        "÷ limit",
    )
    table = Table(*columns, title=str(scale))
    for each in found:
        own, naive, limit = each.product, each.naive, each.limit
        table.add_row(
            own.what,
            f"{own.cpu_s:.2f}",
            f"{own.wall_s:.1f}",
            f"{own.rss_mb:,.0f}",
            f"{naive.cpu_s:.1f}" if naive else "",
            f"{naive.rss_mb:,.0f}" if naive else "",
            f"{each.to_naive:.1f}×" if each.to_naive else "",
            f"{limit.cpu_s:.2f}" if limit else "",
            f"{each.to_limit:.1f}" if each.to_limit else "",
        )
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    options.add_argument("--home", type=Path)
    options.add_argument("--only", default="", help="questions whose name holds this")
    options.add_argument("--one", choices=(REFRESH, *(question.name for question in QUESTIONS)))
    options.add_argument("--side", choices=tuple(SIDES), default="product")
    given = options.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(asdict(run_one(given.one, given.side, given.home))))
        return
    scale = FULL if given.full else USUAL
    found = bench(scale, given.home, given.only)
    Console(width=160).print(report(found, scale))
    out = Path("build") / "bench_questions.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"scale": asdict(scale), **figures(found)}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
