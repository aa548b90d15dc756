"""The relations that block sources are made of: those of segments, and the shelf, prices and sales of this folder.

A source's SQL names them like tables; the query that prepares a step carries each one that it needs once, as a CTE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from sqlglot import exp

from enishi.lake import sql
from enishi.segment import references
from enishi.segment import sql as segment_sql
from enishi.segment.moment import Moment

INTEREST_DAYS = 60
REACH_KM = 40.0
Relation = Callable[[Moment], exp.Query]


@dataclass(frozen=True)
class Filled:
    """A `.sql` file of this folder with its `:placeholders` filled from the moment."""

    name: str

    def __call__(self, moment: Moment) -> exp.Query:
        return fill(self.name, moment_values(moment))


def moment_values(moment: Moment) -> dict[str, object]:
    """What any SQL file here may ask for: `:at`, `:day`, `:zone`, `:first` (start of the interest window)."""
    return {
        "at": moment.at.replace(tzinfo=None),
        "day": moment.day,
        "zone": moment.zone.key,
        "first": moment.day - timedelta(days=INTEREST_DAYS),
    }


def fill(name: str, values: Mapping[str, object]) -> exp.Query:
    """The query of `sql/<name>.sql`; a sequence becomes an array, anything else one literal."""
    tree = _parsed(name).copy()
    for hole in list(tree.find_all(exp.Placeholder)):
        hole.replace(as_literal(values[str(hole.this)]))
    return tree


def as_literal(value: object) -> exp.Expr:
    """One literal, or an array of literals for a sequence."""
    if isinstance(value, tuple | list):
        return sql.array(value)
    return sql.literal(value)  # type: ignore[arg-type]  # anything that is no plain value is refused there


@cache
def _parsed(name: str) -> exp.Query:
    text = (files("enishi.offer") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return sql.parse(text, f"offer/sql/{name}.sql")


def _near_stores(moment: Moment) -> exp.Query:
    """Of the cohort only: a distance for every member and store is what makes this dear."""
    near = segment_sql.relation("near_stores", km=REACH_KM, day=moment.day)
    [everybody] = [table for table in sql.tables_of(near) if table.name == "v_people"]
    everybody.replace(exp.alias_(exp.Subquery(this=_homes_of_the_cohort()), everybody.alias, table=True))
    return near


def _homes_of_the_cohort() -> exp.Query:
    """DISTINCT keeps an optimiser from joining everybody with the stores first."""
    return sql.parse(
        "SELECT DISTINCT c.customer_id, c.latitude, c.longitude"
        " FROM cohort AS h JOIN v_people AS c ON c.customer_id = h.customer_id",
        "offer.relations",
    )


def _stock_now(moment: Moment) -> exp.Query:
    return segment_sql.relation("stock_now", day=moment.day)


def _companions(_: Moment) -> exp.Query:
    return segment_sql.relation("companions")


RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        "cart_products": references.cart_products,
        "favourite_products": references.favourite_products,
        "viewed_products": references.viewed_products,
        "purchased_products": references.purchased_products,
        "near_stores": _near_stores,
        "stock_now": _stock_now,
        "companions": _companions,
        "price_now": Filled("price_now"),
        "stock_total": Filled("stock_total"),
        "shelf": Filled("shelf"),
        "interest": Filled("interest"),
    }
)
"""Name in SQL → its query at a moment. They may name each other; `cohort` is given by the step's query."""


def needed(queries: list[exp.Query], moment: Moment) -> dict[str, exp.Query]:
    """Every relation that `queries` name, directly or through another, in an order in which each can be defined."""
    found: dict[str, exp.Query] = {}
    for query in queries:
        _collect(query, moment, found)
    return found


def _collect(query: exp.Query, moment: Moment, found: dict[str, exp.Query]) -> None:
    for table in sql.tables_of(query):
        if table.db or table.name not in RELATIONS or table.name in found:
            continue
        relation = RELATIONS[table.name](moment)
        _collect(relation, moment, found)
        found[table.name] = relation
