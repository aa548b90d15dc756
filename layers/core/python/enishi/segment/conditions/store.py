"""Where people live, and the stores around."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator
from sqlglot import exp

from enishi.segment.bounds import Number
from enishi.segment.condition import Ask, Condition, TextList
from enishi.segment.problems import problem
from enishi.segment.products import Of, ProductRow
from enishi.segment.sql import FACTS, PERSON, certain, col, every, inside, member_of, one_of, over, relation


def _a_distance(km: Number) -> Number:
    if not 0 < km <= 500:
        raise problem(f"{km} km is no distance to a store", "Write more than 0 and at most 500.")
    return km


class NearStore(Condition):
    """Lives within so many kilometres (a straight line from the home's area) of an open store.

    `with_stock_of` asks that this very store can sell one of the products, by the latest count.
    """

    key: ClassVar[str] = "near_store"

    within_km: Annotated[Number, AfterValidator(_a_distance)]
    store: TextList = ()
    pickup: bool | None = None
    with_stock_of: Of | None = None

    def sql(self, ask: Ask) -> exp.Expr:
        rows = over(relation("near_stores", day=ask.moment.day, km=self.within_km)).where(self._which())
        return member_of(self._stocked(rows, ask))

    def _which(self) -> exp.Expr:
        place = col("store_id", FACTS)
        named = one_of(place, self.store) if self.store else None
        return every([named, inside(place, _pickup(self.pickup)) if self.pickup is not None else None])

    def _stocked(self, rows: exp.Select, ask: Ask) -> exp.Select:
        if self.with_stock_of is None:
            return rows
        same = exp.EQ(this=col("store_id", "n"), expression=col("store_id", FACTS))
        stock = exp.alias_(exp.Subquery(this=relation("stock_now", day=ask.moment.day)), "n", table=True)
        row = ProductRow(product=col("product_id", "n"), person=col(PERSON, FACTS))
        return rows.join(stock, on=same).where(self.with_stock_of.holds(row, ask))


def _pickup(wanted: bool) -> exp.Select:
    """Stores that offer pickup, or that do not."""
    offers = certain(col("offers_pickup", "s"))
    rows = exp.select(col("store_id", "s")).from_(exp.alias_(exp.to_table("stores"), "s", table=True))
    return rows.where(offers if wanted else exp.not_(offers))
