"""The questions of the bench: the product's own, the naive query with the same cells, and what they have to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.analysis import library, runner
from enishi.analysis.expressions import write_out
from enishi.flow.facts import refresh
from enishi.ids import digest
from enishi.lake import facts
from enishi.lake.facts_spans import ROLLUP
from enishi.lake.schema import table
from enishi.lake.sql import column, literal, parse, table_ref
from enishi.lake.sql.views import with_views
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Services
from enishi.segment import compile as segment_compile
from enishi.segment.moment import Moment
from tests.bench.lake import AS_OF, text

YEAR, TWO_YEARS, EVER = date(2025, 12, 1), date(2024, 12, 1), date(2023, 12, 1)


@dataclass(frozen=True)
class Question:
    """One question: an analysis or a segment, and what it is measured against."""

    name: str
    analysis: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    segment: Mapping[str, Any] = field(default_factory=dict)
    naive: str = ""
    """A statement of `sql/naive` that answers it from the lines."""
    same: tuple[str, ...] = ()
    """Columns that both answers have, with the same values."""
    above: Mapping[str, int] = field(default_factory=dict)
    """Rows of the product's answer that the naive one has, too: those with more than that."""
    since: date = EVER
    """First day of the orders and lines that it needs."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns by table: reading and decoding them is the limit."""


_HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType({"orders": ("customer_id", "order_date", "net_amount")})
_SOLD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "orders": ("order_id", "customer_id", "order_date", "order_type", "net_amount"),
        "order_lines": ("order_id", "quantity"),
    }
)
_LINES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"orders": ("order_id", "customer_id"), "order_lines": ("order_id", "product_id", "quantity", "line_amount")}
)
_TREND = ("bucket", "amount", "orders", "items", "buyers")
QUESTIONS = (
    Question(
        "RFM, 24 months",
        analysis="rfm_analysis",
        naive="rfm",
        same=("r_score", "f_score", "customers", "amount"),
        above={"r_score": 0},
        since=TWO_YEARS,
        needs=_HEADERS,
    ),
    Question(
        "RFM transition, 24 months to two days",
        analysis="rfm_segment_transition",
        given={"level": "rf", "freeze_borders": "false"},
        naive="transition",
        same=("from_group", "to_group", "customers", "amount_after"),
        above={"customers": 0},
        since=date(2024, 5, 31),
        needs=_HEADERS,
    ),
    Question(
        "RFM transition, frozen borders",
        analysis="rfm_segment_transition",
        since=date(2024, 5, 31),
        needs=_HEADERS,
    ),
    Question(
        "decile, 12 months",
        analysis="decile_analysis",
        naive="decile",
        same=("decile", "customers", "amount"),
        since=YEAR,
        needs=_HEADERS,
    ),
    Question(
        "N-th purchase, 12 months",
        analysis="purchase_conversion_timing",
        naive="nth_purchase",
        same=("n", "buyers", "amount"),
        above={"n": 0},
        since=YEAR,
        needs=_HEADERS,
    ),
    Question(
        "lapsed segment",
        segment={"purchase": {"last_before": "180 days"}},
        naive="lapsed",
        same=("customer_id",),
        needs={"orders": ("customer_id", "order_date")},
    ),
    Question("sales trend, 12 months", "sales_trend", naive="sales_trend", same=_TREND, since=YEAR, needs=_SOLD),
    Question(
        "sales trend, 24 months",
        "sales_trend",
        given={"period_start": "2024-12-01"},
        naive="sales_trend",
        same=_TREND,
        since=TWO_YEARS,
        needs=_SOLD,
    ),
    Question(
        "category co-occurrence, 12 months",
        "category_cross_matrix",
        naive="co_occurrence",
        same=("row_category", "column_category", "both"),
        since=YEAR,
        needs=_LINES,
    ),
    Question(
        "category A within 3 months of the first purchase",
        "early_window_category_count",
        given={"category": "L3"},
        since=YEAR,
        needs=_LINES,
    ),
    Question(
        "segment of one table",
        segment={"attribute": {"prefecture": "13"}},
        needs={
            "customers": (
                *("customer_id", "prefecture", "status", "merged_into"),
                *("registered_date", "withdrawn_date", "is_employee", "is_virtual"),
            )
        },
    ),
    Question(
        "point expiry",
        "point_expiry_forecast",
        needs={"point_ledger": ("customer_id", "lot_id", "posted_date", "expires_date", "points", "entry_type")},
    ),
)
REFRESH = "refresh of customer_facts"


