"""The lake as it stood at a moment: views forget what came later.

Conditions compare every fact with the moment themselves. A view sums facts up before a condition sees them: a purchase
after a return, the rest of a point lot. So the views of a finished query are spelled out and their base tables cut at
the moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC
from typing import TypeVar, cast

from sqlglot import exp

from enishi.lake.facts import Facts, from_facts, relations
from enishi.lake.schema import tables
from enishi.lake.sql import expand_views, tables_of, view_names
from enishi.segment.moment import Moment
from enishi.segment.sql import col, value

Query = TypeVar("Query", bound=exp.Query)

_INSTANT: Mapping[str, str] = {
    "orders": "ordered_at",
    "point_ledger": "posted_at",
    "messages": "sent_at",
    "message_events": "event_at",
    "web_events": "event_at",
}
_PERSONAL = frozenset({"orders", "point_ledger", "messages", "web_events"})
"""Facts that name the customer. A return may be anybody's: it is found by the order that it belongs to."""
_UNNAMED: Mapping[str, str] = {"orders": "guest_key", "web_events": "visitor_id"}
"""Facts that may name nobody, and the key of the virtual customer whose they are then."""
RECORDS = "cohort_records"
_OF_COHORT = "cohort_"

_DAY: Mapping[str, str] = {
    "orders": "order_date",
    "order_lines": "order_date",
    "point_ledger": "posted_date",
    "messages": "sent_date",
    "message_events": "event_date",
    "web_events": "event_date",
}
_DAY_OUTSIDE: Mapping[str, str] = {
    **_DAY,
    "consents": "changed_date",
    "conversions": "converted_date",
    "coupon_issues": "issued_date",
    "coupon_redemptions": "redeemed_date",
    "decisions": "decided_date",
    "inventory": "snapshot_date",
    "media_costs": "cost_date",
    "scenario_events": "event_date",
    "service_visits": "visit_date",
    "store_traffic": "traffic_date",
    "subscription_events": "event_date",
    "surveys": "answered_date",
}
"""Facts that no view sums up, too: an analysis asks them itself."""


def as_of(query: Query, moment: Moment, *, cohort: str | None = None, rollup: Facts | None = None) -> Query:
    """A copy of `query` whose views see facts up to the moment only.

    Statuses that the source overwrites (an order's, a contract's) stay as they are now: they have no history.
    `cohort` names a CTE of `query` with a column customer_id: the views then see the facts of these people only, which
    costs little where the cohort is small. Only for a query that compares nobody with anybody else. `rollup` is read in
    the place of the lines where it is enough.
    """
    expanded = _with_rollup(expand_views(query), moment, rollup, relations(default_purchases=False))
    facts = [
        table for cte in _views_of(expanded) for table in cte.find_all(exp.Table) if not table.db and table.name in _DAY
    ]
    narrow = cohort is not None and _put_first(expanded, cohort, {table.name for table in facts}, moment)
    for table in facts:
        whole = not (narrow and table.name in _PERSONAL)
        cut = exp.Subquery(this=_cut(table.name, moment)) if whole else exp.table_(f"{_OF_COHORT}{table.name}")
        table.replace(exp.alias_(cut, table.alias_or_name, table=True, copy=False))
    return cast(Query, expanded)


def up_to(query: Query, moment: Moment, *, rollup: Facts | None = None, default_purchases: bool = False) -> Query:
    """A copy of `query` in which every fact, in views and outside of them, ends with the moment.

    `rollup` is read in the place of the lines where it is enough; `default_purchases` says that the CTE `purchases` has
    no other purchases, days or amounts than the view.
    """
    held = relations(default_purchases=default_purchases)
    expanded = _with_rollup(expand_views(query), moment, rollup, held)
    for table in list(tables_of(expanded)):
        if not table.db and table.name in _DAY_OUTSIDE:
            table.replace(exp.alias_(exp.Subquery(this=_cut(table.name, moment)), table.alias_or_name, table=True))
    return cast(Query, expanded)


