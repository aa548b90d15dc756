"""What a customer bought in a span of days, from one row of the rollup: nothing is unfolded, nothing is grouped.

A SELECT that groups purchases by customer and asks for no more than counts, sums and ends of spans of days becomes one
over `customer_facts`: how many purchases lie before a day is counted in `purchase_dates`, and what they sum to stands
in `running_amounts` at that place. Both hold whatever the order of the days is; where everybody's days follow the order
of N, the place of the first day that is too late tells the count, and the day before it is the last of the span.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlglot import exp

from enishi.lake.sql import column, parse

ROLLUP = "customer_facts"
DAY, AMOUNT, CUSTOMER = "purchase_date", "amount", "customer_id"
_FIRST, _LAST = "first_purchase_date", "last_purchase_date"
_ROLLUP = "f"
_SPANS = "spans"
_HELD = """
SELECT
  f.customer_id,
  CAST(f.purchases AS BIGINT) AS purchases,
  CAST(f.amount AS DECIMAL(17, 2)) AS amount,
  f.first_purchase_date,
  f.last_purchase_date,
  f.purchase_dates,
  f.running_amounts
"""
"""What the outer SELECT may need of a row; sums and differences of 17 digits are numbers of one word."""
_BELOW: Mapping[type[exp.Expr], type[exp.Expr]] = MappingProxyType({exp.GT: exp.LTE, exp.GTE: exp.LT})
"""A lower end → what is true of the days before the span."""
UNKNOWN_PARTS = ("with_", "distinct", "order", "limit", "offset", "windows", "qualify", "laterals")
_OTHERWISE: Mapping[type[exp.Expr], type[exp.Binary]] = MappingProxyType({exp.LTE: exp.GT, exp.LT: exp.GTE})
"""A test of a day → what holds where it does not."""
_MIRRORED: Mapping[type[exp.Expr], type[exp.Binary]] = MappingProxyType(
    {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}
)


class NoSpanError(Exception):
    """The SELECT asks for something else."""


@dataclass(frozen=True)
class Span:
    """Tests of a day, each `day <operator> <moment>`: all hold inside."""

    lower: tuple[exp.Expr, ...] = ()
    upper: tuple[exp.Expr, ...] = ()

    def within(self, other: Span) -> Span:
        return Span((*self.lower, *other.lower), (*self.upper, *other.upper))


@dataclass
class _Places:
    """Counts of purchases, each computed once a customer: text of the test → name of the column."""

    in_order: bool
    """Whether everybody's days follow the order of N."""
    columns: dict[str, exp.Expr] = field(default_factory=dict)

    def name(self, given: exp.Expr, kind: str) -> exp.Expr:
        for name, known in self.columns.items():
            if known == given:
                return column(_SPANS, name)
        name = f"{kind}_{len(self.columns) + 1}"
        self.columns[name] = given
        return column(_SPANS, name)


def in_spans(select: exp.Select, source: exp.Expr, *, in_order: bool = False) -> exp.Select | None:
    """The SELECT over `source`, rows of the rollup under the alias `f`, that gives what `select` gives.

    `select` reads purchases first of all, under any alias. None where it asks for anything but spans of days. `source`
    is what stands after FROM: the rollup, and the conditions of its rows if any. `in_order`: whether everybody's days
    follow the order of N.
    """
    try:
        return _rewritten(select.copy(), source, _Places(in_order))
    except NoSpanError:
        return None


def span(where: exp.Expr | None, alias: str) -> Span:
    """The span of days that a WHERE clause says of the relation `alias`.

    Raises:
        NoSpanError: it says something else.
    """
    return _span(_conjuncts(where), alias)


def places(span: Span) -> tuple[exp.Expr, exp.Expr]:
    """How many purchases of a row `f` of the rollup lie before the span, and how many until its end.

    Days must follow the order of N.
    """
    tests = [_BELOW[type(test)](this=test.this, expression=test.expression) for test in span.lower]
    none = exp.cast(exp.Literal.number(0), exp.DataType.build("BIGINT"))
    every = exp.cast(column(_ROLLUP, "purchases"), exp.DataType.build("BIGINT"))
    before = _counting(exp.or_(*tests), in_order=True) if tests else none
    return before, _counting(exp.and_(*span.upper), in_order=True) if span.upper else every


