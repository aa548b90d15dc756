"""Virtual customers: a guest's key or a stranger's cookie has a customer of its own, who merges when somebody is known.

A virtual customer is a leaf: the pass over the known records comes first and never looks at them, so that a shared
cookie joins nobody. Their facts stay under the key; `v_orders` and `v_web_events` say whose they are today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from enishi.identity.declared import Declared
from enishi.identity.trees import standing_on, tree
from enishi.lake.sql import array
from enishi.ports import Blobs, Warehouse


class Virtual(BaseModel):
    """The whole of `virtual.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contacts: tuple[str, ...]
    cookies: tuple[str, ...]
    events: tuple[str, ...]
    look_back_days: int = Field(ge=1)


DECLARED = Declared(Virtual, "virtual.yaml", "the rules of virtual customers")


@dataclass(frozen=True)
class Settled:
    """What a pass did, and how many virtual customers stand: `known` of the `keys` are somebody who is known."""

    made: int = 0
    merged: int = 0
    restored: int = 0
    keys: int = 0
    known: int = 0


def parse(changes: Mapping[str, Any], where: str) -> Virtual:
    """The default rules with the keys of `changes` in their place.

    Raises:
        DefinitionError: what comes of it does not hold.
    """
    return DECLARED.parse(changes, where)


def of_workspace(raw: Blobs) -> Virtual:
    """The rules in force: the retailer's own keys over the default.

    Raises:
        DefinitionError: the file is not YAML, or what comes of it does not hold.
    """
    return DECLARED.of_workspace(raw)


def settle_virtual(warehouse: Warehouse, rules: Virtual, at: datetime) -> Settled:
    """Make the virtual customers of new keys, and merge those whose person is known; a repeat changes nothing."""
    made = _make(warehouse, rules, at)
    changes = tree("queries/virtual_changes", contacts=_texts(rules.contacts), cookies=_texts(rules.cookies))
    merged_at = at.astimezone(UTC).replace(microsecond=0)
    log = tree("queries/virtual_log", snapshot=warehouse.snapshot("customers"), merged_at=merged_at)
    counts = warehouse.query(standing_on(tree("queries/written"), changes=changes, log=log)).to_pylist()
    if counts:
        # The log comes first, as in `unify`: a pass that dies between the two writes the same log rows again.
        warehouse.upsert("merge_log", standing_on(log, changes=changes))
        warehouse.upsert("customers", standing_on(tree("queries/states"), changes=changes))
    standing = warehouse.query(tree("queries/virtual_standing")).to_pylist()[0]
    done = {kind: sum(row["changes"] for row in counts if row["kind"] == kind) for kind in ("merge", "split")}
    return Settled(made, done["merge"], done["split"], standing["keys"], standing["known"])


def _make(warehouse: Warehouse, rules: Virtual, at: datetime) -> int:
    """Keys first, then their records: a pass that dies between the two makes the records in the next one."""
    since = (at.astimezone(UTC) - timedelta(days=rules.look_back_days)).date()
    found = tree("queries/virtual_found", events=_texts(rules.events), since=since)
    if _counted(warehouse, found):
        warehouse.upsert("virtual_keys", found)
    records = tree("queries/virtual_records")
    made = _counted(warehouse, records)
    if made:
        warehouse.upsert("customers", records)
    return made


def _counted(warehouse: Warehouse, rows: exp.Query) -> int:
    counted = exp.select(exp.alias_(exp.Count(this=exp.Star()), "rows")).from_("found")
    return int(warehouse.query(standing_on(counted, found=rows)).column("rows")[0].as_py())


def _texts(values: tuple[str, ...]) -> exp.Expr:
    return array(values or ("",))
