"""Favourites, and what happened to them: prices that fell, goods that came back or run out."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from enishi.segment.bounds import Share
from enishi.segment.condition import Ask, Counted, TextList, counted
from enishi.segment.durations import PeriodField
from enishi.segment.prices import fallen
from enishi.segment.problems import problem
from enishi.segment.products import Of, ProductRow
from enishi.segment.sql import FACTS, certain, col, every, inside, one_of, person, persons, relation, value


class Favourite(Counted):
    """Something the person keeps as a favourite at the moment."""

    key: ClassVar[str] = "favourite"

    of: Of | None = None
    category: TextList = ()
    brand: TextList = ()
    store: TextList = ()
    any_of: Literal["product", "category", "brand", "store"] | None = Field(default=None, alias="any")
    added_in: PeriodField | None = None
    price_down: PeriodField | None = None
    by: Share | None = Field(default=None, description="least fall of the price")
    restocked: PeriodField | None = None
    left_at_most: int | None = Field(default=None, ge=1, description="few left: at most so many, over all places")

    @model_validator(mode="after")
    def _coherent(self) -> Favourite:
        others = {"category": self.category, "brand": self.brand, "store": self.store, "any": self.any_of}
        targets = [name for name, given in others.items() if given]
        products = [self.of, self.price_down, self.restocked, self.left_at_most]
        if len(targets) > 1 or (targets and any(given is not None for given in products)):
            raise problem("favourites of several kinds stand in one condition", "Write one condition for each kind.")
        if self.by is not None and self.price_down is None:
            raise problem("by says how far a price fell", "Add price_down: 1 day.")
        return self

    def sql(self, ask: Ask) -> exp.Expr:
        return counted(self._rows(ask), [(exp.Count(this=exp.Star()), self.count)])

    def _rows(self, ask: Ask) -> exp.Select:
        added, removed = col("added_at", FACTS), col("removed_at", FACTS)
        now = value(ask.moment.at)
        kept = exp.not_(certain(exp.LTE(this=removed, expression=now)))
        known = exp.LTE(this=added, expression=now.copy())
        recent = ask.happened(self.added_in, at=added) if self.added_in is not None else None
        return persons("favourites").where(every([known, kept, recent, self._target(), *self._product(ask)]))

    def _target(self) -> exp.Expr:
        """The kind of target and, for categories, brands and stores, which."""
        kind, chosen = next(((name, given) for name, given in self._listed.items() if given), ("product", ()))
        tests = [exp.EQ(this=col("target_type", FACTS), expression=value(self.any_of or kind))]
        return every([*tests, one_of(col("target_id", FACTS), chosen) if chosen else None])

    @property
    def _listed(self) -> dict[str, tuple[str, ...]]:
        return {"category": self.category, "brand": self.brand, "store": self.store}

    def _product(self, ask: Ask) -> list[exp.Expr]:
        target = col("target_id", FACTS)
        tests: list[exp.Expr] = []
        if self.of is not None:
            tests.append(self.of.holds(ProductRow(product=target, person=person()), ask))
        if self.price_down is not None:
            tests.append(inside(target, fallen(ask, self.price_down, self.by)))
        if self.restocked is not None:
            tests.append(inside(target, _restocked(ask.happened(self.restocked, day=col("snapshot_date", "n")))))
        if self.left_at_most is not None:
            tests.append(inside(target, _few_left(ask, self.left_at_most)))
        return tests


def _restocked(when: exp.Expr) -> exp.Select:
    rows = exp.select(col("product_id", "n")).from_(exp.alias_(exp.to_table("inventory"), "n", table=True))
    return rows.where(every([certain(col("restocked", "n")), when]))


def _few_left(ask: Ask, most: int) -> exp.Select:
    """Products of which some are left, but no more than `most` over all places."""
    stock = exp.alias_(exp.Subquery(this=relation("stock_now", day=ask.moment.day)), "n", table=True)
    rows = exp.select(col("product_id", "n")).from_(stock).group_by(col("product_id", "n"))
    return rows.having(exp.LTE(this=exp.Sum(this=col("available_qty", "n")), expression=value(most)))
