"""名寄せ: bring identities onto one customer axis, and what reviewers decide about it."""

from __future__ import annotations

from typing import Any

from enishi.flow.facts import refresh
from enishi.flow.payload import Data
from enishi.identity import model, reviews, survivorship, virtual
from enishi.identity.reviews import DIFFERENT, SAME, Split
from enishi.identity.unify import Report
from enishi.identity.unify import unify as _unify
from enishi.ports import Services


class Payload(Data):
    """`full` compares every record again; a daily pass compares what changed."""

    full: bool = False


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"merged", "restored", "people", "to_review"}`; the rollup of purchases follows who is one person."""
    report = unify(services, full=payload.full)
    refresh(services)
    return {
        "merged": report.merged,
        "restored": report.restored,
        "people": report.people,
        "to_review": report.to_review,
    }


def unify(services: Services, *, full: bool = False) -> Report:
    """One pass at the present instant by the workspace's model; a repeat changes nothing."""
    raw = services.raw
    rules = (model.of_workspace(raw), survivorship.of_workspace(raw), virtual.of_workspace(raw))
    return _unify(services.warehouse, services.clock.now(), *rules, full=full)


def same(services: Services, one: str, other: str, why: str) -> Report:
    """Two records are one person, whatever the rules say; in force when this returns.

    Raises:
        LakeError: one of them does not exist.
    """
    reviews.judge(services.warehouse, [(one, other)], SAME, why, services.clock.now())
    return unify(services)


def different(services: Services, one: str, other: str, why: str) -> Report:
    """Two records are two people, and no rule joins them any more; in force when this returns.

    Raises:
        LakeError: one of them does not exist.
    """
    reviews.judge(services.warehouse, [(one, other)], DIFFERENT, why, services.clock.now())
    return unify(services)


def split(services: Services, record: str, why: str) -> Split:
    """Take a record out of its person for good; in force when this returns.

    Raises:
        LakeError: no such record, or it stands for itself alone.
    """
    done = reviews.split(services.warehouse, record, why, services.clock.now())
    unify(services)
    return done


def undo(services: Services, merge_id: str, why: str) -> Split:
    """Take back a merge of merge_log for good; in force when this returns.

    Raises:
        LakeError: no such merge, or it does not hold any more.
    """
    done = reviews.undo(services.warehouse, merge_id, why, services.clock.now())
    unify(services)
    return done
