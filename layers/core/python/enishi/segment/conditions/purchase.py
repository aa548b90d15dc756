"""Purchases: what, where, when, how often, how much, and which in the customer's own order."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from enishi.segment.bounds import BoundsField
from enishi.segment.condition import Ask, Condition, Counted, Event, TextList, as_list, counted
from enishi.segment.durations import CalendarField, PeriodField
from enishi.segment.problems import problem
from enishi.segment.products import Companions, Of, ProductRow
from enishi.segment.sql import FACTS, PERSON, certain, col, every, member_of, one_of, rows_of, value

SaleChannel = Literal["store", "ec", "app", "phone", "catalog", "marketplace"]
SaleChannels = Annotated[tuple[SaleChannel, ...], BeforeValidator(as_list)]
WHEN = ("in", "none_in", "last_before", "last_within")


class _Bought(Condition):
    """Which purchases are meant, apart from when."""

    of: Of | None = None
    store: TextList = ()
    channel: SaleChannels = ()

    def _rows(self) -> exp.Select:
        return rows_of("v_lines" if self.of is not None else "v_purchases")

    def _which(self, ask: Ask) -> exp.Expr:
        tests = [one_of(col(name, FACTS), given) for name, given in self._places.items() if given]
        if self.of is not None:
            row = ProductRow(product=col("product_id", FACTS), person=col(PERSON, FACTS))
            tests += [self.of.holds(row, ask), exp.GT(this=col("quantity", FACTS), expression=value(0))]
        return every(tests)

    @property
    def _places(self) -> dict[str, tuple[str, ...]]:
        return {"store_id": self.store, "channel": self.channel}


class Purchase(_Bought, Event, Counted):
    """Purchases by rule PUR: qualified orders of a person, returns taken off.

    Without a period the moment's window is meant (goals, exits, event triggers).
    """

    key: ClassVar[str] = "purchase"
    uncountable: ClassVar[tuple[str, ...]] = (
        *("at_least", "at_most", "exactly", "items", "amount"),
        *("none_in", "last_before", "last_within"),
    )

    period: PeriodField | None = Field(default=None, alias="in")
    ever: Literal[True] | None = None
    none_in: PeriodField | None = None
    last_before: CalendarField | None = None
    last_within: CalendarField | None = None
    items: BoundsField | None = None
    amount: BoundsField | None = None
    amount_per_order: BoundsField | None = None

    @model_validator(mode="after")
    def _one_period(self) -> Purchase:
        given = [self.period, self.ever, self.none_in, self.last_before, self.last_within]
        if sum(item is not None for item in given) > 1:
            raise problem("more than one period is given", f"Keep one of {', '.join(WHEN)} and ever.")
        counts = (self.at_least, self.at_most, self.exactly, self.items, self.amount)
        if self.none_in is not None and any(item is not None for item in counts):
            raise problem("none_in has nothing to count", "Use in with at_most, or leave the counts out.")
        return self

    @property
    def names_products(self) -> bool:
        return self.of is not None

    def sql(self, ask: Ask) -> exp.Expr:
        if self.none_in is not None:
            return exp.not_(member_of(self._within(ask)))
        if self.last_before is not None:
            return self._lapsed(ask, self.last_before.before(ask.moment.day))
        return self._enough(self._within(ask))

    @property
    def _counts(self) -> bool:
        return any(bounds is not None and bounds.given for bounds in (self.count, self.items, self.amount))

    def _lapsed(self, ask: Ask, day: date) -> exp.Expr:
        """Bought, as often as is asked for, and nothing after the day; a purchase without a day is after none."""
        rows, bought = self._within(ask), col("purchase_date", FACTS)
        if self._counts:
            recent = exp.GT(this=bought, expression=value(day))
            return every([self._enough(rows), exp.not_(member_of(self._within(ask).where(recent)))])
        early = exp.LTE(this=exp.Max(this=bought), expression=value(day))
        known = exp.Coalesce(this=exp.paren(early), expressions=[exp.true()])
        return member_of(rows.group_by(rows.selects[0].unalias()).having(known))

    def events(self, ask: Ask) -> exp.Select:
        product = col("product_id", FACTS) if self.of is not None else exp.cast(exp.null(), "varchar")
        return self._within(ask).select(
            exp.alias_(col("purchase_at", FACTS), "happened_at"),
            exp.alias_(col("order_id", FACTS), "occasion"),
            exp.alias_(product, "product_id"),
        )

    def _within(self, ask: Ask) -> exp.Select:
        return self._rows().where(every([self._when(ask), self._which(ask), self._worth()]))

    def _worth(self) -> exp.Expr | None:
        """The order's own amount; for lines, that of the order they stand in."""
        if self.amount_per_order is None:
            return None
        if self.of is None:
            return self.amount_per_order.holds(col("amount", FACTS))
        orders = exp.select(col("order_id", "o")).from_(exp.alias_(exp.to_table("v_purchases"), "o", table=True))
        limits = self.amount_per_order.holds(col("amount", "o"))
        return exp.In(this=col("order_id", FACTS), query=exp.Subquery(this=orders.where(every([limits]))))

    def _when(self, ask: Ask) -> exp.Expr:
        at, day = col("purchase_at", FACTS), col("purchase_date", FACTS)
        if self.ever or self.last_before is not None:
            return exp.LTE(this=at, expression=value(ask.moment.at))
        if self.last_within is not None:
            recent = exp.GT(this=day, expression=value(self.last_within.before(ask.moment.day)))
            return every([recent, exp.LTE(this=at, expression=value(ask.moment.at))])
        return ask.happened(self.period or self.none_in, at=at, day=day)

    def _enough(self, rows: exp.Select) -> exp.Expr:
        distinct = exp.Distinct(expressions=[col("order_id", FACTS)])
        orders = exp.Count(this=exp.Star() if self.of is None else distinct)
        limits = [(orders, self.count), (self._sum("items"), self.items), (self._sum("amount"), self.amount)]
        return counted(rows, [(number, bounds) for number, bounds in limits if bounds is not None and bounds.given])

    def _sum(self, measure: str) -> exp.Expr:
        name = "quantity" if measure == "items" and self.of is not None else measure
        return exp.Sum(this=col(name, FACTS))


