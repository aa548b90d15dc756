"""`enishi identity`: why records are one person, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from enishi.cli.context import Session
from enishi.cli.output import show
from enishi.flow import unify as flow
from enishi.identity import reviews
from enishi.identity.unify import Report

app = typer.Typer(help="One person, several records: evidence, merges, splits, review.", no_args_is_help=True)
review = typer.Typer(help="Pairs that the rules leave open.", no_args_is_help=True)
app.add_typer(review, name="review")

Format = Annotated[str | None, typer.Option(help="table, json or csv")]
Why = Annotated[str, typer.Option(help="The reason, kept with the decision; no personal data")]


@app.command("show")
def show_person(ctx: typer.Context, customer: str, format: Format = None) -> None:
    """The records of a person, then what links them with each other and with others, by rule and score."""
    session: Session = ctx.obj
    warehouse = session.services.warehouse
    person = reviews.person_of(warehouse, customer)
    show(session, reviews.records_of(warehouse, person), title=f"Records of {person}", format=format)
    links = reviews.links_of(warehouse, person)
    if links:
        show(session, links, title="Links", format=format)


@app.command()
def merge(ctx: typer.Context, one: str, other: str, why: Why = "") -> None:
    """Say that two records are one person, whatever the rules find."""
    _report(ctx.obj, flow.same(ctx.obj.services, one, other, why))


@app.command()
def split(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(help="The person, or the record itself")],
    record: Annotated[str | None, typer.Option(help="The record that is somebody else")] = None,
    why: Why = "",
) -> None:
    """Take a record out of its person: its history goes with it, and no rule joins the two again."""
    session: Session = ctx.obj
    done = flow.split(session.services, record or customer, why)
    show(session, [{"restored": done.restored_id, "was part of": done.survivor_id}], title="Split")


@review.command("list")
def list_reviews(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="How many, likeliest first")] = 50,
    format: Format = None,
) -> None:
    """Pairs of records that may be one person; decide with accept or reject, and you are not asked again."""
    show_reviews(ctx.obj, limit, format)


@review.command()
def accept(ctx: typer.Context, one: str, other: str, why: Why = "") -> None:
    """The two are one person."""
    _report(ctx.obj, flow.same(ctx.obj.services, one, other, why))


@review.command()
def reject(ctx: typer.Context, one: str, other: str, why: Why = "") -> None:
    """The two are two people; no rule joins them any more."""
    _report(ctx.obj, flow.different(ctx.obj.services, one, other, why))


def show_reviews(session: Session, limit: int, format: str | None) -> None:
    """Print the pairs that wait for a decision."""
    rows: list[dict[str, Any]] = reviews.open_reviews(session.services.warehouse, limit)
    columns = ["low_id", "high_id", "score", "evidence"]
    show(session, rows, title="Pairs that wait for a decision", format=format, columns=columns)


def _report(session: Session, report: Report) -> None:
    rows = [{"merged": report.merged, "restored": report.restored, "people": report.people}]
    show(session, rows, title="In force now")
