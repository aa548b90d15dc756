"""Segments by id: those shipped with the product, a planner's files, and saved sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from sqlglot import exp

from enishi.errors import SegmentError
from enishi.segment.condition import Ask
from enishi.segment.model import Segment, load_text
from enishi.segment.problems import did_you_mean
from enishi.segment.sql import col, every, member_of, value


@dataclass(frozen=True)
class Library:
    """Segments by id, and ids of sets whose members were saved (`segment_members`)."""

    segments: Mapping[str, Segment] = field(default_factory=dict)
    saved: frozenset[str] = frozenset()
    open: bool = False
    """A name that is not known is taken for a saved set: for checks without the lake, which alone knows them."""

    def get(self, segment_id: str, where: str = "") -> Segment:
        """The segment of that id.

        Raises:
            SegmentError: there is none; the closest ids are named.
        """
        if segment_id in self.segments:
            return self.segments[segment_id]
        known = [*self.segments, *self.saved]
        remedy = did_you_mean(segment_id, known) if known else "Save or write the segment first."
        raise SegmentError(f"there is no segment {segment_id}", where=where, remedy=remedy)

    def people(self, segment_id: str, ask: Ask) -> exp.Expr:
        """The predicate over `c` of a segment named by another one."""
        if segment_id in ask.opened:
            circle = " → ".join([*ask.opened, segment_id])
            raise SegmentError(
                f"segments name each other in a circle: {circle}", where=ask.place, remedy="Break the circle."
            )
        if segment_id in self.saved or (self.open and segment_id not in self.segments):
            return member_of(saved_members(segment_id, ask))
        inner = self.get(segment_id, ask.place)
        return exp.paren(inner.tree.sql(replace(ask, opened=(*ask.opened, segment_id))))

    def plus(self, *others: Segment) -> Library:
        """The library with further segments, each under its own id."""
        return replace(self, segments={**self.segments, **{other.id: other for other in others}})


EMPTY = Library()


def saved_members(segment_id: str, ask: Ask) -> exp.Select:
    """The members of a saved set by its latest snapshot up to the moment's day, ids resolved to persons of today."""
    mine = exp.EQ(this=col("segment_id", "n"), expression=value(segment_id))
    until = exp.LTE(this=col("as_of_date", "n"), expression=value(ask.moment.day))
    members = exp.alias_(exp.to_table("segment_members"), "n", table=True)
    latest = exp.select(exp.Max(this=col("as_of_date", "n"))).from_(members).where(every([mine, until]))
    of_set = exp.EQ(this=col("segment_id", "m"), expression=value(segment_id))
    newest = exp.EQ(this=col("as_of_date", "m"), expression=exp.Subquery(this=latest))
    same = exp.EQ(this=col("customer_id", "i"), expression=col("member_id", "m"))
    rows = exp.select(col("person_id", "i")).from_(exp.alias_(exp.to_table("segment_members"), "m", table=True))
    return rows.join(exp.alias_(exp.to_table("v_identity"), "i", table=True), on=same).where(every([of_set, newest]))


@cache
def shipped() -> Library:
    """The segments that come with the product (`segment/library/*.yaml`)."""
    folder = files("enishi.segment") / "library"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    read = [(path.name[:-5], load_text(path.read_text("utf-8"), path.name)) for path in paths]
    return Library({name: segment.renamed(name) for name, segment in read})
