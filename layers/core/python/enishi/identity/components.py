"""Components of the joined pairs: label propagation on the engine, tightened where a component contradicts itself."""

from __future__ import annotations

from dataclasses import dataclass

from enishi.errors import LakeError
from enishi.identity.model import Model
from enishi.identity.trees import standing_on, tree
from enishi.lake.sql import array
from enishi.ports import Warehouse

_MOST_ROUNDS = 40
"""A round at least halves a chain: 40 rounds would join a chain of 2**40 records."""
_TIERS = (0.95, 0.9999, 1.0)
"""A contradictory component loses its pairs of at most the first score, then of the next; last all but reviewers'."""


@dataclass(frozen=True)
class Settled:
    """Where the labels lie: folder and last round of `work.identity_labels`; rounds in all."""

    labels: str
    last: int
    rounds: int


def settle(warehouse: Warehouse, model: Model, name: str) -> Settled:
    """Label the components of unification `name` until none contradicts itself.

    Raises:
        LakeError: the labels do not come to rest.
    """
    uniques = array(model.unique or ("",))
    warehouse.unload(tree("queries/edges", unification=name, uniques=uniques), _edges(name, 0))
    settled = _label(warehouse, name, 0)
    for tier, least in enumerate(_TIERS):
        where = {"labels": settled.labels, "labels_round": str(settled.last)}
        conflicts = tree("queries/conflicts", uniques=uniques, most_records=model.most_records, **where)
        if not warehouse.query(conflicts).num_rows:
            break
        kept = tree("queries/tightened", unification=name, round=str(tier), least=least, **where)
        warehouse.unload(standing_on(kept, conflicts=conflicts), _edges(name, tier + 1))
        again = _label(warehouse, name, tier + 1)
        settled = Settled(again.labels, again.last, settled.rounds + again.rounds)
    return settled


def _edges(name: str, number: int) -> str:
    return f"identity_edges/unification={name}/round={number}"


def _label(warehouse: Warehouse, name: str, edges: int) -> Settled:
    """Write label rounds until one changes nothing."""
    labels = f"{name}-{edges}"
    of = {"unification": name, "edges": str(edges)}
    folder = f"identity_labels/unification={labels}"
    warehouse.unload(tree("queries/first_labels", **of), f"{folder}/round=0")
    for number in range(1, _MOST_ROUNDS):
        before = str(number - 1)
        following = tree("queries/next_labels", **of, labels=labels, round=before)
        warehouse.unload(following, f"{folder}/round={number}")
        moved = tree("queries/moved", labels=labels, before=before, after=str(number))
        if warehouse.query(moved).column("moved")[0].as_py() == 0:
            return Settled(labels, number, number)
    raise LakeError("the labels of the records do not come to rest", where="unify", remedy="Look at identity_pairs.")
