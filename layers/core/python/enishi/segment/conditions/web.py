"""What a person did on the site and in the app. Robots are left out (rule BOT)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, InstanceOf, model_validator
from sqlglot import exp

from enishi.segment.condition import Ask, Counted, Event, Text, TextList, as_list, counted
from enishi.segment.durations import PeriodField
from enishi.segment.problems import Part, problem
from enishi.segment.products import Of, ProductRow
from enishi.segment.sql import FACTS, certain, col, every, member_of, one_of, person, persons, value

EventType = Literal[
    "page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "checkout_step", "purchase",
    "favourite_add", "favourite_remove", "login", "signup", "impression", "click", "dismiss", "app_open",
    "geofence_enter", "restock_request",
]  # fmt: skip
PageType = Literal[
    "top", "category", "product", "search", "cart", "checkout", "thanks", "article", "store", "mypage", "other"
]


class Same(Part):
    """So many views of one and the same product, or of one and the same top category."""

    same_product: int | None = Field(default=None, ge=1)
    same_category: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Same:
        if (self.same_product is None) == (self.same_category is None):
            raise problem("viewed counts the same product or the same category", "Write one of the two.")
        return self

    @property
    def column(self) -> str:
        return "product_id" if self.same_product is not None else "category_l1"

    @property
    def times(self) -> int:
        return self.same_product or self.same_category or 1


def _viewed(given: object) -> object:
    return (
        Same.model_validate(given)
        if isinstance(given, dict) and set(given) & {"same_product", "same_category"}
        else given
    )


class Web(Event, Counted):
    """Views, searches and other events: `viewed` products, `searched` words, or any `event`."""

    key: ClassVar[str] = "web"
    uncountable: ClassVar[tuple[str, ...]] = ("at_least", "at_most", "exactly")

    viewed: Annotated[InstanceOf[Same] | Of | None, BeforeValidator(_viewed)] = None
    searched: Text | None = Field(default=None, description="part of the search term")
    event: Annotated[tuple[EventType, ...], BeforeValidator(as_list)] = ()
    page_type: Annotated[tuple[PageType, ...], BeforeValidator(as_list)] = ()
    device: TextList = ()
    store: TextList = ()
    slot: TextList = ()
    period: PeriodField | None = Field(default=None, alias="in")

    @model_validator(mode="after")
    def _one_kind(self) -> Web:
        if sum((self.viewed is not None, self.searched is not None, bool(self.event))) > 1:
            raise problem("viewed, searched and event stand in one condition", "Write one condition for each.")
        if isinstance(self.viewed, Same) and self.count.given:
            raise problem("the same-product count is counted twice", "Leave at_least, at_most and exactly out.")
        return self

    @property
    def names_products(self) -> bool:
        return self.viewed is not None

    def sql(self, ask: Ask) -> exp.Expr:
        if not isinstance(self.viewed, Same):
            return counted(self._rows(ask), [(exp.Count(this=exp.Star()), self.count)])
        column = col(self.viewed.column, FACTS)
        known = exp.not_(exp.Is(this=column, expression=exp.null()))
        often = exp.GTE(this=exp.Count(this=exp.Star()), expression=value(self.viewed.times))
        return member_of(self._rows(ask).where(known).group_by(person(), column.copy()).having(often))

    def events(self, ask: Ask) -> exp.Select:
        return self._rows(ask).select(
            exp.alias_(col("event_at", FACTS), "happened_at"),
            exp.alias_(col("session_id", FACTS), "occasion"),
            exp.alias_(col("product_id", FACTS), "product_id"),
        )

    def _rows(self, ask: Ask) -> exp.Select:
        human = exp.not_(certain(col("is_bot", FACTS)))
        when = ask.happened(self.period, at=col("event_at", FACTS), day=col("event_date", FACTS))
        return persons("v_web_events").where(every([when, human, self._what(ask)]))

    def _what(self, ask: Ask) -> exp.Expr:
        listed = {"event_type": self._types, "page_type": self.page_type, "device": self.device}
        listed |= {"store_id": self.store, "slot_id": self.slot}
        tests = [one_of(col(name, FACTS), given) for name, given in listed.items() if given]
        if self.searched is not None:
            tests.append(
                exp.GT(
                    this=exp.StrPosition(this=col("search_term", FACTS), substr=value(self.searched.lower())),
                    expression=value(0),
                )
            )
        if self.viewed is not None and not isinstance(self.viewed, Same):
            row = ProductRow(product=col("product_id", FACTS), person=person(), category=col("category_l1", FACTS))
            tests.append(self.viewed.holds(row, ask))
        return every(tests)

    @property
    def _types(self) -> tuple[str, ...]:
        if self.viewed is not None:
            by_category = isinstance(self.viewed, Same) and self.viewed.same_category is not None
            return (
                ("product_view", "page_view") if by_category or not isinstance(self.viewed, Same) else ("product_view",)
            )
        return ("search",) if self.searched is not None else self.event
