"""Saved segments: definitions in `segments`, members of a day in `segment_members`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
from sqlglot import exp

from enishi.errors import SegmentError
from enishi.ids import stable_id
from enishi.lake import facts, schema
from enishi.ports import Services
from enishi.segment.compile import members
from enishi.segment.library import Library, shipped
from enishi.segment.model import Segment, load_text
from enishi.segment.moment import Moment
from enishi.segment.sql import PERSON, col, value

Refresh = Literal["static", "dynamic"]


@dataclass(frozen=True)
class Saved:
    """What a save wrote: the id, the day and how many people."""

    segment_id: str
    as_of: str
    members: int


def save(services: Services, segment: Segment, moment: Moment, *, refresh: Refresh = "static") -> Saved:
    """Keep a segment, and its members at the moment; a repeat for the same day writes the same rows again.

    Another segment that names a static one gets these members; a dynamic one is asked anew each time. People who have
    left since the moment are dropped (rule WD).

    Raises:
        SegmentError: the id belongs to a segment of the product.
    """
    kept = _identified(segment)
    if kept.id in shipped().segments:
        raise SegmentError(f"{kept.id} is a segment of the product", remedy="Save it under another id with --id.")
    library = load_library(services)
    if refresh == "dynamic":
        _refuse_circle(kept, moment, library)
    people = members(kept, moment, library, rollup=facts.present(services.warehouse))
    services.warehouse.upsert("segments", _definition(services, kept, refresh))
    services.warehouse.delete("segment_members", _of_day(kept.id, moment))
    count = services.warehouse.append("segment_members", _snapshot(kept.id, people, moment))
    return Saved(kept.id, moment.day.isoformat(), count)


def save_set(
    services: Services,
    segment_id: str,
    name: str,
    definition: str,
    found: exp.Query,
    moment: Moment,
    *,
    entity: Literal["customer", "product"] = "customer",
) -> Saved:
    """Keep the ids that a query finds as a static set of that day, with what it can be rebuilt from (rule SET).

    Args:
        definition: JSON of the analysis, its parameters and the cell.
        found: a query of one column of ids, each once.

    Raises:
        SegmentError: the id belongs to a segment of the product.
    """
    if segment_id in shipped().segments:
        raise SegmentError(f"{segment_id} is a segment of the product", remedy="Save it under another id.")
    row = _row(services, segment_id, name, entity, definition, "static")
    services.warehouse.upsert("segments", pa.Table.from_pylist([row], schema=schema.table("segments").arrow))
    services.warehouse.delete("segment_members", _of_day(segment_id, moment))
    rows = _snapshot(segment_id, found, moment) if entity == "customer" else _listed(segment_id, found, moment)
    return Saved(segment_id, moment.day.isoformat(), services.warehouse.append("segment_members", rows))


def load_library(services: Services) -> Library:
    """The product's segments and those that were saved."""
    rows = services.warehouse.query(_customer_segments()).to_pylist()
    dynamic = [row for row in rows if row["refresh"] == "dynamic"]
    read = [(row["segment_id"], load_text(row["definition"], f"segment {row['segment_id']}")) for row in dynamic]
    library = shipped().plus(*(segment.renamed(name) for name, segment in read))
    return replace(library, saved=frozenset(row["segment_id"] for row in rows if row["refresh"] == "static"))


def library_for(services: Services, *conditions: object) -> Library:
    """What these conditions need: saved sets are looked up only where one of them names a segment."""
    return load_library(services) if any(_names_a_segment(one) for one in conditions) else shipped()


def _names_a_segment(written: object) -> bool:
    if isinstance(written, Mapping):
        return "segment" in written or any(_names_a_segment(part) for part in written.values())
    return isinstance(written, list | tuple) and any(_names_a_segment(part) for part in written)


def saved_definition(services: Services, segment_id: str) -> Segment | None:
    """A saved segment as it was written; None when there is none of that id. A set that came from a cell of an analysis
    was never written as a condition: it is its saved members."""
    named = exp.EQ(this=col("segment_id", "s"), expression=value(segment_id))
    rows = services.warehouse.query(_customer_segments().where(named)).to_pylist()
    if not rows:
        return None
    if "analysis" in json.loads(rows[0]["definition"]):
        return load_text(json.dumps({"segment": segment_id}), f"segment {segment_id}").titled(rows[0]["name"])
    return load_text(rows[0]["definition"], f"segment {segment_id}").renamed(segment_id)


def _customer_segments() -> exp.Select:
    names = [col(name, "s") for name in ("segment_id", "name", "definition", "refresh")]
    customers = exp.EQ(this=col("entity", "s"), expression=value("customer"))
    return exp.select(*names).from_(exp.alias_(exp.to_table("segments"), "s", table=True)).where(customers)


def _identified(segment: Segment) -> Segment:
    """The segment under its id, or under one that follows from what it says."""
    return segment if segment.id else segment.renamed(stable_id("S", segment.as_json()))


def _refuse_circle(segment: Segment, moment: Moment, library: Library) -> None:
    """A dynamic segment may not lead back to itself; asking for its members finds that out."""
    members(segment, moment, replace(library, saved=library.saved - {segment.id}).plus(segment))


def _definition(services: Services, segment: Segment, refresh: Refresh) -> pa.Table:
    row = _row(services, segment.id, segment.title or segment.id, "customer", segment.as_json(), refresh)
    return pa.Table.from_pylist([row], schema=schema.table("segments").arrow)


def _row(
    services: Services, segment_id: str, name: str, entity: str, definition: str, refresh: Refresh
) -> dict[str, object]:
    return {
        "segment_id": segment_id,
        "name": name,
        "entity": entity,
        "definition": definition,
        "created_at": services.clock.now().replace(tzinfo=None),
        "refresh": refresh,
    }


def _of_day(segment_id: str, moment: Moment) -> exp.Expression:
    mine = exp.EQ(this=col("segment_id"), expression=value(segment_id))
    return exp.paren(exp.and_(mine, exp.EQ(this=col("as_of_date"), expression=value(moment.day))))


def _snapshot(segment_id: str, people: exp.Query, moment: Moment) -> exp.Select:
    """Rows of `segment_members` for the people who are still there today."""
    still = exp.EQ(this=col("status", "k"), expression=value("active"))
    same = exp.EQ(this=col(PERSON, "k"), expression=col(PERSON, "m"))
    rows = _member_rows(segment_id, people, moment, PERSON)
    return rows.join(exp.alias_(exp.to_table("customers"), "k", table=True), on=same).where(still)


def _listed(segment_id: str, products: exp.Query, moment: Moment) -> exp.Select:
    """Rows of `segment_members` for products."""
    return _member_rows(segment_id, products, moment, "product_id")


def _member_rows(segment_id: str, found: exp.Query, moment: Moment, key: str) -> exp.Select:
    return exp.select(
        exp.alias_(value(segment_id), "segment_id"),
        exp.alias_(value(moment.day), "as_of_date"),
        exp.alias_(col(key, "m"), "member_id"),
    ).from_(exp.alias_(exp.Subquery(this=found), "m", table=True))
