"""What a condition is, and what it is told when it is asked for its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from sqlglot import exp

from enishi.clock import business_day, start_of_day
from enishi.errors import SegmentError
from enishi.segment.bounds import Bounds
from enishi.segment.durations import Period, Window, instants
from enishi.segment.moment import Moment
from enishi.segment.problems import Part
from enishi.segment.sql import every, member_of, value


class SegmentSource(Protocol):
    """Where `segment: <id>` finds its people: a condition, or the members of a saved set."""

    def people(self, segment_id: str, ask: Ask) -> exp.Expr:
        """The predicate over `c` of another segment."""
        ...


@dataclass(frozen=True)
class Ask:
    """One question to a condition: at which moment, where it stands in the tree, which segments are being opened."""

    moment: Moment
    library: SegmentSource
    place: str = ""
    opened: tuple[str, ...] = field(default=())

    def at(self, place: str) -> Ask:
        """The same question for a condition at another place of the tree."""
        return replace(self, place=place)

    def happened(self, period: Period | None, *, at: exp.Expr | None = None, day: exp.Expr | None = None) -> exp.Expr:
        """That a fact at the instant `at` on the business day `day` (one may lack) lies in the period, up to now.

        Raises:
            SegmentError: no period was written and the moment has no window to take instead.
        """
        tests = self._within(period, at, day)
        if at is not None:
            return every([*tests, exp.LTE(this=at.copy(), expression=value(self.moment.at))])
        return every([*tests, exp.LTE(this=day, expression=value(self.moment.day))])

    def opening(self, period: Period | None) -> datetime:
        """The instant at which the period opens, for what is looked up as changes after an instant.

        Raises:
            SegmentError: there is no period, or it has no beginning.
        """
        if period is None and self.moment.since is not None:
            return self.moment.since
        window = period.window(self.moment) if period is not None else Window()
        if window.after is not None:
            return window.after
        if window.first is None:
            raise SegmentError("the period has no beginning", where=self.place, remedy="Add in: 1 day, or a from.")
        return start_of_day(window.first, self.moment.zone) - timedelta(microseconds=1)

    def _within(self, period: Period | None, at: exp.Expr | None, day: exp.Expr | None) -> list[exp.Expr]:
        if period is None:
            return [self._since(at, day)]
        window = period.window(self.moment)
        if day is not None and window.after is None:
            return _days(day, window.first, window.last)
        if at is None:
            raise SegmentError(
                "only the day of this is known, not the hour",
                where=self.place,
                remedy="Use a period of days or longer.",
            )
        if window.after is not None:
            return [exp.GT(this=at.copy(), expression=value(window.after)), *self._pruned(day, window)]
        return _instants(at, window, self.moment)

    def _pruned(self, day: exp.Expr | None, window: Window) -> list[exp.Expr]:
        """The days of an hour window as well, so that only their partitions are read."""
        if day is None or window.after is None:
            return []
        return _days(day, business_day(window.after, self.moment.zone), None)

    def _since(self, at: exp.Expr | None, day: exp.Expr | None) -> exp.Expr:
        since = self.moment.since
        if since is None:
            raise SegmentError(
                "no period is given", where=self.place, remedy="Add in: 30 days (or another period), or ever: true."
            )
        first = business_day(since, self.moment.zone)
        tests = _days(day, first, None) if day is not None else []
        if at is not None:
            tests.append(exp.GT(this=at.copy(), expression=value(since)))
        return every(tests)


def _days(day: exp.Expr, first: date | None, last: date | None) -> list[exp.Expr]:
    tests: list[exp.Expr] = []
    if first is not None:
        tests.append(exp.GTE(this=day.copy(), expression=value(first)))
    if last is not None:
        tests.append(exp.LTE(this=day.copy(), expression=value(last)))
    return tests


def _instants(at: exp.Expr, window: Window, moment: Moment) -> list[exp.Expr]:
    start, end = instants(window, moment)
    tests: list[exp.Expr] = []
    if start is not None:
        tests.append(exp.GTE(this=at.copy(), expression=value(start)))
    if end is not None:
        tests.append(exp.LT(this=at.copy(), expression=value(end)))
    return tests


class Condition(Part):
    """One kind of condition. A subclass declares its fields, its `key` in the language, and `sql`."""

    key: ClassVar[str]

    def sql(self, ask: Ask) -> exp.Expr:
        """A boolean over `c` that is never null.

        Raises:
            SegmentError: the condition cannot be asked at this moment.
        """
        raise NotImplementedError


class Event(Condition):
    """A condition on things that happen to a person at an instant, which can therefore stand in a sequence."""

    uncountable: ClassVar[tuple[str, ...]] = ()
    """Fields that count or exclude, and so have no meaning for one event of a sequence."""

    def events(self, ask: Ask) -> exp.Select:
        """Every such thing: (customer_id, at, occasion, product_id), one row each."""
        raise NotImplementedError

    @property
    def names_products(self) -> bool:
        """Whether the event is about certain products, so that one basket can hold both ends of a sequence."""
        return False


class Counted(Condition):
    """A condition that counts what it finds: at_least, at_most, exactly."""

    at_least: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)
    exactly: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _possible_count(self) -> Self:
        _ = self.count
        return self

    @property
    def count(self) -> Bounds:
        """The limits on the count."""
        return Bounds(at_least=self.at_least, at_most=self.at_most, exactly=self.exactly)


def counted(rows: exp.Select, measures: Sequence[tuple[exp.Expr, Bounds]]) -> exp.Expr:
    """The person's `rows`, measured by aggregates, are within the limits.

    Someone without any row measures zero everywhere: limits that all admit zero are asked as "not beyond them".
    """
    tests = [test for number, bounds in measures if (test := bounds.holds(number)) is not None]
    if not tests:
        return member_of(rows.distinct())
    grouped = rows.group_by(rows.selects[0].unalias())
    if all(bounds.admit_zero for _, bounds in measures):
        return exp.not_(member_of(grouped.having(exp.not_(every(tests)))))
    return member_of(grouped.having(every(tests)))


def as_list(given: Any) -> Any:
    """One value where a list may stand."""
    return given if isinstance(given, list | tuple) else [given]


def shorthand(name: str) -> Any:
    """A before-validator: a bare value stands for `{name: value}`."""

    def expand(given: Any) -> Any:
        return given if isinstance(given, Mapping | BaseModel) else {name: given}

    return expand


Text = Annotated[str, BeforeValidator(lambda given: str(given) if type(given) is int else given)]
"""An id or a code; YAML reads 1234 as a number, a planner means the text."""
TextList = Annotated[tuple[Text, ...], BeforeValidator(as_list)]
