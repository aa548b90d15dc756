"""Which rows a file holds, as one query: the declared rows in their window, in the core system's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from sqlglot import exp

from enishi.clock import business_day
from enishi.errors import MappingError
from enishi.lake import sql
from enishi.lake.sql.build import Value
from enishi.results.writeback.declaration import WriteBack

ROW_KEY = "row_key"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_FRAME = "frame"


@dataclass(frozen=True)
class Span:
    """Happenings after `since` (None = all), up to `until`; both aware UTC."""

    since: datetime | None
    until: datetime
    zone: ZoneInfo


def sets() -> tuple[str, ...]:
    """The packaged sets of rows by name."""
    folder = files(__package__) / "sets"
    return tuple(sorted(path.name.removesuffix(".sql") for path in folder.iterdir() if path.name.endswith(".sql")))


def asked(declared: WriteBack, span: Span) -> exp.Query:
    """The declared set or query, its window filled in.

    Raises:
        MappingError: there is no such set.
        QueryError: the query is not one Athena query.
    """
    named = declared.rows.set
    if named and named not in sets():
        remedy = f"There are {', '.join(sets())}."
        raise MappingError(f"there is no set {named!r}", where=f"write-back {declared.id}: rows", remedy=remedy)
    tree = _packaged(named).copy() if named else sql.parse(declared.rows.query, f"write-back {declared.id}: rows.query")
    since = (span.since or BEGINNING) - (declared.lookback if span.since else timedelta())
    values: dict[str, Value] = {
        "since": since,
        "until": span.until,
        "first_day": business_day(since, span.zone),
        "last_day": business_day(span.until, span.zone),
    }
    filled = exp.replace_placeholders(tree, **{name: sql.literal(value) for name, value in values.items()})
    if not isinstance(filled, exp.Query):
        raise AssertionError("a query stays one when its values are filled in")
    return filled


def numbered(declared: WriteBack, rows: exp.Query, *, acknowledged: Sequence[str]) -> exp.Query:
    """`rows` with the member number of each person (null where there is none), less what those runs have sent."""
    frame = _packaged(_FRAME).copy()
    filled = exp.replace_placeholders(frame, system=sql.literal(declared.members.system))
    if not isinstance(filled, exp.Select):
        raise AssertionError("the frame is a SELECT")
    query = filled.select(*(exp.alias_(sql.column("a", name), name) for name in declared.wanted))
    query = query.select(exp.alias_(_key(declared), ROW_KEY)).with_("asked", as_=rows)
    if declared.members.which == "one":
        query = query.where(exp.or_(_is_first(), sql.column("n", "place").is_(exp.null())))
    return query.where(exp.not_(_sent(declared, acknowledged))) if acknowledged else query


def _is_first() -> exp.Expr:
    return exp.EQ(this=sql.column("n", "place"), expression=sql.literal(1))


def _key(declared: WriteBack) -> exp.Expr:
    """SHA-256 of the row's key; "" for a list that is written whole each time."""
    if not declared.key:
        return sql.literal("")
    parts = [_as_text(name) for name in declared.key]
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(
            this=exp.DPipe(this=joined, expression=sql.literal("|"), safe=False), expression=part, safe=False
        )
    encoded = exp.Encode(this=joined, charset=sql.literal("utf-8"))
    return exp.Hex(this=exp.SHA2Digest(this=encoded, length=exp.Literal.number(256)))


def _as_text(name: str) -> exp.Expr:
    column = sql.column("n", "number") if name == "member_number" else sql.column("a", name)
    return exp.Coalesce(this=exp.cast(column, "varchar"), expressions=[sql.literal("")])


def _sent(declared: WriteBack, acknowledged: Sequence[str]) -> exp.Expr:
    """Whether an acknowledged file has the row."""
    mine = exp.EQ(this=sql.column("w", "writeback_id"), expression=sql.literal(declared.id))
    there = exp.In(this=sql.column("w", "run_id"), expressions=sql.literals(acknowledged))
    known = exp.select(sql.column("w", ROW_KEY)).from_(sql.table_ref("writeback_rows", "w")).where(mine, there)
    return exp.In(this=_key(declared), query=known.subquery())


@cache
def _packaged(name: str) -> exp.Query:
    """A set's tree; not to be changed."""
    folder = files(__package__) if name == _FRAME else files(__package__) / "sets"
    path = f"{name}.sql"
    return sql.parse((folder / path).read_text("utf-8"), where=f"results/writeback/{path}")
