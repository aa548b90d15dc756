"""Small pieces of SQL tree that every condition is made of.

A condition speaks of one person: the row `c` of `customers` (see `enishi.segment.compile.population`). Facts carry the
ids under which they were delivered; `v_identity` resolves these to persons, so every set of people here is a set of
person ids without nulls, and IN and NOT IN mean what they say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

from sqlglot import exp

from enishi.lake import sql as lake_sql

PERSON = "customer_id"
POPULATION = "c"
FACTS = "t"

Value = str | int | float | Decimal | bool | date | datetime | None


def col(name: str, table: str = "") -> exp.Column:
    """A column, of the fact table `t` unless said otherwise by the caller's FROM."""
    return exp.column(name, table=table or None)


def value(item: Value) -> exp.Expr:
    """A literal; instants become the lake's UTC without zone."""
    return lake_sql.literal(item)


def every(parts: Iterable[exp.Expr | None]) -> exp.Expr:
    """All of `parts`, TRUE when there is none."""
    given = [part for part in parts if part is not None and part != exp.true()]
    return exp.and_(*given, copy=False) if given else exp.true()


def some(parts: Iterable[exp.Expr]) -> exp.Expr:
    """At least one of `parts`, FALSE when there is none."""
    given = list(parts)
    return exp.or_(*given, copy=False) if given else exp.false()


def one_of(column: exp.Expr, items: Iterable[Value]) -> exp.Expr:
    """`column` equals one of `items`."""
    literals = [value(item) for item in items]
    if len(literals) == 1:
        return exp.EQ(this=column, expression=literals[0])
    return exp.In(this=column, expressions=literals)


def certain(test: exp.Expr) -> exp.Expr:
    """`test` with unknown read as false, so that its opposite holds for the unknown."""
    return exp.Coalesce(this=exp.paren(test, copy=False), expressions=[exp.false()])


def inside(column: exp.Expr, rows: exp.Query) -> exp.In:
    """`column` is among the answers of `rows`."""
    return exp.In(this=column, query=exp.Subquery(this=rows))


def member_of(people: exp.Query) -> exp.In:
    """The person `c` is among `people`, a query of one column of person ids."""
    return inside(col(PERSON, POPULATION), people)


def persons(table: str) -> exp.Select:
    """`SELECT person id FROM table AS t`, ids resolved; rows of unknown people fall away."""
    same = exp.EQ(this=col("customer_id", "i"), expression=col("customer_id", FACTS))
    return (
        exp.select(exp.alias_(person(), PERSON))
        .from_(exp.alias_(exp.to_table(table), FACTS, table=True))
        .join(exp.alias_(exp.to_table("v_identity"), "i", table=True), on=same)
    )


def person() -> exp.Column:
    """The person id inside `persons`."""
    return col("person_id", "i")


def rows_of(name: str) -> exp.Select:
    """`SELECT customer_id FROM name AS t`, for views and relations that speak of persons already."""
    return exp.select(col(PERSON, FACTS)).from_(exp.alias_(exp.to_table(name), FACTS, table=True))


def over(relation: exp.Query) -> exp.Select:
    """`SELECT customer_id FROM (relation) AS t`."""
    return exp.select(col(PERSON, FACTS)).from_(exp.alias_(exp.Subquery(this=relation), FACTS, table=True))


def relation(name: str, **given: Value) -> exp.Query:
    """A relation of `relations/<name>.sql` with `:placeholders` filled as literals."""
    tree = _parsed(name).copy()
    for hole in list(tree.find_all(exp.Placeholder)):
        hole.replace(value(given[str(hole.this)]))
    return tree


@cache
def _parsed(name: str) -> exp.Query:
    source = files("enishi.segment") / "relations" / f"{name}.sql"
    tree = lake_sql.parse(source.read_text(encoding="utf-8"), f"segment/relations/{name}.sql")
    for node in tree.walk():
        node.comments = None
    return tree
