"""Sets that a planner names instead of listing: `cart.product`, `viewed.category`.

Each is a relation of (customer_id, product_id) or (customer_id, category) at a moment, plus `happened_at`, the last
instant of it. Conditions use them as `of:`; offers use them as sources of items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlglot import exp

from enishi.clock import business_day
from enishi.segment.durations import Duration
from enishi.segment.moment import Moment
from enishi.segment.problems import did_you_mean, problem
from enishi.segment.sql import col, relation

VIEWED_FOR = Duration(30, "day")
FALLEN_FOR = Duration(1, "day")

Kind = Literal["product", "category"]


@dataclass(frozen=True)
class Reference:
    """A symbolic set. `select(moment)` has the columns customer_id, product_id or category, and happened_at."""

    name: str
    kind: Kind
    meaning: str
    select: Callable[[Moment], exp.Query]

    @property
    def column(self) -> str:
        """The column that names what the set holds."""
        return "product_id" if self.kind == "product" else "category"


def cart_products(moment: Moment) -> exp.Query:
    """Items of open carts: also quantity and unit_price."""
    return relation("cart_products", at=moment.at, start=moment.anchor)


def favourite_products(moment: Moment) -> exp.Query:
    """Favourite products: also price_at_add."""
    return relation("favourite_products", at=moment.at, start=moment.anchor)


def viewed_products(moment: Moment) -> exp.Query:
    """Products looked at in the 30 days up to the moment's window: also views."""
    first = VIEWED_FOR.before(business_day(moment.anchor, moment.zone)) + timedelta(days=1)
    return relation("viewed_products", at=moment.at, first=first)


def purchased_products(moment: Moment) -> exp.Query:
    """Products bought before the moment's window: also quantity."""
    return relation("purchased_products", start=moment.anchor)


def price_falls(moment: Moment) -> exp.Query:
    """Prices that fell in the moment's window (a day where there is none) and still hold, by scope.

    Columns: product_id, scope, happened_at, until_at, now_price, was_price.
    """
    after = moment.since or moment.at - timedelta(days=FALLEN_FOR.count)
    return relation("price_falls", at=moment.at, after=after)


def price_down_products(moment: Moment) -> exp.Query:
    """Favourite, viewed or carted products whose price fell: also now_price and was_price, the greatest fall first."""
    wanted = exp.union(
        *(_plain(source(moment)) for source in (favourite_products, viewed_products, cart_products)), distinct=True
    )
    same = exp.EQ(this=col("product_id", "d"), expression=col("product_id", "w"))
    person, product = col("customer_id", "w"), col("product_id", "w")
    return (
        exp.select(person, product)
        .select(_aliased(exp.Max(this=col("happened_at", "d")), "happened_at"))
        .select(_aliased(exp.Min(this=col("now_price", "d")), "now_price"))
        .select(_aliased(exp.Max(this=col("was_price", "d")), "was_price"))
        .from_(_derived(wanted, "w"))
        .join(_derived(price_falls(moment), "d"), on=same)
        .group_by(person.copy(), product.copy())
    )


def categories(products: exp.Query) -> exp.Select:
    """(customer_id, category, happened_at) of a relation of products; a category is a path of the first two levels."""
    same = exp.EQ(this=col("product_id", "p"), expression=col("product_id", "r"))
    return (
        exp.select(col("customer_id", "r"))
        .select(_aliased(category_path("p"), "category"))
        .select(_aliased(exp.Max(this=col("happened_at", "r")), "happened_at"))
        .from_(_derived(products, "r"))
        .join(exp.alias_(exp.to_table("products"), "p", table=True), on=same)
        .where(exp.not_(exp.Is(this=col("category_l1", "p"), expression=exp.null())))
        .group_by(col("customer_id", "r"), category_path("p"))
    )


def category_path(products: str) -> exp.Expr:
    """`l1/l2` of a row of products, `l1` where there is no second level: what a `*.category` set holds."""
    top, middle = col("category_l1", products), col("category_l2", products)
    joined = exp.DPipe(this=exp.DPipe(this=top, expression=exp.Literal.string("/")), expression=middle)
    return exp.Coalesce(this=joined, expressions=[top.copy()])


def _plain(products: exp.Query) -> exp.Select:
    return exp.select(col("customer_id", "x"), col("product_id", "x")).from_(_derived(products, "x"))


def _derived(query: exp.Query, alias: str) -> exp.Expr:
    return exp.alias_(exp.Subquery(this=query), alias, table=True)


def _aliased(expression: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(expression, name)


_SOURCES: Mapping[str, tuple[str, Callable[[Moment], exp.Query]]] = {
    "cart": ("items of the latest cart without an order", cart_products),
    "favourite": ("favourite products", favourite_products),
    "viewed": ("products looked at in the last 30 days", viewed_products),
    "purchased": ("products bought so far", purchased_products),
    "price_down": ("favourite, viewed or carted products whose price fell", price_down_products),
}


def _of_categories(source: Callable[[Moment], exp.Query]) -> Callable[[Moment], exp.Query]:
    return lambda moment: categories(source(moment))


def _both(name: str, meaning: str, source: Callable[[Moment], exp.Query]) -> tuple[Reference, Reference]:
    return (
        Reference(f"{name}.product", "product", meaning, source),
        Reference(f"{name}.category", "category", f"categories of {meaning}", _of_categories(source)),
    )


REFERENCES: Mapping[str, Reference] = {
    reference.name: reference
    for name, (meaning, source) in _SOURCES.items()
    for reference in _both(name, meaning, source)
}


def reference(name: str) -> Reference:
    """The symbolic set of that name.

    Raises:
        PydanticCustomError: there is none (inside a validator this becomes a SegmentError with the closest names).
    """
    if name not in REFERENCES:
        raise problem(f"{name} is not a known set of products", did_you_mean(name, REFERENCES))
    return REFERENCES[name]
