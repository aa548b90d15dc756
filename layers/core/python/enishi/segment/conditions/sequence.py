"""Sequences: something happened, and then something else did, or did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, InstanceOf, model_validator
from sqlglot import exp

from enishi.errors import SegmentError
from enishi.segment.condition import Ask, Condition, Event
from enishi.segment.conditions.cart import Cart
from enishi.segment.conditions.message import Message
from enishi.segment.conditions.purchase import Purchase
from enishi.segment.conditions.visit import Visit
from enishi.segment.conditions.web import Web
from enishi.segment.durations import Duration, DurationField, Period
from enishi.segment.problems import did_you_mean, problem
from enishi.segment.products import AnyProduct, Companions
from enishi.segment.sql import PERSON, col, every, member_of, value

EVENTS: Mapping[str, type[Event]] = {kind.key: kind for kind in (Purchase, Web, Cart, Visit, Message)}


def _sequence(first: Mapping[str, object], item: Mapping[str, object], key: str, name: str) -> dict[str, object]:
    body = item[key]
    if not isinstance(body, Mapping):
        return {"first": first, name: body}
    then = {part: given for part, given in body.items() if part != "within"}
    return {"first": first, name: then, **({"within": body["within"]} if "within" in body else {})}


FOLLOWERS: Mapping[str, Callable[[Mapping[str, object], Mapping[str, object]], dict[str, object]]] = {
    "followed_by": lambda first, item: _sequence(first, item, "followed_by", "then"),
    "not_followed_by": lambda first, item: _sequence(first, item, "not_followed_by", "then_not"),
}
"""Items of a list that make a sequence with the item before them."""


def parse_event(given: object) -> Event:
    """`{purchase: {...}}` and its like."""
    if not isinstance(given, Mapping) or len(given) != 1:
        raise problem("one event is expected here", f"Write one of {', '.join(EVENTS)}.")
    name, body = next(iter(given.items()))
    if name not in EVENTS:
        raise problem(f"{name} is not an event that can be followed", did_you_mean(str(name), EVENTS))
    return EVENTS[str(name)].model_validate(body)


EventField = Annotated[InstanceOf[Event], BeforeValidator(parse_event)]


class Sequence(Condition):
    """`first` happened, and `then` did (or `then_not` did not) happen to the same person afterwards.

    With `within`, `then` has that long, and `then_not` asks for a window that has passed without it; else up to now.
    A product of the same basket counts as having followed, where `then_not` names products.
    """

    key: ClassVar[str] = "sequence"

    first: EventField
    then: EventField | None = None
    then_not: EventField | None = None
    within: DurationField | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Sequence:
        if (self.then is None) == (self.then_not is None):
            raise problem("a sequence has then or then_not", "Write exactly one of them.")
        for end in (self.first, self._second):
            _refuse_counts(end)
        return self

    @property
    def _second(self) -> Event:
        end = self.then or self.then_not
        if end is None:
            raise SegmentError("a sequence without its second event", remedy="Write then or then_not.")
        return end

    def sql(self, ask: Ask) -> exp.Expr:
        first = exp.alias_(exp.Subquery(this=self.first.events(ask)), "a", table=True)
        second = exp.alias_(exp.Subquery(this=self._seconds(ask)), "b", table=True)
        rows = exp.select(col(PERSON, "a")).from_(first)
        if self.then is not None:
            return member_of(rows.join(second, on=self._after()))
        missed = exp.Is(this=col(PERSON, "b"), expression=exp.null())
        return member_of(
            rows.join(second, on=self._after(), join_type="left").where(every([missed, self._passed(ask)]))
        )

    def _seconds(self, ask: Ask) -> exp.Query:
        """Every second event; a companion's beside each product that it goes with (`from_product`): Trino takes no
        subquery about both sides in the condition of an outer join."""
        events, asked = self._open_second().events(ask), getattr(self._second, "of", None)
        if not isinstance(asked, Companions) or not self._asks_companion:
            return events
        pairs = exp.alias_(exp.Subquery(this=asked.pairs()), "r", table=True)
        same = exp.EQ(this=col("product_id", "r"), expression=col("product_id", "e"))
        columns = [col(name, "e") for name in (PERSON, "happened_at", "occasion", "product_id")]
        rows = exp.select(*columns, col("from_product", "r"))
        return rows.from_(exp.alias_(exp.Subquery(this=events), "e", table=True)).join(pairs, on=same)

    def _open_second(self) -> Event:
        """The second event, at any time unless it names a period; companions are judged by the first one's product."""
        second = self._second
        if "period" in type(second).model_fields and getattr(second, "period", None) is None:
            second = second.model_copy(update={"period": Period()})
        return second.model_copy(update={"of": AnyProduct()}) if self._asks_companion else second

    @property
    def _asks_companion(self) -> bool:
        return isinstance(getattr(self._second, "of", None), Companions) and self.first.names_products

    def _after(self) -> exp.Expr:
        same_person = exp.EQ(this=col(PERSON, "b"), expression=col(PERSON, "a"))
        return every([same_person, self._later(), self._in_time(), self._companion()])

    def _later(self) -> exp.Expr:
        start, end = col("happened_at", "a"), col("happened_at", "b")
        later: exp.Expr = exp.GT(this=end, expression=start)
        if self.then_not is None or not self.then_not.names_products or type(self.then_not) is not type(self.first):
            return later
        together = exp.EQ(this=col("occasion", "b"), expression=col("occasion", "a"))
        other = exp.NullSafeNEQ(this=col("product_id", "b"), expression=col("product_id", "a"))
        return exp.paren(exp.or_(later, exp.and_(together, other)))

    def _in_time(self) -> exp.Expr | None:
        if self.within is None:
            return None
        return exp.LTE(this=col("happened_at", "b"), expression=_plus(col("happened_at", "a"), self.within))

    def _passed(self, ask: Ask) -> exp.Expr | None:
        if self.within is None:
            return None
        return exp.LTE(this=_plus(col("happened_at", "a"), self.within), expression=value(ask.moment.at))

    def _companion(self) -> exp.Expr | None:
        """The second event is about a companion of the first one's own product."""
        if not self._asks_companion:
            return None
        return exp.EQ(this=col("from_product", "b"), expression=col("product_id", "a"))


def _plus(instant: exp.Expr, length: Duration) -> exp.Expr:
    unit = exp.Var(this=length.unit.upper())
    return exp.DateAdd(this=instant, expression=value(length.count), unit=unit)


def _refuse_counts(event: Event) -> None:
    """An event of a sequence is one thing that happens; it has no counts."""
    for name in event.uncountable:
        if getattr(event, name) is not None:
            raise problem(f"{name} has no meaning inside a sequence", "Ask for it in a condition of its own.")
