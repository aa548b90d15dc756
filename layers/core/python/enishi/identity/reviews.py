"""What people decide about records: the same person, or not. Remembered in `identity_verdicts`, above every rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.errors import LakeError
from enishi.identity.trees import tree
from enishi.ids import stable_id
from enishi.lake.sql import column, literal
from enishi.ports import Warehouse

SAME, DIFFERENT = "same", "different"
_LOOK = "`enishi identity show CUSTOMER` lists the records of a person."


@dataclass(frozen=True)
class Split:
    """A record that stands for itself again."""

    survivor_id: str
    restored_id: str


def open_reviews(warehouse: Warehouse, limit: int = 50) -> list[dict[str, Any]]:
    """Pairs that wait for a decision, likeliest first: low_id, high_id, score, evidence."""
    found = tree("queries/open_reviews").subquery("r")
    order = [exp.column("score", table="r").desc(), column("r", "low_id"), column("r", "high_id")]
    return warehouse.query(exp.select("*").from_(found).order_by(*order).limit(limit)).to_pylist()


def judge(warehouse: Warehouse, pairs: Iterable[tuple[str, str]], verdict: str, why: str, at: datetime) -> int:
    """Remember a verdict of these pairs of records; the next pass goes by it. Returns how many pairs.

    Raises:
        LakeError: one of the records does not exist, or a pair is one record.
    """
    ordered = sorted({(min(pair), max(pair)) for pair in pairs})
    if any(low == high for low, high in ordered):
        raise LakeError("a record is itself", where="identity", remedy="Name two records.")
    _known(warehouse, {record for pair in ordered for record in pair})
    decided = at.astimezone(UTC).replace(tzinfo=None)
    rows = [
        {"low_id": low, "high_id": high, "verdict": verdict, "why": why, "decided_at": decided} for low, high in ordered
    ]
    warehouse.upsert("identity_verdicts", pa.Table.from_pylist(rows))
    return len(rows)


def split(warehouse: Warehouse, record: str, why: str, at: datetime) -> Split:
    """Take a record out of its person, for good: at once, and against every rule from now on.

    Where the record is the survivor, the others move to the oldest of them with the next pass.

    Raises:
        LakeError: no such record, or it stands for itself alone.
    """
    person = person_of(warehouse, record)
    others = _others(records_of(warehouse, person), record)
    if not others:
        raise LakeError("this record is not joined with another", where=f"customers {record}", remedy=_LOOK)
    judge(warehouse, ((record, other) for other in others), DIFFERENT, why, at)
    restored = [record] if record != person else others
    _restore(warehouse, person, restored, at)
    return Split(person, record)


def _others(records: list[dict[str, Any]], record: str) -> list[str]:
    """The records from which one is split: a guest's key or a cookie goes where it points, unless there is no other."""
    rest = [row for row in records if row["customer_id"] != record]
    keyed = any(row["is_key"] for row in records if row["customer_id"] == record)
    delivered = [row["customer_id"] for row in rest if not row["is_key"]]
    return delivered if keyed or delivered else [row["customer_id"] for row in rest]


def undo(warehouse: Warehouse, merge_id: str, why: str, at: datetime) -> Split:
    """Take back a merge of the log: the absorbed record stands for itself again, and no rule joins it any more.

    Raises:
        LakeError: no such merge, or it does not hold any more.
    """
    found = warehouse.query(tree("queries/merge", merge_id=merge_id)).to_pylist()
    if not found or found[0]["kind"] != "merge" or found[0]["merged_into"] != found[0]["survivor_id"]:
        raise LakeError(
            "there is no merge in force of this id", where=f"merge_log {merge_id}", remedy="Look it up in merge_log."
        )
    return split(warehouse, found[0]["absorbed_id"], why, at)


def person_of(warehouse: Warehouse, record: str) -> str:
    """The person whom a record stands for today.

    Raises:
        LakeError: no such record.
    """
    asked = exp.select("person_id").from_("v_identity").where(_is("customer_id", record))
    found = warehouse.query(asked).to_pylist()
    if not found:
        raise LakeError("there is no such customer", where=f"customers {record}", remedy=_LOOK)
    return str(found[0]["person_id"])


def records_of(warehouse: Warehouse, person: str) -> list[dict[str, Any]]:
    """The records of a person, the survivor first: id, status, when and where they joined."""
    return warehouse.query(tree("queries/records_of_person", person=person)).to_pylist()


def links_of(warehouse: Warehouse, person: str) -> list[dict[str, Any]]:
    """What the records of a person have in common with others and among each other, with verdicts."""
    return warehouse.query(tree("queries/links_of_person", person=person)).to_pylist()


def _restore(warehouse: Warehouse, person: str, records: list[str], at: datetime) -> None:
    asked = exp.select("customer_id", "withdrawn_date").from_("customers").where(_among("customer_id", records))
    rows = warehouse.query(asked).to_pylist()
    warehouse.upsert("merge_log", pa.Table.from_pylist([_log_row(person, record, at) for record in records]))
    states = {
        "customer_id": [row["customer_id"] for row in rows],
        "status": ["active" if row["withdrawn_date"] is None else "withdrawn" for row in rows],
        "merged_into": pa.nulls(len(rows), pa.string()),
    }
    warehouse.upsert("customers", pa.table(states))


def _log_row(person: str, record: str, at: datetime) -> dict[str, Any]:
    decided = at.astimezone(UTC).replace(tzinfo=None)
    return {
        "merge_id": stable_id("M", "split", person, record, decided.isoformat()),
        "kind": "split",
        "survivor_id": person,
        "absorbed_id": record,
        "rule": "reviewer",
        "score": 1.0,
        "evidence": "{}",
        "decided_by": "reviewer",
        "merged_at": decided,
    }


def _known(warehouse: Warehouse, records: set[str]) -> None:
    asked = exp.select("customer_id").from_("customers").where(_among("customer_id", sorted(records)))
    missing = records - set(warehouse.query(asked).column("customer_id").to_pylist())
    if missing:
        raise LakeError("there is no such customer", where=f"customers {min(missing)}", remedy=_LOOK)


def _is(name: str, value: str) -> exp.Expr:
    return exp.EQ(this=column("", name), expression=literal(value))


def _among(name: str, values: list[str]) -> exp.Expr:
    return exp.In(this=column("", name), expressions=[literal(value) for value in values])
