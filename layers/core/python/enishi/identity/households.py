"""Households: people, not records, who share a family name and a home. A household is never a reason to merge."""

from __future__ import annotations

from sqlglot import exp

from enishi.identity.model import Model
from enishi.identity.trees import standing_on, tree
from enishi.lake.sql import parse_condition
from enishi.ports import Warehouse


def settle_households(warehouse: Warehouse, model: Model) -> int:
    """Write `customers.household_id`, `household_members` and `households` anew where they changed.

    Households that a source declared (any id that does not begin with HD) are left as they are, and their members
    are of them. Returns how many customers changed their household; 0 writes nothing.
    """
    declared = tree("queries/declared_members")
    homes = standing_on(tree("queries/homes", most=model.households.most), declared=declared)
    found = standing_on(tree("queries/households"), homes=homes)
    changes = standing_on(tree("queries/household_changes"), declared=declared, found=found)
    count = int(
        warehouse.query(exp.select(exp.Count(this=exp.Star())).from_(changes.subquery("f"))).column(0)[0].as_py()
    )
    if not count:
        return 0
    ours = parse_condition("household_id LIKE 'HD%'", "identity.households")
    warehouse.delete("household_members", ours)
    warehouse.append("household_members", standing_on(tree("queries/household_members"), found=found))
    warehouse.delete("households", ours)
    warehouse.append("households", tree("queries/household_sizes"))
    # The customers come last: a pass that dies before finds the same changes again.
    warehouse.upsert("customers", changes)
    return count
