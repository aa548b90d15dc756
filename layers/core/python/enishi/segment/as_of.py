"""The lake as it stood at a moment: views forget what came later.

Conditions compare every fact with the moment themselves. A view sums facts up before a condition sees them: a purchase
after a return, the rest of a point lot. So the views of a finished query are spelled out and their base tables cut at
the moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from sqlglot import exp

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
RECORDS = "cohort_records"

_DAY: Mapping[str, str] = {
    "orders": "order_date",
    "order_lines": "order_date",
    "point_ledger": "posted_date",
    "messages": "sent_date",
    "message_events": "event_date",
    "web_events": "event_date",
}


def as_of(query: Query, moment: Moment, *, cohort: str | None = None) -> Query:
    """A copy of `query` whose views see facts up to the moment only.

    Statuses that the source overwrites (an order's, a contract's) stay as they are now: they have no history.
    `cohort` names a CTE of `query` with a column customer_id: the views then see the facts of these people only, which
    costs little where the cohort is small. Only for a query that compares nobody with anybody else.
    """
    expanded = expand_views(query)
    if cohort is not None:
        _put_first(expanded, cohort)
    for cte in _views_of(expanded):
        for table in list(cte.find_all(exp.Table)):
            if not table.db and table.name in _DAY:
                table.replace(_cut(table, moment, narrow=cohort is not None))
    return cast(Query, expanded)


def up_to(query: Query, moment: Moment) -> Query:
    """A copy of `query` in which every fact, in views and outside of them, ends with the moment."""
    expanded = expand_views(query)
    for table in list(tables_of(expanded)):
        if not table.db and table.name in _DAY:
            table.replace(_cut(table, moment, narrow=False))
    return cast(Query, expanded)


def _views_of(query: exp.Query) -> list[exp.CTE]:
    clause = query.args.get("with_")
    return [cte for cte in clause.expressions if cte.alias in view_names()] if clause else []


def _put_first(query: exp.Query, cohort: str) -> None:
    """Define the cohort, and every record of its people, before the views that are cut to them."""
    clause = query.args["with_"]
    ctes: list[exp.CTE] = clause.expressions
    first = [cte for name in ("v_identity", cohort) for cte in ctes if cte.alias == name]
    rest = [cte for cte in ctes if cte not in first]
    if not any(cte.alias == "v_identity" for cte in first):
        return
    records = (
        exp.select(col("customer_id", "i")).distinct().from_(exp.alias_(exp.table_("v_identity"), "i", table=True))
    )
    records = records.join(
        exp.alias_(exp.table_(cohort), "h", table=True),
        on=exp.EQ(this=col("customer_id", "h"), expression=col("person_id", "i")),
    )
    named = exp.CTE(this=records, alias=exp.TableAlias(this=exp.to_identifier(RECORDS)))
    clause.set("expressions", [*first, named, *rest])


def _mine() -> exp.Expr:
    return exp.In(this=col("customer_id"), query=exp.Subquery(this=exp.select("customer_id").from_(RECORDS)))


def _cut(table: exp.Table, moment: Moment, *, narrow: bool) -> exp.Expr:
    """The table's rows up to the moment, under the alias that it had."""
    rows = exp.select("*").from_(exp.table_(table.name))
    rows = rows.where(exp.LTE(this=col(_DAY[table.name]), expression=value(moment.day)))
    if table.name in _INSTANT:
        rows = rows.where(exp.LTE(this=col(_INSTANT[table.name]), expression=value(moment.at)))
    if narrow and table.name in _PERSONAL:
        a_return = exp.EQ(this=col("order_type"), expression=value("return"))
        rows = rows.where(exp.or_(_mine(), a_return) if table.name == "orders" else _mine())
    return exp.alias_(exp.Subquery(this=rows), table.alias_or_name, table=True)
