"""From a condition tree to SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlglot import exp

from enishi.lake.facts import Facts
from enishi.lake.sql import expand_views, tables_of
from enishi.segment.as_of import as_of
from enishi.segment.condition import Ask
from enishi.segment.library import EMPTY, Library
from enishi.segment.model import Segment, condition
from enishi.segment.moment import Moment
from enishi.segment.sql import PERSON, POPULATION, certain, col, every, value
from enishi.segment.tree import Node

Written = Segment | Node | Mapping[str, Any] | list[Any]
"""A segment, a tree, or a condition as written (a list means any of them)."""


def predicate(written: Written, moment: Moment, library: Library = EMPTY) -> exp.Expression:
    """The condition as a boolean, never null, over a row `c` of `v_people` that stands for a person.

    Nothing later than the moment counts. Use `as_of` on the finished query for past days, so that views forget later
    returns and postings as well.

    Raises:
        SegmentError: the condition is wrong, cannot be asked at this moment, or segments name each other in a circle.
    """
    opened = (written.id,) if isinstance(written, Segment) and written.id else ()
    return exp.paren(_tree(written).sql(Ask(moment, library, opened=opened)), copy=False)


def population() -> exp.Select:
    """`SELECT c.customer_id FROM v_people AS c`: the query whose rows `c` a predicate is over.

    Rows of merged ids must be left out by `eligible`; `c.customer_id` is then the person's id. Another query may join
    `v_people AS c` itself, on the person's id.
    """
    return exp.select(col(PERSON, POPULATION)).from_(exp.alias_(exp.to_table("v_people"), POPULATION, table=True))


def eligible(moment: Moment, *, employees: bool = False) -> exp.Expr:
    """Whom a segment may hold: surviving persons who had joined and not left by the day; staff only if asked for,
    and nobody who is only a guest's key or a cookie (rule GUEST)."""
    status, left = col("status", POPULATION), col("withdrawn_date", POPULATION)
    later = exp.and_(
        exp.EQ(this=status.copy(), expression=value("withdrawn")), exp.GT(this=left, expression=value(moment.day))
    )
    present = exp.EQ(this=exp.Coalesce(this=status, expressions=[value("active")]), expression=value("active"))
    active = certain(exp.or_(present, later))
    joined = exp.LTE(this=col("registered_date", POPULATION), expression=value(moment.day))
    known = exp.Coalesce(this=exp.paren(joined), expressions=[exp.true()])
    staff = None if employees else exp.not_(certain(col("is_employee", POPULATION)))
    return every([active, known, staff, exp.not_(certain(col("is_virtual", POPULATION)))])


def members(
    written: Written,
    moment: Moment,
    library: Library = EMPTY,
    *,
    employees: bool = False,
    rollup: Facts | None = None,
) -> exp.Select:
    """`SELECT customer_id` of the persons in a segment at a moment, each once, as the lake stood then.

    `rollup` is read in the place of the lines where it is enough (`enishi.lake.facts.present`)."""
    people = population().where(every([eligible(moment, employees=employees), predicate(written, moment, library)]))
    return as_of(people, moment, rollup=rollup)


def tables(written: Written, library: Library = EMPTY) -> set[str]:
    """The lake tables that a condition reads, through views as well, apart from `customers` itself."""
    asked = expand_views(population().where(predicate(written, _ANY_MOMENT, library)))
    return {table.name for table in tables_of(asked)} - {"customers", "person_attributes", "virtual_keys"}


_ANY_MOMENT = Moment(datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2), datetime(2026, 1, 1, tzinfo=UTC))


def _tree(written: Written) -> Node:
    if isinstance(written, Segment):
        return written.tree
    return condition(written) if isinstance(written, Mapping | list) else written
