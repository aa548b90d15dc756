"""Points: the balance, and what of it expires (lots, first-expiring first: rule FIFO)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator
from sqlglot import exp

from enishi.segment.bounds import Bounds
from enishi.segment.condition import Ask, Condition, counted
from enishi.segment.durations import CalendarField, DayField
from enishi.segment.problems import problem
from enishi.segment.sql import FACTS, certain, col, every, rows_of, value


class Points(Condition, Bounds):
    """Points that can still be used at the moment, or those of them that expire within, or on, a time to come.

    Without limits, at least one point is meant.
    """

    key: ClassVar[str] = "points"

    expiring_within: CalendarField | None = None
    expiring_on: DayField | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Points:
        if self.expiring_within is not None and self.expiring_on is not None:
            raise problem("expiring_within and expiring_on stand together", "Keep one of them.")
        return self

    def sql(self, ask: Ask) -> exp.Expr:
        rows = rows_of("v_point_lots").where(every([*self._expiry(ask), self._left()]))
        return counted(rows, [(exp.Sum(this=col("remaining", FACTS)), self)])

    def _left(self) -> exp.Expr:
        return exp.GT(this=col("remaining", FACTS), expression=value(0))

    def _expiry(self, ask: Ask) -> list[exp.Expr]:
        expires, today = col("expires_date", FACTS), value(ask.moment.day)
        if self.expiring_on is not None:
            return [exp.EQ(this=expires, expression=value(self.expiring_on.at(ask.moment)))]
        if self.expiring_within is None:
            return [exp.not_(certain(exp.LT(this=expires, expression=today)))]
        last = value(self.expiring_within.after(ask.moment.day))
        return [exp.GTE(this=expires, expression=today), exp.LTE(this=expires.copy(), expression=last)]
