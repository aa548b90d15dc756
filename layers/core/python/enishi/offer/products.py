"""Block sources that show products."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field
from sqlglot import exp

from enishi.offer.relations import fill, moment_values
from enishi.offer.source import PRODUCT, Columns, Source, sample_product
from enishi.segment import sql as segment_sql
from enishi.segment.bounds import Share
from enishi.segment.moment import Moment

PAIRS_DAYS = 365


class CartItems(Source):
    """Items of the latest cart without an order."""

    key: ClassVar[str] = "cart"
    columns: ClassVar[Columns] = (*PRODUCT, ("quantity", "int"))

    exclude: tuple[Literal["owned", "out_of_stock"], ...] = ()

    def rows(self, moment: Moment) -> exp.Query:  # noqa: ARG002 - every source has one signature
        chosen = {"in_stock_only": "out_of_stock" in self.exclude, "not_owned": "owned" in self.exclude}
        return fill("cart", chosen)

    def sample(self) -> list[dict[str, Any]]:
        return [sample_product(0, quantity=1), sample_product(1, quantity=2)]


class FavouritesPriceDown(Source):
    """Favourites whose price fell in the last `days` by at least the share `by`, with both prices."""

    key: ClassVar[str] = "favourites_price_down"
    columns: ClassVar[Columns] = (*PRODUCT, ("saving", "decimal(18,2)"), ("off", "double"), ("until", "date"))

    days: int = Field(default=1, ge=1, le=31)
    by: Share | None = None

    def rows(self, moment: Moment) -> exp.Query:
        after = moment.at - timedelta(days=self.days)
        fallen = segment_sql.relation("price_falls", at=moment.at, after=after)
        query = fill("favourites_price_down", {**moment_values(moment), "least": float(self.by or 0)})
        return with_relation(query, "price_falls", fallen)

    def sample(self) -> list[dict[str, Any]]:
        return [sample_product(0, was=16800, saving=4000, off=0.2381, until="2026-11-28")]


class Ranking(Source):
    """Best sellers of the category that the customer looks at most, in stock, guests' purchases counted too."""

    key: ClassVar[str] = "ranking"
    columns: ClassVar[Columns] = PRODUCT

    by: Literal["amount", "quantity"] = "amount"
    days: int = Field(default=30, ge=1, le=366)

    def rows(self, moment: Moment) -> exp.Query:
        return with_sold(fill("ranking", {"by_amount": self.by == "amount"}), moment, self.days)

    def sample(self) -> list[dict[str, Any]]:
        return [sample_product(number) for number in range(3)]


class LastPurchase(Source):
    """The product bought last; with `others`, its refills and upper models after it."""

    key: ClassVar[str] = "last_purchase"
    columns: ClassVar[Columns] = (*PRODUCT, ("kind", "string"), ("purchased_date", "date"))

    journey_class: Literal["necessity", "hobby", "consumable"] | None = None
    category: str | None = Field(default=None, description="of any level")
    others: bool = True

    def rows(self, moment: Moment) -> exp.Query:
        query = fill("last_purchase", {"with_others": self.others})
        return with_bought(query, moment, self.journey_class, self.category)

    def sample(self) -> list[dict[str, Any]]:
        return [sample_product(2, kind="same", purchased_date="2026-10-25")]


class CoPurchase(Source):
    """Companions of the product bought last: what it needs, what is handy, then by lift."""

    key: ClassVar[str] = "co_purchase"
    compares: ClassVar[bool] = True
    columns: ClassVar[Columns] = (*PRODUCT, ("relation", "string"), ("share", "double"), ("lift", "double"))

    journey_class: Literal["necessity", "hobby", "consumable"] | None = None
    category: str | None = Field(default=None, description="of the product bought last, any level")
    least_buyers: int = Field(default=5, ge=1, description="a pair of fewer buyers is chance")

    def rows(self, moment: Moment) -> exp.Query:
        first = moment.day - timedelta(days=PAIRS_DAYS)
        given = {**moment_values(moment), "pairs_from": first, "least_buyers": self.least_buyers}
        return with_bought(fill("co_purchase", given), moment, self.journey_class, self.category)

    def sample(self) -> list[dict[str, Any]]:
        facts = {"relation": "useful", "share": 0.18, "lift": 4.2}
        return [sample_product(number, **facts) for number in range(2)]


class Viewed(Source):
    """Products looked at lately and not owned."""

    key: ClassVar[str] = "viewed"
    columns: ClassVar[Columns] = (*PRODUCT, ("views", "bigint"))

    def rows(self, moment: Moment) -> exp.Query:  # noqa: ARG002 - every source has one signature
        return fill("viewed", {})

    def sample(self) -> list[dict[str, Any]]:
        return [sample_product(0, views=3), sample_product(1, views=1)]


class Seasonal(Source):
    """Goods of a season, those of the categories that the customer looks at first."""

    key: ClassVar[str] = "seasonal"
    columns: ClassVar[Columns] = (*PRODUCT, ("browsed", "boolean"))

    seasons: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    days: int = Field(default=30, ge=1, le=366)

    def rows(self, moment: Moment) -> exp.Query:
        chosen = {"seasons": self.seasons, "categories": self.categories}
        return with_sold(fill("seasonal", chosen), moment, self.days)

    def sample(self) -> list[dict[str, Any]]:
        return [sample_product(number, browsed=number == 0) for number in range(3)]


def with_sold(query: exp.Query, moment: Moment, days: int) -> exp.Query:
    """`query` with the relation `sold`: sales of the last `days`."""
    first = moment.day - timedelta(days=days - 1)
    return with_relation(query, "sold", fill("sold", {**moment_values(moment), "sold_from": first}))


def with_bought(
    query: exp.Query, moment: Moment, journey_class: str | None = None, category: str | None = None
) -> exp.Query:
    """`query` with the relation `bought`: the product (of that class and category) that each customer bought last."""
    chosen = {
        "any_class": journey_class is None,
        "journey_class": journey_class or "",
        "any_category": category is None,
        "category": category or "",
    }
    return with_relation(query, "bought", fill("last_bought", {**moment_values(moment), **chosen}))


def with_relation(query: exp.Query, name: str, relation: exp.Query) -> exp.Query:
    """`query` with `relation` as its first CTE."""
    first = exp.CTE(this=relation, alias=exp.TableAlias(this=exp.to_identifier(name)))
    clause = query.args.get("with_")
    query.set("with_", exp.With(expressions=[first, *(clause.expressions if clause else [])]))
    return query
