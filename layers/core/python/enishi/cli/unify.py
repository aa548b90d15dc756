"""`enishi unify`: identities → customers, with a report of merges."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from enishi.cli.context import Session
from enishi.cli.identity import show_reviews
from enishi.cli.output import show
from enishi.flow.facts import refresh
from enishi.flow.unify import undo, unify
from enishi.identity.unify import Report


def command(
    ctx: typer.Context,
    split_id: Annotated[str | None, typer.Option("--split", help="Take back this merge of merge_log instead")] = None,
    full: Annotated[bool, typer.Option(help="Compare every record again, not only what changed")] = False,
    review: Annotated[bool, typer.Option(help="List the pairs that wait for a decision afterwards")] = False,
    format: Annotated[str | None, typer.Option(help="table, json or csv")] = None,
) -> None:
    """Find the records that are one person and join them; run it again and nothing changes.

    Joined records keep their own rows: `merge_log` says why each was joined, and `--split MERGE_ID` takes one back
    for good. The rollup of purchases (`customer_facts`) is made anew.
    `enishi identity` looks at a person and decides what the rules leave open.
    """
    session: Session = ctx.obj
    if split_id is not None:
        done = undo(session.services, split_id, "enishi unify --split")
        rows = [{"merge": split_id, "restored": done.restored_id, "was part of": done.survivor_id}]
        show(session, rows, title="Split", format=format)
        return
    report = unify(session.services, full=full)
    refresh(session.services)
    if review:
        show_reviews(session, 50, format)
    else:
        show(session, _rows(report), title=_title(report), format=format)


def _rows(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "rule": count.rule.id,
            "title": count.rule.ja,
            "score": count.rule.score,
            "pairs": count.pairs,
            "merged": count.merged,
        }
        for count in report.by_rule
    ]


def _title(report: Report) -> str:
    return (
        f"{report.records:,} records, {report.people:,} people; "
        f"{report.merged:,} merged and {report.restored:,} restored by this pass; "
        f"{report.to_review:,} pairs wait for a decision (enishi identity review list); "
        f"{report.virtual.keys:,} guests and cookies are virtual customers, {report.virtual.known:,} of them known"
    )
