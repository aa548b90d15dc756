"""Purchases and their lines written as the tables stand, for questions that would otherwise join and net them anew.

Days are taken together until they have as many orders as one statement should hold, so that memory does not grow with
the number of lines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from sqlglot import exp

from enishi.flow.queries import query
from enishi.lake.facts import VIEW
from enishi.lake.facts_lines import LINES, PURCHASES, Written, rows_of, stand_in
from enishi.lake.sql import column, expand_views, literal
from enishi.lake.sql.prune import pruned
from enishi.ports import Services, Warehouse

MOST_SPANS = 100
"""Athena writes to so many partitions in one statement at most."""


@dataclass(frozen=True)
class Span:
    """Days from the first to the last."""

    first: date
    last: date


def spans(warehouse: Warehouse, orders_a_span: int) -> tuple[Span, ...]:
    """Runs of days, without a gap, that hold all orders: about so many in each, `MOST_SPANS` at most."""
    days = {row["order_date"]: row["orders"] for row in warehouse.query(query("order_days")).to_pylist()}
    wanted = min(MOST_SPANS, -(-sum(days.values()) // orders_a_span))
    begins = _begins(days, wanted)
    ends = [*(after - timedelta(days=1) for after in begins[1:]), max(days)]
    return tuple(Span(first, end) for first, end in zip(begins, ends, strict=True))


def write(services: Services, refresh: str, held: Sequence[Span]) -> Written:
    """Write both tables for a refresh; the lines are made of the purchases that were just written."""
    purchases = _purchases(services, refresh, held)
    written = Written(refresh, len(held), purchases, lines=0)
    lines = [_lines(services, written, number, span) for number, span in enumerate(held)]
    return Written(refresh, len(held), purchases, sum(lines))


def forget(services: Services, keep: Collection[str] = ()) -> None:
    """Take away what every refresh but these wrote."""
    for table in (PURCHASES, LINES):
        found = {key.split("/")[1] for key in services.work.list(f"{table}/")}
        for folder in found - {f"refresh={refresh}" for refresh in keep}:
            services.work.delete(f"{table}/{folder}/")


def _begins(days: Mapping[date, int], wanted: int) -> list[date]:
    """The first days of the spans: where the orders before a day make up another share of all."""
    before = accumulate(days.values(), initial=0)
    shares = [orders * wanted // sum(days.values()) for orders, _ in zip(before, days, strict=False)]
    return [day for day, share, last in zip(days, shares, [-1, *shares[:-1]], strict=True) if share != last]


def _purchases(services: Services, refresh: str, held: Sequence[Span]) -> int:
    rows = expand_views(rows_of(PURCHASES, VIEW, "p").select(exp.alias_(_span_of(held), "span")))
    return services.warehouse.unload(rows, f"{PURCHASES}/refresh={refresh}", partition_by=("span",)).total


def _span_of(held: Sequence[Span]) -> exp.Expr:
    """The number of the span that a purchase's day lies in."""
    found = exp.Case(default=literal(str(len(held) - 1)))
    for number, span in enumerate(held[:-1]):
        day = column("p", "purchase_date")
        found = found.when(exp.LTE(this=day, expression=literal(span.last)), literal(str(number)))
    return found if len(held) > 1 else literal("0")


def _lines(services: Services, written: Written, number: int, span: Span) -> int:
    days = exp.Between(this=column("l", "purchase_date"), low=literal(span.first), high=literal(span.last))
    rows = stand_in(expand_views(rows_of(LINES, "v_lines", "l").where(days)), written, [VIEW])
    folder = f"{LINES}/refresh={written.refresh}/span={number}"
    return services.warehouse.unload(pruned(rows), folder).total
