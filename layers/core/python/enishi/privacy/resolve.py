"""From one customer id to everything that is theirs: all records merged into one person, then the ids that hang on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlglot import exp

from enishi.identity.normalise import one
from enishi.ingest.tombstones import contact_hash
from enishi.lake import sql
from enishi.lake.schema import Id, Table, table
from enishi.ports import Warehouse
from enishi.privacy.person import NAMELESS, Person, names_of
from enishi.privacy.places import conditions, givers, personal, rows_of

SHAREABLE: frozenset[Id] = frozenset({"household", "identity", "guest", "visitor"})
"""Ids that a family or a device shares: they are the person's only when no other customer has them."""
_MOST_ROUNDS = 5


def resolve(warehouse: Warehouse, customer_id: str) -> Person:
    """The person behind a customer id, merged or surviving. An id that no table knows gives a person of that id."""
    root, records = _records(warehouse, customer_id)
    known: dict[Id, set[str]] = defaultdict(set)
    known["customer"] = records
    for _ in range(_MOST_ROUNDS):
        found = _further(warehouse, _person(root, known))
        if all(values <= known[kind] for kind, values in found.items()):
            break
        for kind, values in found.items():
            known[kind] |= values
    contacts = _contacts(warehouse, _person(root, known))
    hashes = (contact_hash(row["channel"], row["address"], one) for row in contacts)
    known["identity"] |= {found for found in hashes if found}
    person = _person(root, known)
    return _own(warehouse, person, contacts)


def _person(root: str, known: dict[Id, set[str]]) -> Person:
    return Person(root, {kind: frozenset(values) for kind, values in known.items()})


def _records(warehouse: Warehouse, customer_id: str) -> tuple[str, set[str]]:
    asked = exp.EQ(this=sql.column("i", "customer_id"), expression=sql.literal(customer_id))
    query = exp.select(sql.column("i", "person_id")).from_(sql.table_ref("v_identity", "i")).where(asked)
    [root, *_] = [*_texts(warehouse, query), customer_id]
    same = exp.EQ(this=sql.column("i", "person_id"), expression=sql.literal(root))
    query = exp.select(sql.column("i", "customer_id")).from_(sql.table_ref("v_identity", "i")).where(same)
    return root, {customer_id, root, *_texts(warehouse, query)}


def _texts(warehouse: Warehouse, query: exp.Query) -> list[str]:
    """The answer's first column without its nulls."""
    return [str(value) for value in warehouse.query(query).column(0).to_pylist() if value is not None]


def _further(warehouse: Warehouse, person: Person) -> dict[Id, set[str]]:
    found: dict[Id, set[str]] = defaultdict(set)
    for giver, name, kind in givers():
        for condition in conditions(giver, person):
            found[kind] |= set(_texts(warehouse, rows_of(giver, condition, [name]).distinct()))
    return {kind: values - _of_others(warehouse, kind, person, values) for kind, values in found.items()}


def _of_others(warehouse: Warehouse, kind: Id, person: Person, values: Iterable[str]) -> set[str]:
    """Those of the ids that another customer has too."""
    asked = frozenset(values)
    if kind not in SHAREABLE or not asked:
        return set()
    shared: set[str] = set()
    for giver, name, given in givers():
        if given == kind:
            shared |= _held_by_others(warehouse, giver, name, person, Person("", {kind: asked}))
    return shared


def _held_by_others(warehouse: Warehouse, giver: Table, name: str, person: Person, asked: Person) -> set[str]:
    owners = [column for column, kind in giver.people.by.items() if kind == "customer"]
    found: set[str] = set()
    for values in asked.known.values():
        among = exp.In(this=sql.column("", name), expressions=sql.literals(sorted(values)))
        owner = sql.column("", owners[0])
        mine = exp.In(this=owner.copy(), expressions=sql.literals(sorted(person.of("customer"))))
        query = rows_of(giver, exp.and_(among, owner.is_(exp.null()).not_(), exp.not_(mine)), [name]).distinct()
        found |= set(_texts(warehouse, query))
    return found


def _contacts(warehouse: Warehouse, person: Person) -> list[dict[str, Any]]:
    contacts = table("customer_contacts")
    wanted = ("channel", "address", "display_name")
    asked = [rows_of(contacts, condition, wanted) for condition in conditions(contacts, person)]
    return [row for query in asked for row in warehouse.query(query).to_pylist()]


def _own(warehouse: Warehouse, person: Person, contacts: list[dict[str, Any]]) -> Person:
    """Only what nobody else has: a family's phone or an address of two members recognises neither."""
    shared = _of_others(warehouse, "identity", person, person.of("identity"))
    words = {row["address"] for row in contacts} | set(names_of(contacts))
    own = words - _words_of_others(warehouse, person, words)
    known = {**person.known, "identity": person.of("identity") - shared}
    return Person(person.root, known, frozenset(own | set(_declared_words(warehouse, person))))


def _declared_words(warehouse: Warehouse, person: Person) -> Iterator[str]:
    """Clear values out of the tables that declare them, unless another record says the same."""
    for declared in personal():
        for name in declared.people.words:
            for condition in conditions(declared, person):
                asked = _texts(warehouse, rows_of(declared, condition, [name]).distinct())
                said = {value for value in asked if len(value) >= NAMELESS}
                yield from said - _said_by_others(warehouse, declared, name, person, said)


def _said_by_others(warehouse: Warehouse, declared: Table, name: str, person: Person, said: set[str]) -> set[str]:
    if not said:
        return set()
    owner = next(column for column, kind in declared.people.by.items() if kind == "customer")
    among = exp.In(this=sql.column("", name), expressions=sql.literals(sorted(said)))
    mine = exp.In(this=sql.column("", owner), expressions=sql.literals(sorted(person.of("customer"))))
    return set(_texts(warehouse, rows_of(declared, exp.and_(among, exp.not_(mine)), [name])))


def _words_of_others(warehouse: Warehouse, person: Person, words: set[str]) -> set[str]:
    contacts = table("customer_contacts")
    mine = exp.In(this=sql.column("", "customer_id"), expressions=sql.literals(sorted(person.of("customer"))))
    found: set[str] = set()
    for name in ("address", "display_name") if words else ():
        among = exp.In(this=sql.column("", name), expressions=sql.literals(sorted(words)))
        found |= set(_texts(warehouse, rows_of(contacts, exp.and_(among, exp.not_(mine)), [name])))
    return found
