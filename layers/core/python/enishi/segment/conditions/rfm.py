"""Recency, frequency and money: cells of explicit bands, or the top share of customers."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from enishi.segment.bounds import Number, Share
from enishi.segment.condition import Ask, Condition, as_list
from enishi.segment.durations import Duration, PeriodField
from enishi.segment.problems import Part, problem
from enishi.segment.sql import FACTS, PERSON, col, every, member_of, rows_of, some, value

Axis = Literal["r", "f", "m"]
AXES: tuple[Axis, ...] = ("r", "f", "m")
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(\d+)")


class Bands(Part):
    """Lower bounds of the bands of each axis, rising: r in whole days, f in orders, m in money."""

    r: tuple[Number, ...] = ()
    f: tuple[Number, ...] = ()
    m: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _rising(self) -> Bands:
        for axis in AXES:
            bounds = getattr(self, axis)
            if any(low >= high for low, high in pairwise(bounds)):
                raise problem(f"the bounds of {axis} do not rise", "Write the lowest bound first, none twice.")
        if any(bound != bound.to_integral_value() for bound in (*self.r, *self.f)):
            raise problem("r counts days and f counts orders", "Write whole numbers.")
        return self


def _bands(given: Any) -> Any:
    """`2`, `[0, 1]` or `>=3` as a list of bands or a comparison."""
    return given if isinstance(given, str) else as_list(given)


BandChoice = Annotated[
    str | tuple[int, ...] | None, BeforeValidator(lambda given: None if given is None else _bands(given))
]


class BandCell(Part):
    """Which bands of each axis; an axis that is not named may be any."""

    r: BandChoice = None
    f: BandChoice = None
    m: BandChoice = None


class Top(Part):
    """The first share of buyers by one measure; people who tie at the edge all belong."""

    by: Literal["amount", "orders", "recency"]
    share: Share


class Rfm(Condition):
    """Buyers of the period (of all time when none is given) by band cell, by top share, or both."""

    key: ClassVar[str] = "rfm"

    period: PeriodField | None = Field(default=None, alias="in")
    bounds: Bands = Bands()
    cell: Annotated[tuple[BandCell, ...], BeforeValidator(as_list)] = ()
    top: Top | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Rfm:
        if not self.cell and self.top is None:
            raise problem(
                "rfm names no cell and no top", "Add cell: {r: [0], f: '>=3'} or top: {by: amount, share: 10%}."
            )
        for cell in self.cell:
            for axis in AXES:
                self.bands(cell, axis)
        return self

    def bands(self, cell: BandCell, axis: Axis) -> tuple[int, ...] | None:
        """The band numbers that a cell asks for on an axis; None = any."""
        asked, count = getattr(cell, axis), len(getattr(self.bounds, axis))
        if asked is None:
            return None
        chosen = _compared(asked, count, axis) if isinstance(asked, str) else tuple(asked)
        if not chosen or any(not 0 <= band < count for band in chosen):
            last = f"Bands of {axis} are 0 to {count - 1}." if count else f"Add bounds: {{{axis}: [...]}}."
            raise problem(f"the cell asks for a band of {axis} that does not exist", last)
        return chosen

    def sql(self, ask: Ask) -> exp.Expr:
        people = []
        if self.cell:
            cells = some([every(self._tests(cell, ask)) for cell in self.cell])
            people.append(self._measured(ask).having(cells))
        if self.top is not None:
            people.append(_first(self._measured(ask), self.top))
        return every([member_of(query) for query in people])

    def _measured(self, ask: Ask) -> exp.Select:
        """Buyers of the period, one row each, to be judged by aggregates."""
        at, day = col("purchase_at", FACTS), col("purchase_date", FACTS)
        seen = exp.LTE(this=at, expression=value(ask.moment.at))
        when = ask.happened(self.period, at=at, day=day) if self.period is not None else seen
        return rows_of("v_purchases").where(when).group_by(col(PERSON, FACTS))

    def _tests(self, cell: BandCell, ask: Ask) -> list[exp.Expr]:
        tests: list[exp.Expr] = []
        for axis in AXES:
            chosen = self.bands(cell, axis)
            if chosen is not None:
                tests.append(exp.paren(some([self._band(axis, band, ask) for band in chosen])))
        return tests

    def _band(self, axis: Axis, band: int, ask: Ask) -> exp.Expr:
        """The measure lies in [bound, next bound)."""
        bounds = getattr(self.bounds, axis)
        low, high = bounds[band], bounds[band + 1] if band + 1 < len(bounds) else None
        if axis == "r":
            return every([_days_ago(exp.LTE, low, ask), _days_ago(exp.GT, high, ask)])
        below = None if high is None else exp.LT(this=_MEASURES[axis](), expression=value(high))
        return every([exp.GTE(this=_MEASURES[axis](), expression=value(low)), below])


def _orders() -> exp.Expr:
    return exp.Count(this=exp.Star())


def _money() -> exp.Expr:
    return exp.Sum(this=col("amount", FACTS))


def _last_day() -> exp.Expr:
    return exp.Max(this=col("purchase_date", FACTS))


_MEASURES = {"f": _orders, "m": _money}
_RANKED_BY = {"amount": _money, "orders": _orders, "recency": _last_day}


def _days_ago(compare: type[exp.Binary], days: Decimal | None, ask: Ask) -> exp.Expr | None:
    """The last purchase compared with the day so many days before the moment's."""
    if days is None:
        return None
    return compare(this=_last_day(), expression=value(Duration(int(days), "day").before(ask.moment.day)))


def _compared(asked: str, count: int, axis: str) -> tuple[int, ...]:
    match = _COMPARISON.fullmatch(asked.strip())
    if match is None:
        raise problem(f"{asked!r} is no choice of bands of {axis}", "Write 2, [0, 1] or '>=3'.")
    limit = int(match[2])
    keep = {">=": limit.__le__, "<=": limit.__ge__, ">": limit.__lt__, "<": limit.__gt__}[match[1]]
    return tuple(band for band in range(count) if keep(band))


def _first(measured: exp.Select, top: Top) -> exp.Select:
    """Rank with ties as one place: everyone whose place is within the share of all, so that no tie is split."""
    measure = _RANKED_BY[top.by]()
    order = exp.Order(expressions=[exp.Ordered(this=measure, desc=True)])
    place = exp.Window(this=exp.Rank(), order=order)
    people = exp.Window(this=exp.Count(this=exp.Star()))
    ranked = measured.select(exp.alias_(place, "place"), exp.alias_(people, "people"))
    before = exp.Sub(this=col("place", "q"), expression=value(1))
    limit = exp.Mul(this=col("people", "q"), expression=value(top.share))
    rows = exp.select(col(PERSON, "q")).from_(exp.alias_(exp.Subquery(this=ranked), "q", table=True))
    return rows.where(exp.LT(this=before, expression=limit))