def _rewritten(select: exp.Select, source: exp.Expr, places: _Places) -> exp.Select:
    alias = select.args["from_"].this.alias_or_name
    others = _crossed(select)
    keys = _keys(select, alias, others)
    whole = _span(_conjuncts(select.args.get("where")), alias)
    columns = [_column(each, alias, whole, places) for each in select.selects]
    found = exp.select(*columns).where(_is_bought(whole, places))
    having = select.args.get("having")
    if having is not None:
        found = found.where(_substituted(having.this.copy(), alias, whole, places))
    inner = exp.select(*parse(_HELD, ROLLUP).selects, *keys)
    inner = inner.select(*[exp.alias_(given, name) for name, given in places.columns.items()])
    inner = inner.from_(source.copy())
    for other in others:
        inner = inner.join(other.this.copy(), join_type="cross")
    return found.from_(exp.alias_(exp.Subquery(this=inner), _SPANS, table=True))


def _crossed(select: exp.Select) -> list[exp.Join]:
    """The joins: each a CROSS JOIN with distinct rows."""
    joins: list[exp.Join] = select.args.get("joins") or []
    if any(select.args.get(part) for part in UNKNOWN_PARTS):
        raise NoSpanError
    for join in joins:
        inner = join.this.this if isinstance(join.this, exp.Subquery) else None
        if join.kind != "CROSS" or not isinstance(inner, exp.Select) or not inner.args.get("distinct"):
            raise NoSpanError
    return joins


def _keys(select: exp.Select, alias: str, others: list[exp.Join]) -> list[exp.Expr]:
    """The columns of the other relations: together with the customer they must be what is grouped by."""
    group = select.args.get("group")
    wanted = [
        exp.column(each.alias_or_name, table=join.this.alias) for join in others for each in join.this.this.selects
    ]
    if group is None or any(group.args.get(kind) for kind in ("cube", "rollup", "grouping_sets", "all")):
        raise NoSpanError
    given = {(each.table or alias, each.name) for each in group.expressions if isinstance(each, exp.Column)}
    needed = {(alias, CUSTOMER), *((each.table, each.name) for each in wanted)}
    if len(given) != len(group.expressions) or given != needed:
        raise NoSpanError
    return list(wanted)


def _column(given: exp.Expr, alias: str, whole: Span, places: _Places) -> exp.Expr:
    name = given.alias_or_name
    if not name:
        raise NoSpanError
    return exp.alias_(_substituted(given.unalias().copy(), alias, whole, places), name)


def _substituted(tree: exp.Expr, alias: str, whole: Span, places: _Places) -> exp.Expr:
    """`tree` with each aggregate in the words of the rollup's row; what is left may name keys only."""
    root = exp.Paren(this=tree)
    aggregates = [node for node in root.find_all(exp.AggFunc) if node.find_ancestor(exp.AggFunc) is None]
    if root.find(exp.Window, exp.Subquery, exp.Lambda):
        raise NoSpanError
    for node in aggregates:
        node.replace(_aggregate(node, alias, whole, places))
    for found in list(root.find_all(exp.Column)):
        if found.table == _SPANS:
            continue
        if found.table in ("", alias) and found.name != CUSTOMER:
            raise NoSpanError
        found.replace(column(_SPANS, found.name))
    inside: exp.Expr = root.this
    return inside


def _aggregate(node: exp.Expr, alias: str, whole: Span, places: _Places) -> exp.Expr:
    if isinstance(node, exp.Count | exp.CountIf):
        inner = _counted(node, alias)
        return _count(whole.within(inner), places)
    if not isinstance(node, exp.Sum | exp.Max | exp.Min):
        raise NoSpanError
    inner, of = _valued(node.this, alias)
    if not isinstance(of, exp.Column) or of.table not in ("", alias):
        raise NoSpanError
    for kind, name, build in _VALUES:
        if isinstance(node, kind) and of.name == name:
            return build(whole.within(inner), places)
    raise NoSpanError


def _counted(node: exp.Expr, alias: str) -> Span:
    if isinstance(node, exp.CountIf):
        return _span(_flat(node.this), alias)
    if not isinstance(node.this, exp.Star) or node.args.get("expressions"):
        raise NoSpanError
    return Span()