def _with_rollup(
    expanded: exp.Query, moment: Moment, rollup: Facts | None, held: Mapping[str, tuple[str, ...]]
) -> exp.Query:
    if rollup is None or not rollup.hold(moment.at, moment.day):
        return expanded
    return from_facts(expanded, rollup, moment.at, held)


def as_it_stood(query: Query, moment: Moment) -> Query:
    """A copy of `query` over the tables as they stood: those that are written over and keep snapshots are asked as of
    the moment. Views must be spelled out (`as_of` does it).

    For questions about a past day. A run asks as of its planned present, whose state is the state that it finds.
    """
    copied = query.copy()
    for table in list(copied.find_all(exp.Table)):
        history = tables()[table.name].history if not table.db and table.name in tables() else None
        if history is not None and history.kind == "snapshots" and not _is_cte(copied, table.name):
            table.set("version", _at(moment))
    return copied


def _is_cte(query: exp.Query, name: str) -> bool:
    return any(cte.alias == name for cte in query.find_all(exp.CTE))


def _at(moment: Moment) -> exp.Version:
    text = moment.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    instant = exp.cast(exp.Literal.string(text), exp.DataType.build("TIMESTAMPTZ"))
    return exp.Version(this="TIMESTAMP", kind="AS OF", expression=instant)


def _views_of(query: exp.Query) -> list[exp.CTE]:
    clause = query.args.get("with_")
    return [cte for cte in clause.expressions if cte.alias in view_names()] if clause else []


def _put_first(query: exp.Query, cohort: str, facts: Collection[str], moment: Moment) -> bool:
    """Define the cohort, every record of its people and their `facts` before the views that are cut to them.

    Facts stand in CTEs of their own: several views read them, and an engine that keeps what it needs twice scans once.
    False when the query reads no view that knows people.
    """
    clause = query.args["with_"]
    ctes: list[exp.CTE] = clause.expressions
    first = [cte for name in ("v_identity", cohort) for cte in ctes if cte.alias == name]
    rest = [cte for cte in ctes if cte not in first]
    if not any(cte.alias == "v_identity" for cte in first):
        return False
    mine = {f"{_OF_COHORT}{name}": _cut(name, moment).where(_theirs(name)) for name in sorted(_PERSONAL & set(facts))}
    named = {RECORDS: _records(cohort), **mine}
    clause.set("expressions", [*first, *(_cte(name, body) for name, body in named.items()), *rest])
    return True


def _cte(name: str, body: exp.Query) -> exp.CTE:
    return exp.CTE(this=body, alias=exp.TableAlias(this=exp.to_identifier(name)))


def _records(cohort: str) -> exp.Select:
    """Every customer id that stands for somebody of the cohort."""
    ids = exp.select(col("customer_id", "i")).distinct().from_(exp.alias_(exp.table_("v_identity"), "i", table=True))
    same = exp.EQ(this=col("customer_id", "h"), expression=col("person_id", "i"))
    return ids.join(exp.alias_(exp.table_(cohort), "h", table=True), on=same)


def _theirs(table: str) -> exp.Expr:
    parts: list[exp.Expr] = [_among("customer_id", exp.select("customer_id").from_(RECORDS))]
    if table in _UNNAMED:
        key = _UNNAMED[table]
        keys = exp.select(key).from_("virtual_keys").where(parts[0].copy())
        parts.append(exp.and_(col("customer_id").is_(exp.null()), _among(key, keys)))
    if table == "orders":
        parts.append(exp.EQ(this=col("order_type"), expression=value("return")))
    return exp.or_(*parts)


def _among(name: str, rows: exp.Query) -> exp.In:
    return exp.In(this=col(name), query=exp.Subquery(this=rows))


def _cut(table: str, moment: Moment) -> exp.Select:
    """The table's rows up to the moment."""
    rows = exp.select("*").from_(exp.table_(table))
    rows = rows.where(exp.LTE(this=col(_DAY_OUTSIDE[table]), expression=value(moment.day)))
    if table in _INSTANT:
        rows = rows.where(exp.LTE(this=col(_INSTANT[table]), expression=value(moment.at)))
    return rows
