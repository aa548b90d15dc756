"""What a block source is: parameters that a planner writes, a query, and a finish in Python where SQL has no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from enishi.segment.moment import Moment

Item = Mapping[str, Any]
Columns = tuple[tuple[str, str], ...]
PRODUCT: Columns = (
    ("product_id", "string"),
    ("name", "string"),
    ("category", "string"),
    ("brand", "string"),
    ("price", "decimal(18,2)"),
    ("was", "decimal(18,2)"),
)
"""What every product card shows: `was` is null unless the price really fell."""


@dataclass(frozen=True)
class Finishing:
    """What a source's finish may use: the secret of codes, and whose block it is."""

    secret: bytes
    customer_id: str


class Source(BaseModel):
    """A way to fill a block. A subclass has its `key` in the language, its `columns`, and `rows`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    key: ClassVar[str]
    columns: ClassVar[Columns]

    compares: ClassVar[bool] = False
    """Whether the rows of one customer depend on what others bought, through the views of purchases."""

    limit: int = Field(default=3, ge=1, le=12)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of other blocks whose items this one reads."""
        return ()

    def rows(self, moment: Moment) -> exp.Query:
        """(customer_id, place, the columns): one row an item, place 1 first. May name `cohort` and the relations."""
        raise NotImplementedError

    def finish(self, items: Sequence[Item], given: Finishing) -> list[Item]:  # noqa: ARG002 - coupons need it
        """The items as templates see them."""
        return list(items)

    def sample(self) -> list[dict[str, Any]]:
        """Made-up items for a preview without a customer."""
        raise NotImplementedError


def sample_product(number: int = 1, **more: Any) -> dict[str, Any]:
    """A made-up product card."""
    names = ("セラミックヒーター 1200W", "加湿器 10畳用", "コーヒーカプセル 24個入")
    categories = ("暖房", "加湿器", "コーヒー")
    price = (12800, 9980, 1980)[number % 3]
    plain = {"product_id": f"10{number:05d}", "name": names[number % 3], "category": categories[number % 3]}
    return {**plain, "brand": "見本", "price": price, "was": None, **more}