def _valued(given: exp.Expr, alias: str) -> tuple[Span, exp.Expr]:
    """`CASE WHEN <span> THEN x END` as the span and x."""
    if not isinstance(given, exp.Case):
        return Span(), given
    branches = given.args["ifs"]
    if given.this is not None or given.args.get("default") is not None or len(branches) != 1:
        raise NoSpanError
    return _span(_flat(branches[0].this), alias), branches[0].args["true"]


def _conjuncts(where: exp.Expr | None) -> list[exp.Expr]:
    return [] if where is None else _flat(where.this)


def _flat(test: exp.Expr) -> list[exp.Expr]:
    inner = test.unnest()
    return [part for each in inner.flatten() for part in _flat(each)] if isinstance(inner, exp.And) else [inner]


def _span(tests: list[exp.Expr], alias: str) -> Span:
    span = Span()
    for test in tests:
        for one in _bounds(test):
            span = span.within(_bound(one, alias))
    return span


def _bounds(test: exp.Expr) -> list[exp.Expr]:
    if isinstance(test, exp.Boolean) and test.this:
        return []
    if isinstance(test, exp.Between) and not test.args.get("symmetric"):
        low, high = test.args["low"], test.args["high"]
        return [exp.GTE(this=test.this, expression=low), exp.LTE(this=test.this, expression=high)]
    return [test]


def _bound(test: exp.Expr, alias: str) -> Span:
    test = type(test)(this=test.this.unnest(), expression=test.expression.unnest()) if type(test) in _MIRRORED else test
    if type(test) in _MIRRORED and _is_day(test.expression, alias):
        test = _MIRRORED[type(test)](this=test.expression, expression=test.this)
    if type(test) not in _MIRRORED or not _is_day(test.this, alias) or _names(test.expression, alias):
        raise NoSpanError
    return Span((test.copy(),)) if type(test) in _BELOW else Span(upper=(test.copy(),))


def _is_day(node: exp.Expr, alias: str) -> bool:
    return isinstance(node, exp.Column) and node.name == DAY and node.table in ("", alias)


def _names(node: exp.Expr, alias: str) -> bool:
    """Whether the end of a span depends on the purchase, or on what cannot be told."""
    return any(found.table in ("", alias) for found in node.find_all(exp.Column)) or node.find(exp.Query) is not None


def _before(span: Span, places: _Places) -> exp.Expr | None:
    """How many purchases lie before the span; None where it has no lower end."""
    if not span.lower:
        return None
    tests = [_BELOW[type(test)](this=test.this, expression=test.expression) for test in span.lower]
    return places.name(_counting(exp.or_(*tests, copy=False), in_order=places.in_order), "before")


def _until(span: Span, places: _Places) -> exp.Expr:
    """How many purchases lie before the span's upper end."""
    if not span.upper:
        return column(_SPANS, "purchases")
    return places.name(_counting(exp.and_(*span.upper), in_order=places.in_order), "until")


def _counting(test: exp.Expr, *, in_order: bool) -> exp.Expr:
    """How many purchases lie before a moment; the ends of a row tell it for most, and nothing is gone through there.

    `test` holds for every day before one for which it holds.
    """
    every = exp.cast(column(_ROLLUP, "purchases"), exp.DataType.build("BIGINT"))
    none = exp.cast(exp.Literal.number(0), exp.DataType.build("BIGINT"))
    told = exp.case().when(_at(test, _LAST), every).when(exp.not_(_at(test, _FIRST)), none)
    return told.else_(_up_to_the_first_without(test) if in_order else exp.ArraySize(this=_days(test)))


def _up_to_the_first_without(test: exp.Expr) -> exp.Expr:
    """How many days come before the first that does not pass the test; there is one."""
    negated = _OTHERWISE.get(type(test))
    late = negated(this=test.this, expression=test.expression) if negated else exp.not_(test)
    found = exp.Transform(this=column(_ROLLUP, "purchase_dates"), expression=_of_day(late))
    return exp.Sub(this=exp.ArrayPosition(this=found, expression=exp.true()), expression=exp.Literal.number(1))


def _at(test: exp.Expr, name: str) -> exp.Expr:
    """The test of a day as one of the column `name` of the row."""
    inside = exp.Paren(this=test.copy())
    for found in [node for node in inside.find_all(exp.Column) if node.name == DAY]:
        found.replace(column(_ROLLUP, name))
    return inside


