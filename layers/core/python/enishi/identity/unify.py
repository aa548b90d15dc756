"""Records → people: components of the pairs that the rules find, and one surviving record a person.

Everything runs on the engine; only counts come here. A pass computes who everybody is from scratch and writes the
difference to what is written: a merge, a change of survivor, or a split where the evidence is gone. So a second pass
changes nothing, and the order in which records arrive does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from sqlglot import exp

from enishi.clock import to_text
from enishi.errors import LakeError
from enishi.identity.match import Rule, all_pairs, rules
from enishi.identity.trees import standing_on, tree
from enishi.ids import stable_id
from enishi.ports import Warehouse

_MOST_ROUNDS = 40
"""A round at least halves a chain: 40 rounds would join a chain of 2**40 records."""


@dataclass(frozen=True)
class RuleCount:
    """What one rule found and did."""

    rule: Rule
    pairs: int
    merged: int


@dataclass(frozen=True)
class Report:
    """What a pass did. `merged` and `restored` count records whose survivor changed, `people` who is left."""

    by_rule: tuple[RuleCount, ...]
    records: int
    people: int
    merged: int
    restored: int
    rounds: int


@dataclass(frozen=True)
class Split:
    """A merge that was taken back."""

    merge_id: str
    survivor_id: str
    restored_id: str


def unify(warehouse: Warehouse, at: datetime) -> Report:
    """Bring `customers.merged_into` and `merge_log` up to date at the instant `at`; a repeat changes nothing.

    Raises:
        LakeError: the labels do not come to rest (a component that no real data has).
    """
    name = stable_id("U", to_text(at))
    warehouse.unload(all_pairs(), f"identity_pairs/unification={name}")
    rounds = _label(warehouse, name)
    log = _log(warehouse, name, rounds, at)
    written = _by_kind(warehouse.query(standing_on(tree("queries/written"), **log)))
    if written:
        # The log comes first: a pass that dies between the two finds the same changes and writes the same log rows.
        warehouse.upsert("merge_log", standing_on(exp.select(*log["log"].named_selects).from_("log"), **log))
        warehouse.upsert("customers", standing_on(tree("queries/states"), changes=log["changes"]))
    return _report(warehouse, name, written, rounds)


def split(warehouse: Warehouse, merge_id: str, at: datetime) -> Split:
    """Take back a merge: the absorbed record stands for itself again, and no rule joins it any more.

    Raises:
        LakeError: no such merge, or it does not hold any more.
    """
    found = warehouse.query(tree("queries/merge", merge_id=merge_id)).to_pylist()
    if not found or found[0]["kind"] != "merge" or found[0]["merged_into"] != found[0]["survivor_id"]:
        raise LakeError(
            "there is no merge in force of this id", where=f"merge_log {merge_id}", remedy="Look it up in merge_log."
        )
    row = found[0]
    status = "active" if row["withdrawn_date"] is None else "withdrawn"
    warehouse.upsert("merge_log", _split_row(merge_id, row, at))
    record = {"customer_id": [row["absorbed_id"]], "status": [status], "merged_into": pa.nulls(1, pa.string())}
    warehouse.upsert("customers", pa.table(record))
    return Split(merge_id, row["survivor_id"], row["absorbed_id"])


def _label(warehouse: Warehouse, name: str) -> int:
    """Write label rounds until one changes nothing; the number of the last."""
    _write_round(warehouse, name, 0, tree("queries/first_labels", unification=name))
    for number in range(1, _MOST_ROUNDS):
        before = str(number - 1)
        _write_round(warehouse, name, number, tree("queries/next_labels", unification=name, round=before))
        moved = tree("queries/moved", unification=name, before=before, after=str(number))
        if warehouse.query(moved).column("moved")[0].as_py() == 0:
            return number
    raise LakeError("the labels of the records do not come to rest", where="unify", remedy="Look at identity_pairs.")


def _write_round(warehouse: Warehouse, name: str, number: int, labels: exp.Query) -> None:
    warehouse.unload(labels, f"identity_labels/unification={name}/round={number}")


def _log(warehouse: Warehouse, name: str, rounds: int, at: datetime) -> dict[str, exp.Query]:
    """The changes and the log rows that say them, as parts to stand on."""
    snapshot = warehouse.snapshot("customers")
    merged_at = at.astimezone(UTC).replace(microsecond=0)
    return {
        "changes": tree("queries/changes", unification=name, round=str(rounds)),
        "log": tree("queries/log", unification=name, snapshot=snapshot, merged_at=merged_at),
    }


def _by_kind(counts: pa.Table) -> dict[tuple[str, str], int]:
    return {(row["kind"], row["rule"]): row["changes"] for row in counts.to_pylist()}


def _report(warehouse: Warehouse, name: str, written: Mapping[tuple[str, str], int], rounds: int) -> Report:
    found = {row["rule"]: row["pairs"] for row in warehouse.query(tree("queries/found", unification=name)).to_pylist()}
    standing = warehouse.query(tree("queries/standing")).to_pylist()[0]
    return Report(
        by_rule=tuple(RuleCount(rule, found.get(rule.id, 0), written.get(("merge", rule.id), 0)) for rule in rules()),
        records=standing["records"],
        people=standing["people"],
        merged=sum(count for (kind, _), count in written.items() if kind == "merge"),
        restored=sum(count for (kind, _), count in written.items() if kind == "split"),
        rounds=rounds,
    )


def _split_row(merge_id: str, row: Mapping[str, str], at: datetime) -> pa.Table:
    values = {
        "merge_id": stable_id("M", "split", merge_id),
        "kind": "split",
        "survivor_id": row["survivor_id"],
        "absorbed_id": row["absorbed_id"],
        "rule": "reviewer",
        "score": 1.0,
        "evidence": '{"takes_back":"' + merge_id + '"}',
        "decided_by": "reviewer",
        "merged_at": at.astimezone(UTC).replace(tzinfo=None),
    }
    return pa.Table.from_pylist([values])
