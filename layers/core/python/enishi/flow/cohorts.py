"""Snapshots of people in the work store: reading one by its references, and writing one with its arms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from sqlglot import exp

from enishi.flow.frozen import once
from enishi.flow.payload import Cohort, CohortRef, Run
from enishi.lake.sql import column, literal, literals
from enishi.ports import Services

ALL = "all"


def cohort_id(run: Run, step: str) -> str:
    """The id of the snapshot that a step of a run makes."""
    return f"{run.id}-{step}"


def among(cohort: Cohort, alias: str = "w") -> exp.Expr:
    """That a row `alias` of `work.cohorts` belongs to `cohort`.

    Ids and arms also stand as plain lists, for Athena finds the folders by them.
    """
    ids = _in(column(alias, "cohort_id"), (ref.id for ref in cohort.refs))
    arms = _in(column(alias, "arm"), (ref.arm for ref in cohort.refs))
    pairs = [_pair(alias, key, list(refs)) for key, refs in groupby(sorted(cohort.refs, key=_by), lambda ref: ref.id)]
    return exp.and_(ids, arms, exp.or_(*pairs)) if len(pairs) > 1 else exp.and_(ids, arms)


def snapshot(services: Services, identifier: str, rows: Callable[[], exp.Query]) -> dict[str, Cohort]:
    """Write the answer of `rows()` (the columns of `work.cohorts`, `arm` among them) as a snapshot; arm → its people.

    What was written before is given back as it was: a repeat selects nobody anew.
    """

    def write() -> dict[str, int]:
        unloaded = services.warehouse.unload(rows(), f"cohorts/cohort_id={identifier}/", partition_by=("arm",))
        return {folder.strip("/").rpartition("arm=")[2]: count for folder, count in unloaded.rows.items() if count}

    sizes = once(services.work, f"cohorts/{identifier}.json", write)
    return {arm: Cohort(refs=(CohortRef(id=identifier, arm=arm),), size=size) for arm, size in sorted(sizes.items())}


def _by(ref: CohortRef) -> tuple[str, str]:
    return ref.id, ref.arm


def _pair(alias: str, identifier: str, refs: list[CohortRef]) -> exp.Expr:
    same = exp.EQ(this=column(alias, "cohort_id"), expression=literal(identifier))
    return exp.paren(exp.and_(same, _in(column(alias, "arm"), (ref.arm for ref in refs))))


def _in(name: exp.Expr, values: Iterable[str]) -> exp.Expr:
    distinct = sorted(set(values))
    if len(distinct) == 1:
        return exp.EQ(this=name, expression=literal(distinct[0]))
    return exp.In(this=name, expressions=literals(distinct))