def product(services: Services, question: Question) -> pa.Table:
    """The product's answer."""
    if question.segment:
        moment = Moment.end_of(AS_OF, services.settings.tz)
        people = segment_compile.members(question.segment, moment, rollup=facts.present(services.warehouse))
        return services.warehouse.query(people)
    asked = runner.ask(services, library.get(question.analysis), question.given)
    return runner.run(services, asked).rows


def naive(services: Services, question: Question) -> pa.Table:
    """The answer from the lines, with the memory that the engine takes of itself: what it would spill is no fault of
    the query."""
    assert isinstance(services.warehouse, LocalWarehouse)
    with services.warehouse._engine.cursor() as cursor:
        cursor.execute("RESET memory_limit")
    tree = parse(text(f"naive/{question.naive}"), question.naive)
    whole = with_views(tree, {"naive_purchases": parse(text("naive/purchases"), "purchases")})
    for hole in list(whole.find_all(exp.Placeholder)):
        hole.replace(literal(question.since))
    return services.warehouse.query(write_out(whole, question.naive))


def limit(services: Services, question: Question) -> pa.Table:
    """Read and decode every column that the question needs, and nothing else."""
    reads = [_decoded(name, columns, question.since) for name, columns in question.needs.items()]
    return pa.concat_tables([services.warehouse.query(read) for read in reads], promote_options="default")


def _decoded(name: str, columns: tuple[str, ...], since: date) -> exp.Select:
    """Texts are counted, other values compared: neither is known without the column."""
    declared = table(name)
    texts = {each for each in columns if declared.column(each).type == "string"}
    values = [(exp.Count if each in texts else exp.Max)(this=column("t", each)) for each in columns]
    read = exp.select(*[exp.alias_(value, each) for value, each in zip(values, columns, strict=True)])
    read = read.from_(table_ref(name, "t"))
    if name not in ("orders", "order_lines"):
        return read
    return read.where(exp.GTE(this=column("t", "order_date"), expression=literal(since)))


def rebuilt(services: Services, _question: Question) -> pa.Table:
    """The rollup made anew, whatever stands there."""
    services.warehouse.replace(ROLLUP, table(ROLLUP).arrow.empty_table())
    return pa.table({"customers": [refresh(services)]})


SIDES = MappingProxyType({"product": product, "naive": naive, "limit": limit, "refresh": rebuilt})


def sides(question: Question) -> Iterator[str]:
    """What can be measured of a question."""
    yield "product"
    if question.naive:
        yield "naive"
    if question.needs:
        yield "limit"


def cells(question: Question, side: str, rows: pa.Table) -> str:
    """Digest of the cells that the product and the naive query have in common, whatever their order and types."""
    if side not in ("product", "naive") or not question.naive:
        return ""
    kept = rows.select(list(question.same)).to_pylist()
    if side == "product":
        kept = [row for row in kept if all(row[name] > least for name, least in question.above.items())]
    return digest("\n".join(sorted("\t".join(map(_said, row.values())) for row in kept)))


def _said(value: Any) -> str:
    return f"{Decimal(value).normalize():f}" if isinstance(value, int | Decimal) else str(value)


def named(name: str) -> Question:
    """The question of that name."""
    [found] = [question for question in (*QUESTIONS, Question(REFRESH)) if question.name == name]
    return found
