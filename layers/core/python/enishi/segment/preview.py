"""A look at the people of a segment, without personal data."""

from __future__ import annotations

from sqlglot import exp

from enishi.segment.sql import PERSON, col, value

SHOWN = (
    "customer_id", "gender", "prefecture", "member_rank", "join_channel", "registered_date",
    "first_purchase_date", "last_purchase_date", "purchases", "amount",
)  # fmt: skip
"""Columns of `v_customers` that say nothing about who somebody is."""


def count(people: exp.Query) -> exp.Select:
    """How many people the query of `compile.members` finds."""
    total = exp.alias_(exp.Count(this=exp.Star()), "customers")
    return exp.select(total).from_(exp.alias_(exp.Subquery(this=people), "m", table=True))


def preview(people: exp.Query, limit: int) -> exp.Select:
    """The first `limit` of the people by id, with what is known of their purchases today."""
    same = exp.EQ(this=col(PERSON, "v"), expression=col(PERSON, "m"))
    first = exp.select(col(PERSON, "p")).from_(exp.alias_(exp.Subquery(this=people), "p", table=True))
    first = first.order_by(col(PERSON, "p")).limit(value(limit))
    rows = exp.select(*[col(name, "v") for name in SHOWN])
    rows = rows.from_(exp.alias_(exp.Subquery(this=first), "m", table=True))
    return rows.join(exp.alias_(exp.to_table("v_customers"), "v", table=True), on=same).order_by(col(PERSON, "v"))