class NthPurchase(_Bought):
    """The customer's N-th purchase, N = 1 for the first. With `among`, N is counted inside those products."""

    key: ClassVar[str] = "nth_purchase"

    n: int = Field(ge=1)
    period: PeriodField | None = Field(default=None, alias="in")
    exactly: bool = Field(default=False, description="and there was no later one")
    among: Of | None = None
    amount: BoundsField | None = None

    @model_validator(mode="after")
    def _no_companions(self) -> NthPurchase:
        if isinstance(self.among, Companions):
            raise problem("among cannot be counted by relation", "Name a category, a brand or products.")
        return self

    def sql(self, ask: Ask) -> exp.Expr:
        ranked = exp.alias_(exp.Subquery(this=self._ranked(ask)), FACTS, table=True)
        tests = [exp.EQ(this=col("n", FACTS), expression=value(self.n)), self._period(ask), self._at(ask)]
        if self.exactly:
            tests.append(exp.EQ(this=col("last_n", FACTS), expression=value(self.n)))
        if self.amount is not None:
            tests.append(self.amount.holds(col("amount", FACTS)))
        return certain(member_of(exp.select(col(PERSON, FACTS)).from_(ranked).where(every(tests))))

    def _period(self, ask: Ask) -> exp.Expr | None:
        if self.period is None:
            return None
        return ask.happened(self.period, at=col("purchase_at", FACTS), day=col("purchase_date", FACTS))

    def _at(self, ask: Ask) -> exp.Expr:
        """Where the N-th purchase was made, and what it held."""
        tests = [one_of(col(name, FACTS), given) for name, given in self._places.items() if given]
        if self.of is not None:
            row = ProductRow(product=col("product_id", "l"), person=col(PERSON, "l"))
            lines = exp.select(col("order_id", "l")).from_(exp.alias_(exp.to_table("v_lines"), "l", table=True))
            bought = exp.GT(this=col("quantity", "l"), expression=value(0))
            held = lines.where(every([self.of.holds(row, ask), bought]))
            tests.append(exp.In(this=col("order_id", FACTS), query=exp.Subquery(this=held)))
        return every(tests)

    def _ranked(self, ask: Ask) -> exp.Select:
        """Every purchase up to the moment with its number and the person's last number."""
        columns = [
            col(name, "v")
            for name in (PERSON, "order_id", "purchase_at", "purchase_date", "store_id", "channel", "amount")
        ]
        people = [col(PERSON, "v")]
        in_time = [exp.Ordered(this=col("purchase_at", "v")), exp.Ordered(this=col("order_id", "v"))]
        number = exp.Window(this=exp.RowNumber(), partition_by=people, order=exp.Order(expressions=in_time))
        total = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[col(PERSON, "v")])
        rows = exp.select(*columns, exp.alias_(number, "n"), exp.alias_(total, "last_n"))
        rows = rows.from_(exp.alias_(exp.to_table("v_purchases"), "v", table=True))
        seen = exp.LTE(this=col("purchase_at", "v"), expression=value(ask.moment.at))
        return rows.where(every([seen, self._among(ask)]))

    def _among(self, ask: Ask) -> exp.Expr | None:
        if self.among is None:
            return None
        row = ProductRow(product=col("product_id", "a"), person=col(PERSON, "a"))
        bought = exp.GT(this=col("quantity", "a"), expression=value(0))
        lines = exp.select(col("order_id", "a")).from_(exp.alias_(exp.to_table("v_lines"), "a", table=True))
        held = lines.where(every([self.among.holds(row, ask), bought]))
        return exp.In(this=col("order_id", "v"), query=exp.Subquery(this=held))
