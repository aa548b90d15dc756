"""Carts that were left: the person's latest cart without an order."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from sqlglot import exp

from enishi.segment.bounds import BoundsField
from enishi.segment.condition import Ask, Event
from enishi.segment.durations import DurationField, PeriodField
from enishi.segment.products import Of, ProductRow
from enishi.segment.sql import FACTS, PERSON, certain, col, every, member_of, over, relation, value


class Cart(Event):
    """The latest open cart: when it was last touched, what it is worth, what it holds.

    Amounts are what the items cost when they were put in.
    """

    key: ClassVar[str] = "cart"
    uncountable: ClassVar[tuple[str, ...]] = ()

    abandoned_in: PeriodField | None = None
    idle: DurationField | None = None
    has: Of | None = None
    max_price: BoundsField | None = Field(default=None, description="price of the dearest item")
    total: BoundsField | None = None
    items: BoundsField | None = None

    def sql(self, ask: Ask) -> exp.Expr:
        return member_of(self._rows(ask))

    def events(self, ask: Ask) -> exp.Select:
        return self._rows(ask).select(
            exp.alias_(col("changed_at", FACTS), "happened_at"),
            exp.alias_(col("cart_id", FACTS), "occasion"),
            exp.alias_(exp.cast(exp.null(), "varchar"), "product_id"),
        )

    def _rows(self, ask: Ask) -> exp.Select:
        carts = relation("carts", at=ask.moment.at, start=ask.moment.at)
        latest = exp.EQ(this=col("recency", FACTS), expression=value(1))
        return self._holding(over(carts).where(every([latest, self._when(ask), self._worth()])), ask)

    def _when(self, ask: Ask) -> exp.Expr:
        changed = col("changed_at", FACTS)
        tests = [ask.happened(self.abandoned_in, at=changed)] if self.abandoned_in is not None else []
        if self.idle is not None:
            still = exp.DateAdd(
                this=changed, expression=value(self.idle.count), unit=exp.Var(this=self.idle.unit.upper())
            )
            tests.append(exp.LTE(this=still, expression=value(ask.moment.at)))
        return every(tests)

    def _worth(self) -> exp.Expr:
        limits = {"max_price": self.max_price, "total": self.total, "items": self.items}
        return every([bounds.holds(col(name, FACTS)) for name, bounds in limits.items() if bounds is not None])

    def _holding(self, rows: exp.Select, ask: Ask) -> exp.Select:
        """The carts of `rows` that hold one of the products asked for at the moment."""
        if self.has is None:
            return rows
        row = ProductRow(product=col("product_id", "h"), person=col(PERSON, FACTS))
        same = exp.EQ(this=col("cart_id", "h"), expression=col("cart_id", FACTS))
        taken_out = exp.LTE(this=col("removed_at", "h"), expression=value(ask.moment.at))
        put_in = exp.LTE(this=col("added_at", "h"), expression=value(ask.moment.at))
        lines = exp.alias_(exp.to_table("cart_lines"), "h", table=True)
        return rows.join(lines, on=same).where(every([put_in, exp.not_(certain(taken_out)), self.has.holds(row, ask)]))
