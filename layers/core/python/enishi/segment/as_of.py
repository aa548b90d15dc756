"""The lake as it stood at a moment: views forget what came later.

Conditions compare every fact with the moment themselves. A view sums facts up before a condition sees them: a purchase
after a return, the rest of a point lot. So the views of a finished query are spelled out and their base tables cut at
the moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from sqlglot import exp

from enishi.lake.sql import expand_views, view_names
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
_DAY: Mapping[str, str] = {
    "orders": "order_date",
    "order_lines": "order_date",
    "point_ledger": "posted_date",
    "messages": "sent_date",
    "message_events": "event_date",
    "web_events": "event_date",
}


def as_of(query: Query, moment: Moment) -> Query:
    """A copy of `query` whose views see facts up to the moment only.

    Statuses that the source overwrites (an order's, a contract's) stay as they are now: they have no history.
    """
    expanded = expand_views(query)
    for cte in _views_of(expanded):
        for table in list(cte.find_all(exp.Table)):
            if not table.db and table.name in _DAY:
                table.replace(_cut(table, moment))
    return cast(Query, expanded)


def _views_of(query: exp.Query) -> list[exp.CTE]:
    clause = query.args.get("with_")
    return [cte for cte in clause.expressions if cte.alias in view_names()] if clause else []


def _cut(table: exp.Table, moment: Moment) -> exp.Expr:
    """The table's rows up to the moment, under the alias that it had."""
    rows = exp.select("*").from_(exp.table_(table.name))
    rows = rows.where(exp.LTE(this=col(_DAY[table.name]), expression=value(moment.day)))
    if table.name in _INSTANT:
        rows = rows.where(exp.LTE(this=col(_INSTANT[table.name]), expression=value(moment.at)))
    return exp.alias_(exp.Subquery(this=rows), table.alias_or_name, table=True)
