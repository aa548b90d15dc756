"""What a person holds: warranties and subscriptions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator
from sqlglot import exp

from enishi.segment.bounds import BoundsField
from enishi.segment.condition import Ask, Condition, TextList, as_list
from enishi.segment.durations import CalendarField, Day, DayField, Duration, PeriodField
from enishi.segment.products import Of, ProductRow
from enishi.segment.sql import FACTS, certain, col, every, member_of, one_of, person, persons, some, value


def _upcoming(column: str, within: Duration | None, on: Day | None, ask: Ask) -> list[exp.Expr]:
    """A date that lies from today up to so far ahead, or on one day."""
    date = col(column, FACTS)
    tests: list[exp.Expr] = []
    if on is not None:
        tests.append(exp.EQ(this=date, expression=value(on.at(ask.moment))))
    if within is not None:
        last = value(within.after(ask.moment.day))
        tests += [exp.GTE(this=date, expression=value(ask.moment.day)), exp.LTE(this=date.copy(), expression=last)]
    return tests


def _of(products: Of | None, ask: Ask) -> exp.Expr | None:
    if products is None:
        return None
    return products.holds(ProductRow(product=col("product_id", FACTS), person=person()), ask)


class Warranty(Condition):
    """A paid warranty that runs, has ended, or was cancelled, on the moment's day."""

    key: ClassVar[str] = "warranty"

    of: Of | None = None
    plan: TextList = ()
    state: Literal["active", "ended", "cancelled"] = "active"
    started_in: PeriodField | None = None
    ending_within: CalendarField | None = None
    ending_on: DayField | None = None

    def sql(self, ask: Ask) -> exp.Expr:
        begun = exp.LTE(this=col("start_date", FACTS), expression=value(ask.moment.day))
        started = ask.happened(self.started_in, day=col("start_date", FACTS)) if self.started_in is not None else None
        named = one_of(col("plan", FACTS), self.plan) if self.plan else None
        ends = _upcoming("end_date", self.ending_within, self.ending_on, ask)
        tests = [begun, started, named, self._state(ask), _of(self.of, ask), *ends]
        return member_of(persons("warranties").where(every(tests)))

    def _state(self, ask: Ask) -> exp.Expr:
        today = value(ask.moment.day)
        cancelled = certain(exp.LTE(this=col("cancelled_date", FACTS), expression=today))
        ended = certain(exp.LT(this=col("end_date", FACTS), expression=today.copy()))
        if self.state == "cancelled":
            return cancelled
        return every([exp.not_(cancelled), ended if self.state == "ended" else exp.not_(ended)])


ContractState = Literal["active", "paused", "cancelled", "completed"]


class Subscription(Condition):
    """A subscription contract by its state on the moment's day, its deliveries so far and the next one.

    A contract that was cancelled later counts as active; pauses and completions are known as they are now.
    """

    key: ClassVar[str] = "subscription"

    of: Of | None = None
    state: Annotated[tuple[ContractState, ...], BeforeValidator(as_list)] = ("active",)
    deliveries: BoundsField | None = None
    next_within: CalendarField | None = None
    next_on: DayField | None = None
    started_in: PeriodField | None = None
    cancelled_in: PeriodField | None = None
    reason: TextList = ()

    def sql(self, ask: Ask) -> exp.Expr:
        begun = exp.LTE(this=col("started_date", FACTS), expression=value(ask.moment.day))
        named = one_of(col("cancel_reason", FACTS), self.reason) if self.reason else None
        tests = [begun, self._state(ask), self._deliveries(), named, _of(self.of, ask), *self._times(ask)]
        return member_of(persons("subscriptions").where(every(tests)))

    def _state(self, ask: Ask) -> exp.Expr:
        """One of the states asked for; a period of cancellation asks for cancelled contracts."""
        cancelled = certain(exp.LTE(this=col("cancelled_date", FACTS), expression=value(ask.moment.day)))
        if self.cancelled_in is not None:
            return cancelled
        now = [name for name in self.state if name != "cancelled"]
        later = ["cancelled"] if "active" in now else []
        running = exp.and_(exp.not_(cancelled), one_of(col("status", FACTS), [*now, *later])) if now else None
        gone = cancelled.copy() if "cancelled" in self.state else None
        return exp.paren(some([test for test in (running, gone) if test is not None]))

    def _deliveries(self) -> exp.Expr | None:
        return self.deliveries.holds(col("delivered_count", FACTS)) if self.deliveries is not None else None

    def _times(self, ask: Ask) -> list[exp.Expr]:
        tests = _upcoming("next_order_date", self.next_within, self.next_on, ask)
        if self.started_in is not None:
            tests.append(ask.happened(self.started_in, day=col("started_date", FACTS)))
        if self.cancelled_in is not None:
            tests.append(ask.happened(self.cancelled_in, day=col("cancelled_date", FACTS)))
        return tests
