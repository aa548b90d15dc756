"""Everything held about a person, from every place that says it holds people."""

from __future__ import annotations

from typing import Any

from enishi.clock import to_text
from enishi.errors import LakeError
from enishi.lake.schema import Table
from enishi.ports import Warehouse
from enishi.privacy.person import Person
from enishi.privacy.places import conditions, personal, rows_of
from enishi.privacy.ports import Tools
from enishi.privacy.resolve import resolve


def held(tools: Tools, customer_id: str) -> dict[str, Any]:
    """`{"customer_id", "records", "made_at", "places": [{place, ja, why, meanings, rows}], "messages"}`; personal data.

    Raises:
        LakeError: nothing is held about this customer.
    """
    warehouse = tools.services.warehouse
    person = resolve(warehouse, customer_id)
    found = [_place(warehouse, declared, person) for declared in personal()]
    places = [place for place in (*found, *_records(tools, person)) if place["rows"]]
    if not places:
        raise LakeError("nothing is held about this customer", remedy="Check the id.")
    return {
        "customer_id": person.root,
        "records": sorted(person.of("customer")),
        "made_at": to_text(tools.services.clock.now()),
        "places": places,
        "messages": tools.files.messages(sorted(person.of("message"))),
    }


def _place(warehouse: Warehouse, declared: Table, person: Person) -> dict[str, Any]:
    answers = [warehouse.query(rows_of(declared, condition)) for condition in conditions(declared, person)]
    rows = {tuple(row[name] for name in declared.key): row for answer in answers for row in answer.to_pylist()}
    meanings = {column.name: column.meaning for column in declared.columns}
    return {
        "place": declared.qualified,
        "ja": declared.people.ja,
        "why": declared.why,
        "meanings": meanings,
        "rows": list(rows.values()),
    }


def _records(tools: Tools, person: Person) -> list[dict[str, Any]]:
    return [
        {"place": records.name, "ja": records.ja, "why": "", "meanings": {}, "rows": records.held(person)}
        for records in tools.records
    ]
