"""Products whose price fell."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from enishi.segment.condition import Ask
from enishi.segment.durations import Period
from enishi.segment.sql import col, every, one_of, relation, value

ONLINE_SCOPES = ("all", "ec")
"""Falls that everybody can profit from; a price of one store is that store's own matter."""


def fallen(ask: Ask, period: Period | None, least: Decimal | None) -> exp.Select:
    """Ids of products whose price fell in the period, by at least a share of what it was, and is still that low."""
    falls = relation("price_falls", at=ask.moment.at, after=ask.opening(period))
    rows = exp.select(col("product_id", "d")).from_(exp.alias_(exp.Subquery(this=falls), "d", table=True))
    tests: list[exp.Expr | None] = [one_of(col("scope", "d"), ONLINE_SCOPES)]
    if period is not None:
        tests.append(ask.happened(period, at=col("happened_at", "d")))
    if least is not None:
        ceiling = exp.Mul(this=col("was_price", "d"), expression=value(1 - least))
        tests.append(exp.LTE(this=col("now_price", "d"), expression=ceiling))
    return rows.where(every(tests))
