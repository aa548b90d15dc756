"""Visits and contacts that the staff wrote down (接客情報)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from enishi.segment.condition import Ask, Counted, Event, TextList, as_list, counted
from enishi.segment.durations import PeriodField
from enishi.segment.products import Of, ProductRow
from enishi.segment.sql import FACTS, col, every, one_of, person, persons
from enishi.segment.words import translated

Reason = Literal["preview", "consultation", "pickup", "repair", "complaint", "phone"]
Outcome = Literal["bought", "considering", "lost", "solved", "open"]
Reasons = Annotated[tuple[Reason, ...], BeforeValidator(lambda given: translated("visit_reason", as_list(given)))]
Outcomes = Annotated[tuple[Outcome, ...], BeforeValidator(lambda given: translated("visit_result", as_list(given)))]


class Visit(Event, Counted):
    """A contact with the staff: why, about what, how it ended. The Japanese words of the shop floor are understood."""

    key: ClassVar[str] = "visit"
    uncountable: ClassVar[tuple[str, ...]] = ("at_least", "at_most", "exactly")

    reason: Reasons = ()
    result: Outcomes = ()
    store: TextList = ()
    about: Of | None = None
    period: PeriodField | None = Field(default=None, alias="in")

    @property
    def names_products(self) -> bool:
        return self.about is not None

    def sql(self, ask: Ask) -> exp.Expr:
        return counted(self._rows(ask), [(exp.Count(this=exp.Star()), self.count)])

    def events(self, ask: Ask) -> exp.Select:
        return self._rows(ask).select(
            exp.alias_(col("visited_at", FACTS), "happened_at"),
            exp.alias_(col("visit_id", FACTS), "occasion"),
            exp.alias_(col("product_id", FACTS), "product_id"),
        )

    def _rows(self, ask: Ask) -> exp.Select:
        listed = {"visit_type": self.reason, "outcome": self.result, "store_id": self.store}
        tests = [one_of(col(name, FACTS), given) for name, given in listed.items() if given]
        if self.about is not None:
            row = ProductRow(product=col("product_id", FACTS), person=person(), category=col("category_l1", FACTS))
            tests.append(self.about.holds(row, ask))
        when = ask.happened(self.period, at=col("visited_at", FACTS), day=col("visit_date", FACTS))
        return persons("service_visits").where(every([when, *tests]))
