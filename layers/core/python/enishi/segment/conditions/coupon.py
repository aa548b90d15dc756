"""Coupons that were given to a person. Control rows, which were deliberately not given, never count."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator
from sqlglot import exp

from enishi.segment.condition import Ask, Condition, TextList, shorthand
from enishi.segment.durations import CalendarField, DayField, PeriodField
from enishi.segment.sql import FACTS, certain, col, every, inside, member_of, one_of, persons, value


class Coupon(Condition):
    """Coupons by id or campaign: issued at all, unused and still valid, used, or expired unused."""

    key: ClassVar[str] = "coupon"

    id: TextList = ()
    campaign: TextList = ()
    state: Literal["issued", "unused", "used", "expired"] = "issued"
    issued_in: PeriodField | None = None
    expiring_within: CalendarField | None = None
    expiring_on: DayField | None = None

    _expand = model_validator(mode="before")(shorthand("id"))

    def sql(self, ask: Ask) -> exp.Expr:
        same = exp.EQ(this=col("coupon_id", "k"), expression=col("coupon_id", FACTS))
        rows = persons("coupon_issues").join(exp.alias_(exp.to_table("coupons"), "k", table=True), on=same)
        given = exp.not_(certain(col("is_control", FACTS)))
        return member_of(
            rows.where(every([given, self._issued(ask), self._which(), self._state(ask), *self._ends(ask)]))
        )

    def _issued(self, ask: Ask) -> exp.Expr:
        issued = col("issued_date", FACTS)
        if self.issued_in is not None:
            return ask.happened(self.issued_in, day=issued)
        return exp.LTE(this=issued, expression=value(ask.moment.day))

    def _which(self) -> exp.Expr:
        listed = {"coupon_id": self.id, "campaign_id": self.campaign}
        return every([one_of(col(name, "k"), given) for name, given in listed.items() if given])

    def _state(self, ask: Ask) -> exp.Expr | None:
        used = inside(col("issue_id", FACTS), _redeemed(ask))
        over = certain(exp.LT(this=col("valid_to", "k"), expression=value(ask.moment.day)))
        tests: dict[str, exp.Expr | None] = {
            "issued": None,
            "used": used,
            "unused": exp.and_(exp.not_(used), exp.not_(over)),
            "expired": exp.and_(exp.not_(used.copy()), over.copy()),
        }
        return tests[self.state]

    def _ends(self, ask: Ask) -> list[exp.Expr]:
        ends, today = col("valid_to", "k"), ask.moment.day
        tests: list[exp.Expr] = []
        if self.expiring_on is not None:
            tests.append(exp.EQ(this=ends, expression=value(self.expiring_on.at(ask.moment))))
        if self.expiring_within is not None:
            last = value(self.expiring_within.after(today))
            tests += [exp.GTE(this=ends, expression=value(today)), exp.LTE(this=ends.copy(), expression=last)]
        return tests


def _redeemed(ask: Ask) -> exp.Select:
    """Issues that were used up to the moment's day."""
    uses = exp.select(col("issue_id", "u")).from_(exp.alias_(exp.to_table("coupon_redemptions"), "u", table=True))
    known = exp.not_(exp.Is(this=col("issue_id", "u"), expression=exp.null()))
    return uses.where(every([known, exp.LTE(this=col("redeemed_date", "u"), expression=value(ask.moment.day))]))
