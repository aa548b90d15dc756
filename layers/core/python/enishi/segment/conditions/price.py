"""Prices that fell on what a person looked at, keeps, has in the cart or bought."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from enishi.segment.bounds import Share
from enishi.segment.condition import Ask, Condition, as_list
from enishi.segment.durations import PeriodField
from enishi.segment.prices import fallen
from enishi.segment.references import reference
from enishi.segment.sql import FACTS, col, inside, member_of, over, some

Watched = Literal["favourite.product", "viewed.product", "cart.product", "purchased.product"]


class Price(Condition):
    """`price: {down_on: [viewed.product, cart.product], in: 1 hour, by: 5%}`; without `in`, in the moment's window."""

    key: ClassVar[str] = "price"

    down_on: Annotated[tuple[Watched, ...], BeforeValidator(as_list), Field(min_length=1)]
    period: PeriodField | None = Field(default=None, alias="in")
    by: Share | None = None

    def sql(self, ask: Ask) -> exp.Expr:
        low = inside(col("product_id", FACTS), fallen(ask, self.period, self.by))
        watched = [over(reference(name).select(ask.moment)).where(low.copy()) for name in self.down_on]
        return exp.paren(some([member_of(people) for people in watched]))
