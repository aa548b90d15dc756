"""Block sources that show something else than products: points, coupons, stores, the planner's own words."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlglot import exp

from enishi.lake import sql
from enishi.offer.products import with_bought, with_relation
from enishi.offer.relations import fill, moment_values
from enishi.offer.source import Columns, Finishing, Item, Source
from enishi.segment.moment import Moment

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 13
"""65 bits: among 12 million codes of one coupon, two are equal once in 500,000 coupons."""


class Points(Source):
    """Points that expire within `within` days, the nearest date first."""

    key: ClassVar[str] = "points"
    columns: ClassVar[Columns] = (
        ("points", "bigint"),
        ("expires_date", "date"),
        ("days_left", "bigint"),
        ("balance", "bigint"),
    )

    limit: int = Field(default=1, ge=1, le=12)
    within: int = Field(default=31, ge=0, le=3660, description="days")

    def rows(self, moment: Moment) -> exp.Query:
        return fill("points", {**moment_values(moment), "until": moment.day + timedelta(days=self.within)})

    def sample(self) -> list[dict[str, Any]]:
        return [{"points": 1280, "expires_date": "2026-12-21", "days_left": 30, "balance": 3460}]


class Coupon(Source):
    """One coupon, with a code of the customer's own. `max_issues` is the budget over the coupon's life."""

    key: ClassVar[str] = "coupon"
    columns: ClassVar[Columns] = (
        ("coupon_id", "string"),
        ("name", "string"),
        ("discount_type", "string"),
        ("discount_value", "decimal(18,4)"),
        ("min_amount", "decimal(18,2)"),
        ("valid_until", "date"),
        ("days_left", "bigint"),
    )

    limit: int = Field(default=1, ge=1, le=1)
    coupon: str
    max_issues: int = Field(ge=1)

    def rows(self, moment: Moment) -> exp.Query:
        return fill("coupon", {**moment_values(moment), "coupon": self.coupon, "max_issues": self.max_issues})

    def finish(self, items: Sequence[Item], given: Finishing) -> list[Item]:
        code = coupon_code(given.secret, self.coupon, given.customer_id)
        return [{**item, "code": code, "benefit": benefit(item)} for item in items]

    def sample(self) -> list[dict[str, Any]]:
        return [
            {
                "coupon_id": self.coupon,
                "name": "会員様限定シークレットクーポン",
                "discount_type": "amount",
                "discount_value": 2000,
                "min_amount": 20000,
                "valid_until": "2026-12-05",
                "days_left": 14,
            }
        ]


def coupon_code(secret: bytes, coupon_id: str, customer_id: str) -> str:
    """The customer's own code: the same on every try, and not to be guessed. 13 characters without I, L, O, U."""
    mark = hmac.new(secret, f"coupon|{coupon_id}|{customer_id}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(mark[:9], "big")
    return "".join(CROCKFORD[(number >> (5 * place)) & 31] for place in range(CODE_LENGTH))


BENEFITS: Mapping[str, str] = {
    "amount": "{:,.0f}円引き",
    "rate": "{:.0%}引き",
    "points": "{:,.0f}ポイント進呈",
    "free_shipping": "送料無料",
    "gift": "プレゼント進呈",
}


def benefit(item: Item) -> str:
    """What the coupon gives, in words: 2,000円引き."""
    words = BENEFITS.get(str(item["discount_type"]), "")
    return words.format(Decimal(str(item["discount_value"] or 0)))


class NearestStore(Source):
    """The nearest open store; with `with_stock_of`, one that can sell at least one item of that block today."""

    key: ClassVar[str] = "nearest_store"
    columns: ClassVar[Columns] = (
        ("store_id", "string"),
        ("name", "string"),
        ("distance_km", "double"),
        ("stocked", "int"),
        ("offers_pickup", "boolean"),
    )

    limit: int = Field(default=1, ge=1, le=5)
    with_stock_of: str | None = None

    @property
    def blocks(self) -> tuple[str, ...]:
        return (self.with_stock_of,) if self.with_stock_of else ()

    def rows(self, moment: Moment) -> exp.Query:  # noqa: ARG002 - every source has one signature
        return with_relation(fill("nearest_store", {"must_stock": bool(self.with_stock_of)}), "wanted", self._wanted())

    def _wanted(self) -> exp.Query:
        if self.with_stock_of is None:
            nothing = sql.parse("SELECT customer_id, '' AS product_id FROM cohort WHERE FALSE", "nearest_store")
            return nothing
        items = exp.to_table(rows_name(self.with_stock_of))
        return exp.select("customer_id", "product_id").from_(items)

    def sample(self) -> list[dict[str, Any]]:
        facts = {"store_id": "0101", "name": "えにし電器 見本店", "distance_km": 3.24, "stocked": 2}
        return [{**facts, "offers_pickup": True}]


class Advice(BaseModel):
    """One piece of the planner's advice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    text: str


class Static(Source):
    """The planner's own words, by the category of interest or of the last purchase; "" is for every other category."""

    key: ClassVar[str] = "static"
    columns: ClassVar[Columns] = (("category", "string"), ("title", "string"), ("text", "string"))

    limit: int = Field(default=6, ge=1, le=12)
    by: Literal["interest", "last_purchase", "nothing"] = "nothing"
    texts: Annotated[
        Mapping[str, tuple[Advice, ...]],
        BeforeValidator(lambda given: {"": given} if isinstance(given, list) else given),
    ]

    def rows(self, moment: Moment) -> exp.Query:
        query = fill("guide", {"known": tuple(name for name in self.texts if name)})
        return with_relation(with_relation(query, "texts", self._texts()), "chosen", self._chosen(moment))

    def _chosen(self, moment: Moment) -> exp.Query:
        if self.by == "interest":
            return sql.parse("SELECT n.customer_id, n.category FROM interest AS n", "static")
        if self.by == "last_purchase":
            bought = sql.parse(
                "SELECT b.customer_id, COALESCE(p.category_l2, p.category_l1) AS category"
                " FROM bought AS b JOIN products AS p ON p.product_id = b.product_id",
                "static",
            )
            return with_bought(bought, moment)
        return sql.parse("SELECT c.customer_id, '' AS category FROM cohort AS c", "static")

    def _texts(self) -> exp.Query:
        lines = [
            exp.Tuple(expressions=sql.literals((name, place, piece.title, piece.text)))
            for name, pieces in self.texts.items()
            for place, piece in enumerate(pieces, 1)
        ]
        names = [exp.to_identifier(name) for name in ("category", "place", "title", "text")]
        values = exp.Values(expressions=lines, alias=exp.TableAlias(this=exp.to_identifier("t"), columns=names))
        return exp.select("*").from_(values)

    def sample(self) -> list[dict[str, Any]]:
        name, pieces = next(iter(self.texts.items()))
        return [{"category": name or "家電", "title": piece.title, "text": piece.text} for piece in pieces]


def rows_name(block: str) -> str:
    """The relation that holds a block's rows inside the step's query."""
    return f"rows_{block}"
