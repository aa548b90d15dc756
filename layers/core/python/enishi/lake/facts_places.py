"""Purchases of a span of days with their place in it, unfolded from one row of the rollup: no window over purchases.

A SELECT of the purchases between two days that numbers each customer's, or looks at the one before, by N. Where days
follow the order of N in every row, such a span is a run of places in the rollup's arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlglot import exp

from enishi.lake import facts_spans as spans
from enishi.lake.facts_spans import CUSTOMER, DAY, ROLLUP, NoSpanError
from enishi.lake.sql import column, parse

N = "n"
_VALUES: Mapping[str, str] = MappingProxyType(
    {
        N: "u.n",
        DAY: "ELEMENT_AT(u.purchase_dates, u.n)",
        "amount": "ELEMENT_AT(u.purchase_amounts, u.n)",
        "previous_date": "CASE WHEN u.n > 1 THEN ELEMENT_AT(u.purchase_dates, u.n - 1) END",
    }
)
"""What the rollup knows of the purchase at a place. Places alone are unfolded, values are looked up there: rows of one
array cost half of what rows of four do."""
_PLACES = "SEQUENCE(s.place_before + 1, s.place_until)"
_NTH = "u.n - u.place_before"
_BEFORE = "CASE WHEN u.n > u.place_before + 1 THEN ELEMENT_AT(u.purchase_dates, u.n - 1) END"
_HELD = (CUSTOMER, "purchase_dates", "purchase_amounts", "place_before")


def in_places(select: exp.Select, source: exp.Expr) -> exp.Select | None:
    """The SELECT over `source` (see `in_spans`) that gives what `select` gives; None where that is unknown."""
    try:
        return _rewritten(select.copy(), source)
    except NoSpanError:
        return None


def _rewritten(select: exp.Select, source: exp.Expr) -> exp.Select:
    alias = select.args["from_"].this.alias_or_name
    if any(select.args.get(part) for part in (*spans.UNKNOWN_PARTS, "joins", "group", "having")):
        raise NoSpanError
    windows = [each for each in select.selects if each.find(exp.Window)]
    if not windows:
        raise NoSpanError
    columns = [exp.alias_(_column(each.unalias(), alias), each.alias_or_name) for each in select.selects]
    span = spans.span(select.args.get("where"), alias)
    return exp.select(*columns).from_(exp.alias_(exp.Subquery(this=_unfolded(span, source)), "u", table=True))


def _unfolded(span: spans.Span, source: exp.Expr) -> exp.Select:
    """A row of the rollup for each place of its purchases in the span."""
    some = exp.select(*[column("p", name) for name in (*_HELD, "place_until")]).from_(
        exp.alias_(exp.Subquery(this=_placed(span, source)), "p", table=True)
    )
    some = some.where(_parsed("p.place_until > p.place_before"))
    names = exp.TableAlias(this=exp.to_identifier("t"), columns=[exp.to_identifier(N)])
    held = [column("s", name) for name in _HELD]
    found = exp.select(*held, column("t", N)).from_(exp.alias_(exp.Subquery(this=some), "s", table=True))
    return found.join(exp.Unnest(expressions=[_parsed(_PLACES)], alias=names), join_type="cross")


def _placed(span: spans.Span, source: exp.Expr) -> exp.Select:
    """Each row of the rollup with the places before the span's first and of its last purchase."""
    before, until = spans.places(span)
    held = exp.select(*[column("f", name) for name in (CUSTOMER, "purchase_dates", "purchase_amounts")])
    held = held.select(exp.alias_(before, "place_before"), exp.alias_(until, "place_until"))
    return held.from_(source.copy())


def _column(given: exp.Expr, alias: str) -> exp.Expr:
    if isinstance(given, exp.Window):
        return _windowed(given, alias)
    if not isinstance(given, exp.Column) or given.table not in ("", alias):
        raise NoSpanError
    if given.name == CUSTOMER:
        return column("u", CUSTOMER)
    if given.name not in _VALUES:
        raise NoSpanError
    return _parsed(_VALUES[given.name])


def _windowed(window: exp.Window, alias: str) -> exp.Expr:
    """A place among the customer's purchases in the span, or the day of the one before, in their order by N."""
    keys = [f"{key.table}.{key.name}" for key in window.args.get("partition_by") or () if isinstance(key, exp.Column)]
    order = window.args.get("order")
    by = order.expressions if order else []
    plain = len(by) == 1 and isinstance(by[0].this, exp.Column) and by[0].this.name == N and not by[0].args.get("desc")
    if keys != [f"{alias}.{CUSTOMER}"] or not plain or window.args.get("spec"):
        raise NoSpanError
    for holds, text in _WINDOWS:
        if holds(window.this):
            return _parsed(text)
    raise NoSpanError


def _is_lag(node: exp.Expr) -> bool:
    of = node.this
    return isinstance(node, exp.Lag) and isinstance(of, exp.Column) and of.name == DAY and _is_plain(node)


def _is_plain(node: exp.Expr) -> bool:
    return not node.args.get("offset") and not node.args.get("default")


_WINDOWS: tuple[tuple[Callable[[exp.Expr], bool], str], ...] = (
    (lambda node: isinstance(node, exp.RowNumber), _NTH),
    (_is_lag, _BEFORE),
)


def _parsed(text: str) -> exp.Expr:
    return parse(f"SELECT {text}", ROLLUP).selects[0]
