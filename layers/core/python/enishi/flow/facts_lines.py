"""Purchases, their lines and the documents of sales written as the tables stand, for questions that would otherwise
join and net them anew.

Days are taken together until they have as many orders as one statement should hold, so that memory does not grow with
the number of lines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate

from sqlglot import exp

from enishi.flow.queries import query
from enishi.lake.facts import VIEW
from enishi.lake.facts_lines import DOCUMENTS, LINES, PURCHASES, RETURNS, Written, rows_of, stand_in
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
    """Write every table for a refresh; the lines are made of the purchases that were just written."""
    documents = _documents(services, refresh, held)
    purchases = _purchases(services, refresh, held)
    written = Written(refresh, len(held), purchases, 0, documents)
    lines = [_lines(services, written, number, span) for number, span in enumerate(held)]
    return replace(written, lines=sum(lines))


def forget(services: Services, keep: Collection[str] = ()) -> None:
    """Take away what every refresh but these wrote."""
    for table in (PURCHASES, LINES, DOCUMENTS):
        found = {key.split("/")[1] for key in services.work.list(f"{table}/")}
        for folder in found - {f"refresh={refresh}" for refresh in keep}:
            services.work.delete(f"{table}/{folder}/")


def _begins(days: Mapping[date, int], wanted: int) -> list[date]:
    """The first days of the spans: where the orders before a day make up another share of all."""
    before = accumulate(days.values(), initial=0)
    shares = [orders * wanted // sum(days.values()) for orders, _ in zip(before, days, strict=False)]
    return [day for day, share, last in zip(days, shares, [-1, *shares[:-1]], strict=True) if share != last]


def _documents(services: Services, refresh: str, held: Sequence[Span]) -> int:
    """Sales span by span, and returns, which are few, in a folder of their own: the sale that one belongs to may be of
    any day."""
    rows, is_return = rows_of(DOCUMENTS, "v_documents", "d"), column("d", "is_return")
    folders = {RETURNS: rows.where(is_return).order_by(column("d", "sale_date"))}
    for number, span in enumerate(held):
        days = [_within(span, column("d", name)) for name in ("document_date", "sale_date")]
        folders[str(number)] = rows.where(*days, exp.not_(is_return))
    under = f"{DOCUMENTS}/refresh={refresh}/span="
    written = [services.warehouse.unload(pruned(expand_views(each)), under + name) for name, each in folders.items()]
    return sum(each.total for each in written)


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
    rows = expand_views(rows_of(LINES, "v_lines", "l").where(_within(span, column("l", "purchase_date"))))
    folder = f"{LINES}/refresh={written.refresh}/span={number}"
    return services.warehouse.unload(pruned(stand_in(rows, written, [VIEW])), folder).total


def _within(span: Span, day: exp.Column) -> exp.Between:
    return exp.Between(this=day, low=literal(span.first), high=literal(span.last))
