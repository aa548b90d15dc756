"""Records → people: components of the pairs that the rules and the scoring find, and one surviving record a person.

Everything runs on the engine; only counts come here. A pass compares the records that changed since the last one with
all others by blocks, joins what it finds with the links that are known, computes who everybody is, and writes the
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
from enishi.identity.components import Settled, settle
from enishi.identity.households import settle_households
from enishi.identity.match import Rule, all_pairs, rules
from enishi.identity.model import Model, default
from enishi.identity.survivorship import Survivorship, settle_attributes
from enishi.identity.survivorship import default as default_survivorship
from enishi.identity.trees import standing_on, tree
from enishi.identity.virtual import DECLARED as VIRTUAL
from enishi.identity.virtual import Settled as Virtuals
from enishi.identity.virtual import Virtual, settle_virtual
from enishi.ids import digest, stable_id
from enishi.lake.sql import array
from enishi.ports import Warehouse

SCORED = Rule("scored", "点数による一致", 0.99, 0)
REVIEWER = Rule("reviewer", "担当者の判断", 1.0, 0)


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
    compared: int
    """Records that were new or had changed."""
    people: int
    merged: int
    restored: int
    to_review: int
    """Pairs that somebody has to look at."""
    rounds: int
    virtual: Virtuals
    """Guests and cookies: no records, no people, counted apart."""


def unify(
    warehouse: Warehouse,
    at: datetime,
    model: Model | None = None,
    survivorship: Survivorship | None = None,
    virtual: Virtual | None = None,
    *,
    full: bool = False,
) -> Report:
    """Bring `customers.merged_into` and `merge_log` up to date at the instant `at`; a repeat changes nothing.

    `full` compares every record again, as after a change of the model; it counts anew how many share a value.

    Raises:
        LakeError: the labels do not come to rest (a component that no real data has).
    """
    chosen = model or default()
    name = stable_id("U", to_text(at))
    compared = _compare(warehouse, chosen, name, full=full)
    settled = settle(warehouse, chosen, name)
    log = _log(warehouse, name, settled, at)
    written = _by_kind(warehouse.query(standing_on(tree("queries/written"), **log)))
    if written:
        # The log comes first: a pass that dies between the two finds the same changes and writes the same log rows.
        warehouse.upsert("merge_log", standing_on(exp.select(*log["log"].named_selects).from_("log"), **log))
        warehouse.upsert("customers", standing_on(tree("queries/states"), changes=log["changes"]))
    settle_attributes(warehouse, survivorship or default_survivorship())
    settle_households(warehouse, chosen)
    virtuals = settle_virtual(warehouse, virtual or VIRTUAL.default(), at)
    if compared:
        _remember(warehouse, name)
    return _report(warehouse, name, written, settled.rounds, compared, virtuals)


def _compare(warehouse: Warehouse, model: Model, name: str, *, full: bool) -> int:
    """Write the records and the links of this pass; how many records were compared."""
    records = tree(
        "queries/records",
        births=array(model.fillers.get("birth", ("",))),
        postals=array(model.fillers.get("postal", ("",))),
        model=_version(model, f"full {name}" if full else ""),
    )
    warehouse.unload(records, f"identity_records/unification={name}")
    fresh = int(warehouse.query(tree("queries/fresh", unification=name)).column("fresh")[0].as_py())
    warehouse.unload(all_pairs(model, name, compare=fresh > 0), f"identity_pairs/unification={name}")
    return fresh


def _version(model: Model, occasion: str) -> str:
    """What every fingerprint holds of the rules: it changes when records have to be compared again."""
    return digest(f"{model.version} {rules()!r} {occasion}")[:16]


def _remember(warehouse: Warehouse, name: str) -> None:
    """Keep the links and what was compared; a pass that dies before compares the same records again."""
    warehouse.replace("identity_links", tree("queries/links", unification=name))
    warehouse.upsert("pii.identity_seen", tree("queries/seen", unification=name))


def _log(warehouse: Warehouse, name: str, settled: Settled, at: datetime) -> dict[str, exp.Query]:
    """The changes and the log rows that say them, as parts to stand on."""
    snapshot = warehouse.snapshot("customers")
    merged_at = at.astimezone(UTC).replace(microsecond=0)
    return {
        "changes": tree("queries/changes", labels=settled.labels, round=str(settled.last)),
        "log": tree("queries/log", unification=name, snapshot=snapshot, merged_at=merged_at),
    }


def _by_kind(counts: pa.Table) -> dict[tuple[str, str], int]:
    return {(row["kind"], row["rule"]): row["changes"] for row in counts.to_pylist()}


def _report(
    warehouse: Warehouse,
    name: str,
    written: Mapping[tuple[str, str], int],
    rounds: int,
    compared: int,
    virtuals: Virtuals,
) -> Report:
    found = {row["rule"]: row["pairs"] for row in warehouse.query(tree("queries/found", unification=name)).to_pylist()}
    standing = warehouse.query(standing_on(tree("queries/standing"), reviews=tree("queries/open_reviews"))).to_pylist()[
        0
    ]
    shown = (*rules(), SCORED, REVIEWER)
    return Report(
        by_rule=tuple(RuleCount(rule, found.get(rule.id, 0), written.get(("merge", rule.id), 0)) for rule in shown),
        records=standing["records"],
        compared=compared,
        people=standing["people"],
        merged=sum(count for (kind, _), count in written.items() if kind == "merge"),
        restored=sum(count for (kind, _), count in written.items() if kind == "split"),
        to_review=standing["to_review"],
        rounds=rounds,
        virtual=virtuals,
    )
