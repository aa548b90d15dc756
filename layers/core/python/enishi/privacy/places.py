"""Where a person stands in the tables, said by the tables' own declarations (`person:` in lake/tables)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from enishi.lake import sql
from enishi.lake.schema import Id, Table, tables
from enishi.privacy.person import Person

MOST_IDS = 1_000
"""Ids that one statement names: Athena takes 262,144 bytes of text."""
PERSONAL_NAMES = (
    "customer", "visitor", "guest", "person", "survivor", "absorbed", "household", "member_id", "member_no", "owner",
    "address", "mail", "phone", "display_name", "name_hash", "id_value", "merged_into", "raw", "low_id", "high_id",
    "device_token", "line_uid", "session_id",
)  # fmt: skip
"""Parts of column names that speak of a person: a table that has one says `person:` or is in `NOBODYS`."""
NOBODYS: Mapping[str, str] = {
    "store_traffic": "counts visitors",
    "stores": "an address of a shop",
    "tombstones": "keyed hashes alone",
}


def personal() -> list[Table]:
    """Tables of the warehouse with rows of people, work tables left out."""
    return [table for table in tables().values() if table.person and table.database != "work"]


def undeclared(declared: Mapping[str, Table]) -> dict[str, list[str]]:
    """Table → columns that look personal, for tables that do not say what an erasure does to them."""
    found = {
        name: [column.name for column in table.columns if any(part in column.name for part in PERSONAL_NAMES)]
        for name, table in declared.items()
        if table.person is None and name not in NOBODYS
    }
    return {name: columns for name, columns in found.items() if columns}


def conditions(table: Table, person: Person, alias: str = "") -> Iterator[exp.Expr]:
    """Conditions that together find the person's rows, each over at most `MOST_IDS` ids of one kind.

    A column of another kind counts only where the row names no customer: a shared device's rows are their owner's.
    """
    by = table.people.by
    owners = [name for name, kind in by.items() if kind == "customer"]
    unowned = [sql.column(alias, name).is_(exp.null()) for name in owners]
    for few in _slices(sorted(person.of("customer"))) if owners else ():
        yield exp.or_(*(_among(alias, name, few) for name in owners))
    for name, kind in by.items():
        for few in _slices(sorted(person.of(kind))) if kind != "customer" else ():
            yield exp.and_(_among(alias, name, few), *unowned)


def _among(alias: str, name: str, values: Sequence[str]) -> exp.Expr:
    return exp.In(this=sql.column(alias, name), expressions=sql.literals(values))


def telling(table: Table, condition: exp.Expr) -> exp.Expr:
    """Rows of the condition that say something of the person: of a table that is anonymised, those not yet cleared."""
    if table.people.erase != "anonymise":
        return condition
    said = [sql.column("", name).is_(exp.null()).not_() for name in table.people.clear]
    return exp.and_(condition, exp.or_(*said))


def _slices(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), MOST_IDS):
        yield values[start : start + MOST_IDS]


def rows_of(table: Table, condition: exp.Expr, columns: Sequence[str] = ()) -> exp.Select:
    """`SELECT columns FROM table WHERE condition`; all columns by default."""
    return exp.select(*(sql.column("", name) for name in columns or table.names)).from_(
        sql.table_ref(table.qualified)
    ).where(condition)  # fmt: skip


def count_of(table: Table, condition: exp.Expr) -> exp.Select:
    """How many rows meet the condition, as `found`."""
    counted = exp.alias_(exp.Count(this=exp.Star()), "found")
    return exp.select(counted).from_(sql.table_ref(table.qualified)).where(condition)


def cleared(table: Table, condition: exp.Expr) -> exp.Select:
    """The rows' keys with typed nulls for what names the person: the source of an upsert."""
    keys = [sql.column("", name) for name in table.key]
    nulls = [exp.alias_(_typed_null(name), name) for name in table.people.clear]
    return exp.select(*keys, *nulls).from_(sql.table_ref(table.qualified)).where(condition)


def _typed_null(name: str) -> exp.Expr:
    """A null of the column's own type, whichever that is."""
    return exp.Case().when(exp.false(), sql.column("", name))


def givers() -> list[tuple[Table, str, Id]]:
    """(table, column, kind): where further ids of a person are found in their rows."""
    return [(table, name, kind) for table in personal() for name, kind in table.people.gives.items()]
