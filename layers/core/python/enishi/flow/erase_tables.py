"""A person's rows in the lake's tables: counted, and erased as each table declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi import ids
from enishi.identity.normalise import one
from enishi.ingest.tombstones import Tombstones
from enishi.lake import sql
from enishi.lake.schema import Id, Table
from enishi.ports import Warehouse
from enishi.privacy.person import Person, without_ids
from enishi.privacy.places import cleared, conditions, count_of, personal, telling
from enishi.privacy.report import Place

_ENCODINGS = ("utf-8", "cp932", "euc_jp")


def counted(warehouse: Warehouse, person: Person) -> Iterator[Place]:
    """Every personal table with the number of the person's rows."""
    for declared in personal():
        yield Place(declared.qualified, declared.people.ja, declared.people.erase, _count(warehouse, declared, person))


def _count(warehouse: Warehouse, declared: Table, person: Person) -> int:
    if declared.name in _EDITS:
        return len(_EDITS[declared.name][0](warehouse, declared, person))
    asked = [count_of(declared, telling(declared, condition)) for condition in conditions(declared, person)]
    return sum(warehouse.query(query).column(0)[0].as_py() for query in asked)


def erase(warehouse: Warehouse, declared: Table, person: Person) -> None:
    """Do to the person's rows what the table declares; a repeat finds none."""
    _ERASERS[declared.people.erase](warehouse, declared, person)


def _delete(warehouse: Warehouse, declared: Table, person: Person) -> None:
    for condition in conditions(declared, person):
        warehouse.delete(declared.qualified, condition)


def _anonymise(warehouse: Warehouse, declared: Table, person: Person) -> None:
    for condition in conditions(declared, person):
        rows = warehouse.query(cleared(declared, telling(declared, condition)))
        if rows.num_rows:
            warehouse.upsert(declared.qualified, rows)


def _edit(warehouse: Warehouse, declared: Table, person: Person) -> None:
    find, change = _EDITS[declared.name]
    if rows := find(warehouse, declared, person):
        change(warehouse, declared, rows, person)


_ERASERS: Mapping[str, Callable[[Warehouse, Table, Person], None]] = {
    "delete": _delete,
    "anonymise": _anonymise,
    "edit": _edit,
}
Rows = list[dict[str, Any]]


def _definitions(warehouse: Warehouse, declared: Table, person: Person) -> Rows:
    """Saved segments that list one of the person's ids."""
    text = sql.column("", "definition")
    named = [
        exp.GT(this=exp.StrPosition(this=text.copy(), substr=sql.literal(customer)), expression=sql.literal(0))
        for customer in sorted(person.of("customer"))
    ]
    query = exp.select("segment_id", "definition").from_(sql.table_ref(declared.qualified)).where(exp.or_(*named))
    return warehouse.query(query).to_pylist()


def _without_ids(warehouse: Warehouse, declared: Table, rows: Rows, person: Person) -> None:
    gone = person.of("customer")
    edited = [{**row, "definition": without_ids(row["definition"], gone)} for row in rows]
    warehouse.upsert(declared.qualified, pa.Table.from_pylist(edited))


def _raw_rows(warehouse: Warehouse, declared: Table, person: Person) -> Rows:
    """Quarantined rows that hold one of the person's values in clear."""
    query = exp.select(*declared.key, "raw").from_(sql.table_ref(declared.qualified))
    known = recogniser(person)
    rows = warehouse.query(query.where(sql.column("", "raw").is_(exp.null()).not_())).to_pylist()
    return [row for row in rows if _names(row["raw"], person, known)]


def _names(raw: bytes, person: Person, known: Tombstones) -> bool:
    texts = {raw.decode(encoding, errors="ignore") for encoding in _ENCODINGS}
    return any(known.names(raw, encoding, "") for encoding in _ENCODINGS) or any(
        word in text for word in person.words for text in texts
    )


def _delete_raw(warehouse: Warehouse, declared: Table, rows: Rows, _person: Person) -> None:
    for row in rows:
        mine = [exp.EQ(this=sql.column("", name), expression=sql.literal(row[name])) for name in declared.key]
        warehouse.delete(declared.qualified, exp.and_(*mine))


Edit = tuple[Callable[[Warehouse, Table, Person], Rows], Callable[[Warehouse, Table, Rows, Person], None]]
_EDITS: Mapping[str, Edit] = {
    "segments": (_definitions, _without_ids),
    "quarantine": (_raw_rows, _delete_raw),
}
"""Tables whose rows name people inside a text: how they are found, and what becomes of them."""


def recogniser(person: Person) -> Tombstones:
    """Recognises one person's ids and identities, in rows and in clear values."""
    kinds: tuple[Id, ...] = ("customer", "identity", "guest", "visitor")
    known = frozenset(ids.stable_id("P", kind, value) for kind in kinds for value in person.of(kind))
    return Tombstones(known, lambda kind, value: ids.stable_id("P", kind, value), one)