def _days(test: exp.Expr) -> exp.Expr:
    """The days of purchases that pass the test."""
    return exp.ArrayFilter(this=column(_ROLLUP, "purchase_dates"), expression=_of_day(test))


def _of_day(test: exp.Expr) -> exp.Lambda:
    """The test as a function of a day."""
    day = exp.to_identifier("bought_on")
    inside = exp.Paren(this=test.copy())
    for found in [node for node in inside.find_all(exp.Column) if node.name == DAY]:
        found.replace(day.copy())
    return exp.Lambda(this=inside.this, expressions=[day])


def _count(span: Span, places: _Places) -> exp.Expr:
    before, until = _before(span, places), _until(span, places)
    if before is None:
        return until
    some = exp.Sub(this=until.copy(), expression=before.copy())
    return exp.case().when(exp.GT(this=until, expression=before), some).else_(exp.Literal.number(0))


def _sum(span: Span, places: _Places) -> exp.Expr:
    """What lies before the upper end less what lies before the lower one; null for a span without purchases."""
    before, until = _before(span, places), _until(span, places)
    top = _running(until, column(_SPANS, "amount")) if span.upper else column(_SPANS, "amount")
    whole = top if before is None else exp.Sub(this=top, expression=_running(before))
    return exp.case().when(_is_bought(span, places), whole)


def _running(place: exp.Expr, every: exp.Expr | None = None) -> exp.Expr:
    """What the purchases before `place` sum to; `every` is what all sum to, where `place` may stand behind the last."""
    at = exp.Bracket(this=column(_SPANS, "running_amounts"), expressions=[place.copy()], offset=1, safe=True)
    found = exp.case()
    if every is not None:
        found = found.when(exp.EQ(this=place.copy(), expression=column(_SPANS, "purchases")), every)
    some = exp.GT(this=place.copy(), expression=exp.Literal.number(0))
    return found.when(some, at).else_(exp.Literal.number(0))


def _last(span: Span, places: _Places) -> exp.Expr:
    last: exp.Expr = column(_SPANS, _LAST)
    if span.upper and places.in_order:
        until = _until(span, places)
        every = exp.EQ(this=until.copy(), expression=column(_SPANS, "purchases"))
        last = exp.case().when(every, last).else_(_day_at(until))
    elif span.upper:
        last = places.name(_end(exp.and_(*span.upper), _LAST, exp.ArrayMax), "last")
    return exp.case().when(_is_bought(span, places), last)


def _first(span: Span, places: _Places) -> exp.Expr:
    first: exp.Expr = column(_SPANS, _FIRST)
    before = _before(span, places)
    if before is not None and places.in_order:
        first = _day_at(exp.Add(this=before, expression=exp.Literal.number(1)))
    elif before is not None:
        first = places.name(_end(exp.and_(*span.lower), _FIRST, exp.ArrayMin), "first")
    return exp.case().when(_is_bought(span, places), first)


def _day_at(place: exp.Expr) -> exp.Expr:
    """The day of the purchase at a place; null behind the last."""
    return exp.Bracket(this=column(_SPANS, "purchase_dates"), expressions=[place], offset=1, safe=True)


def _end(test: exp.Expr, name: str, best: type[exp.Func]) -> exp.Expr:
    """The best of the days that pass the test: that of the row, if it passes."""
    return exp.case().when(_at(test, name), column(_ROLLUP, name)).else_(best(this=_days(test)))


def _is_bought(span: Span, places: _Places) -> exp.Expr:
    """Whether a purchase lies in the span: the row's last or first one tells it where the span has one end."""
    before = _before(span, places)
    if before is not None and span.upper:
        return exp.GT(this=_until(span, places), expression=before)
    if not span.lower and not span.upper:
        return exp.true()
    tests, name = (span.lower, _LAST) if span.lower else (span.upper, _FIRST)
    return places.name(_at(exp.and_(*tests), name), "some")


_VALUES = ((exp.Sum, AMOUNT, _sum), (exp.Max, DAY, _last), (exp.Min, DAY, _first))
"""An aggregate of a column, and what it is in the words of the rollup."""
