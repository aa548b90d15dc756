"""Columns of the customer master, own columns included, and of the household."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import InstanceOf, model_validator
from sqlglot import exp

from enishi.lake import schema
from enishi.segment.columns import KINDS, ColumnTest, Kind, read_test
from enishi.segment.condition import Ask, Condition
from enishi.segment.problems import did_you_mean, problem
from enishi.segment.products import own_column
from enishi.segment.sql import FACTS, POPULATION, certain, col, every, inside, member_of, over, relation

OWN = "attributes."
HOUSEHOLD = "household."
AGES: Mapping[str, str] = {
    "age": "birth_date",
    "household.youngest_age": "youngest_birth_date",
    "household.oldest_age": "oldest_birth_date",
}
"""Ages in complete years, by the column of the birth date."""


def _known() -> dict[str, Kind]:
    """Every column that can be asked for, and its kind."""
    home = {HOUSEHOLD + name: kind for name, kind in _columns("households").items()}
    return {**_columns("customers"), **home, **dict.fromkeys(AGES, "age")}


def _columns(table: str) -> dict[str, Kind]:
    return {column.name: KINDS[column.type] for column in schema.table(table).columns if column.type in KINDS}


def _kind(name: str) -> Kind:
    if name.startswith(OWN) and name != OWN:
        return "own"
    known = _known()
    if name not in known:
        hint = did_you_mean(name, known)
        raise problem(f"customers have no column {name}", f"{hint} A column of your own layout is attributes.<name>.")
    return known[name]


class Attribute(Condition):
    """Tests on columns of the person's own row, all of which hold; `member_rank` is the rank held on the day."""

    key: ClassVar[str] = "attribute"

    tests: Mapping[str, InstanceOf[ColumnTest]]

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or not given:
            raise problem("attribute names no column", "Write for example attribute: {gender: female}.")
        return {"tests": {str(name): read_test(str(name), _kind(str(name)), test) for name, test in given.items()}}

    def sql(self, ask: Ask) -> exp.Expr:
        return every([_holds(name, test, ask) for name, test in self.tests.items()])


def _holds(name: str, test: ColumnTest, ask: Ask) -> exp.Expr:
    if name.startswith(HOUSEHOLD):
        return certain(_of_household(name, test, ask))
    if name == "member_rank":
        return _rank(test, ask)
    if name.startswith(OWN):
        return certain(test.on(own_column(name.removeprefix(OWN), POPULATION), ask))
    return certain(test.on(col(AGES.get(name, name), POPULATION), ask))


def _of_household(name: str, test: ColumnTest, ask: Ask) -> exp.Expr:
    column = col(AGES.get(name, name.removeprefix(HOUSEHOLD)), "h")
    homes = exp.select(col("household_id", "h")).from_(exp.alias_(exp.to_table("households"), "h", table=True))
    return inside(col("household_id", POPULATION), homes.where(test.on(column, ask)))


def _rank(test: ColumnTest, ask: Ask) -> exp.Expr:
    """The rank by its history; the master's own where there is no history for the person."""
    ranks = relation("ranks_now", day=ask.moment.day)
    held = over(ranks).where(test.on(col("rank", FACTS), ask))
    unknown = exp.not_(member_of(over(ranks)))
    current = certain(test.on(col("member_rank", POPULATION), ask))
    return exp.paren(exp.or_(member_of(held), exp.and_(unknown, current)))
