"""Tests on one column: a registry of operators, each with the kinds of column that it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlglot import exp

from enishi.segment.bounds import parse_number
from enishi.segment.condition import Ask
from enishi.segment.durations import Day, Duration, Period, parse_day, parse_period, shift
from enishi.segment.problems import did_you_mean, problem
from enishi.segment.sql import every, some, value

Kind = Literal["text", "number", "date", "instant", "flag", "own", "age"]
Test = Callable[[exp.Expr, Any, Ask], exp.Expr]

KINDS: Mapping[str, Kind] = {
    "string": "text",
    "int": "number",
    "bigint": "number",
    "double": "number",
    "date": "date",
    "timestamp": "instant",
    "boolean": "flag",
}
"""Declared column types that a test can be written on."""

UNKNOWN_YEAR = date(2, 1, 1)
"""Birth dates before it have no year: only month and day are known."""


def _a_number(given: object) -> Decimal:
    return parse_number(given)


def _a_text(given: object) -> str:
    if isinstance(given, bool | float | date) or not isinstance(given, str | int):
        raise problem(f"{given!r} is not text", "Put the value in quotes.")
    return str(given)


def _a_flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise problem(f"{given!r} is not true or false", "Write true or false.")
    return given


def _own(given: object) -> str | Decimal | date:
    """Own columns are text; a number or a date is compared as such where the text can be read so."""
    if isinstance(given, bool):
        return "true" if given else "false"
    return given if isinstance(given, str | date) else parse_number(given)


def _an_age(given: object) -> int:
    number = parse_number(given)
    if number != number.to_integral_value() or not 0 <= number <= 150:
        raise problem(f"{given!r} is not an age", "Write whole years.")
    return int(number)


_OPERANDS: Mapping[Kind, Callable[[object], Any]] = {
    "text": _a_text,
    "number": _a_number,
    "date": parse_day,
    "instant": parse_day,
    "flag": _a_flag,
    "own": _own,
    "age": _an_age,
}


def _read_one(kind: Kind, given: object) -> Any:
    return _OPERANDS[kind](given)


def _read_list(kind: Kind, given: object) -> Any:
    items = given if isinstance(given, list | tuple) else [given]
    if not items:
        raise problem("the list is empty", "Write at least one value.")
    return [_OPERANDS[kind](item) for item in items]


def _read_pair(kind: Kind, given: object) -> Any:
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise problem("between takes two values", "Write between: [low, high].")
    return [_OPERANDS[kind](item) for item in given]


def _read_flag(_: Kind, given: object) -> Any:
    return _a_flag(given)


def _read_text(_: Kind, given: object) -> Any:
    if not (text := _a_text(given)):
        raise problem("the text is empty", "Write at least one character.")
    return text


def _read_month(_: Kind, given: object) -> Any:
    named = {"this month": 0, "next month": 1, "last month": -1}
    if isinstance(given, str) and given in named:
        return Day(distance=Duration(abs(named[given]), "month"), sign=-1 if named[given] < 0 else 1)
    if type(given) is int and 1 <= given <= 12:
        return given
    raise problem(f"{given!r} is not a month", "Write 1 to 12, this month, next month or last month.")


def _read_day(_: Kind, given: object) -> Any:
    return parse_day(given)


def _read_period(_: Kind, given: object) -> Any:
    return parse_period(given)


def _plain(operand: Any, ask: Ask) -> exp.Expr:
    if isinstance(operand, Day):
        return value(operand.at(ask.moment))
    if isinstance(operand, Decimal) and operand == operand.to_integral_value():
        return value(int(operand))
    return value(operand)


def _typed(column: exp.Expr, operand: Any) -> exp.Expr:
    """An own column read as the operand's type, null where the text is not one."""
    kinds = {Decimal: "double", date: "date"}
    if isinstance(column, exp.Bracket) and type(operand) in kinds:
        return exp.TryCast(this=column.copy(), to=exp.DataType.build(kinds[type(operand)]))
    return column.copy()


def _compare(kind: type[exp.Binary]) -> Test:
    return lambda column, operand, ask: kind(this=_typed(column, operand), expression=_plain(operand, ask))


def _among(column: exp.Expr, operands: list[Any], ask: Ask) -> exp.Expr:
    return exp.paren(some([_compare(exp.EQ)(column, operand, ask) for operand in operands]))


def _not_among(column: exp.Expr, operands: list[Any], ask: Ask) -> exp.Expr:
    return every([_compare(exp.NEQ)(column, operand, ask) for operand in operands])


def _between(column: exp.Expr, operands: list[Any], ask: Ask) -> exp.Expr:
    low, high = operands
    return every([_compare(exp.GTE)(column, low, ask), _compare(exp.LTE)(column, high, ask)])


def _is_null(column: exp.Expr, wanted: bool, _: Ask) -> exp.Expr:
    test = exp.Is(this=column.copy(), expression=exp.null())
    return test if wanted else exp.not_(test)


def _starts_with(column: exp.Expr, text: str, _: Ask) -> exp.Expr:
    head = exp.Substring(this=column.copy(), start=value(1), length=value(len(text)))
    return exp.EQ(this=head, expression=value(text))


def _contains(column: exp.Expr, text: str, _: Ask) -> exp.Expr:
    return exp.GT(this=exp.StrPosition(this=column.copy(), substr=value(text)), expression=value(0))


def _month_of(column: exp.Expr, month: int | Day, ask: Ask) -> exp.Expr:
    number = month.at(ask.moment).month if isinstance(month, Day) else month
    return exp.EQ(this=exp.Month(this=column.copy()), expression=value(number))


def _anniversary(column: exp.Expr, operand: Day, ask: Ask) -> exp.Expr:
    """The month and day come round on that day; 29 February comes on the 28th of other years."""
    day = operand.at(ask.moment)
    leapless = (day.month, day.day) == (2, 28) and shift(day, Duration(1, "day"), 1).month == 3
    days = [value(day.day), value(29)] if leapless else [value(day.day)]
    on_day = exp.In(this=exp.Day(this=column.copy()), expressions=days)
    return every([exp.EQ(this=exp.Month(this=column.copy()), expression=value(day.month)), on_day])


def _within(column: exp.Expr, period: Period, ask: Ask) -> exp.Expr:
    return ask.happened(period, day=column)


def _within_instants(column: exp.Expr, period: Period, ask: Ask) -> exp.Expr:
    return ask.happened(period, at=column)


def _born_by(column: exp.Expr, years: int, ask: Ask) -> exp.Expr:
    """At least that many complete years old."""
    latest = shift(ask.moment.day, Duration(years, "year"), -1)
    return exp.LTE(this=column.copy(), expression=value(latest))


def _aged(tests: Callable[[exp.Expr, Any, Ask], list[exp.Expr]]) -> Test:
    def build(column: exp.Expr, operand: Any, ask: Ask) -> exp.Expr:
        known = exp.GTE(this=column.copy(), expression=value(UNKNOWN_YEAR))
        return every([known, *tests(column, operand, ask)])

    return build


def _exact_age(column: exp.Expr, years: int, ask: Ask) -> exp.Expr:
    return every([_born_by(column, years, ask), exp.not_(_born_by(column, years + 1, ask))])


@dataclass(frozen=True)
class Operator:
    """How an operand is read, and the test that it makes, by kind of column."""

    read: Callable[[Kind, object], Any]
    tests: Mapping[Kind, Test]


def _for(kinds: tuple[Kind, ...], test: Test, age: Test | None = None) -> Mapping[Kind, Test]:
    return {**dict.fromkeys(kinds, test), **({"age": age} if age else {})}


_ANY: tuple[Kind, ...] = ("text", "number", "date", "flag", "own")
_ORDERED: tuple[Kind, ...] = ("text", "number", "date", "own")

OPERATORS: Mapping[str, Operator] = {
    "equals": Operator(_read_one, _for(_ANY, _compare(exp.EQ), _aged(lambda c, n, a: [_exact_age(c, n, a)]))),
    "not_equals": Operator(
        _read_one, _for(_ANY, _compare(exp.NEQ), _aged(lambda c, n, a: [exp.not_(_exact_age(c, n, a))]))
    ),
    "in": Operator(
        _read_list, _for(_ANY, _among, _aged(lambda c, ns, a: [exp.paren(some(_exact_age(c, n, a) for n in ns))]))
    ),
    "not_in": Operator(
        _read_list, _for(_ANY, _not_among, _aged(lambda c, ns, a: [exp.not_(_exact_age(c, n, a)) for n in ns]))
    ),
    "between": Operator(
        _read_pair,
        _for(_ORDERED, _between, _aged(lambda c, ns, a: [_born_by(c, ns[0], a), exp.not_(_born_by(c, ns[1] + 1, a))])),
    ),
    "at_least": Operator(_read_one, _for(_ORDERED, _compare(exp.GTE), _aged(lambda c, n, a: [_born_by(c, n, a)]))),
    "at_most": Operator(
        _read_one, _for(_ORDERED, _compare(exp.LTE), _aged(lambda c, n, a: [exp.not_(_born_by(c, n + 1, a))]))
    ),
    "above": Operator(_read_one, _for(_ORDERED, _compare(exp.GT), _aged(lambda c, n, a: [_born_by(c, n + 1, a)]))),
    "below": Operator(
        _read_one, _for(_ORDERED, _compare(exp.LT), _aged(lambda c, n, a: [exp.not_(_born_by(c, n, a))]))
    ),
    "is_null": Operator(_read_flag, _for((*_ANY, "instant", "age"), _is_null)),
    "starts_with": Operator(_read_text, _for(("text", "own"), _starts_with)),
    "contains": Operator(_read_text, _for(("text", "own"), _contains)),
    "month_of": Operator(_read_month, _for(("date",), _month_of)),
    "anniversary": Operator(_read_day, _for(("date",), _anniversary)),
    "within": Operator(_read_period, {"date": _within, "instant": _within_instants}),
}


@dataclass(frozen=True)
class ColumnTest:
    """Everything that must hold of one column, with operands read and checked."""

    kind: Kind
    operands: tuple[tuple[str, Any], ...]

    def on(self, column: exp.Expr, ask: Ask) -> exp.Expr:
        """The test on `column`; null where the column is null and nothing asks for null."""
        return every([OPERATORS[name].tests[self.kind](column, operand, ask) for name, operand in self.operands])


def read_test(name: str, kind: Kind, given: object) -> ColumnTest:
    """A written test: a bare value is equality, a list is membership, null asks for no value, else operators."""
    if isinstance(given, Mapping):
        return ColumnTest(kind, tuple(_operand(name, kind, str(key), item) for key, item in _not_empty(given).items()))
    if given is None:
        return ColumnTest(kind, (("is_null", True),))
    operator = "in" if isinstance(given, list | tuple) else "equals"
    return ColumnTest(kind, (_operand(name, kind, operator, given),))


def _not_empty(given: Mapping[Any, Any]) -> Mapping[Any, Any]:
    if not given:
        raise problem("the test is empty", f"Write a value, or one of {', '.join(OPERATORS)}.")
    return given


def _operand(name: str, kind: Kind, operator: str, given: object) -> tuple[str, Any]:
    fitting = [known for known, found in OPERATORS.items() if kind in found.tests]
    if operator not in OPERATORS:
        raise problem(f"{name} has no operator {operator}", did_you_mean(operator, fitting))
    if operator not in fitting:
        raise problem(f"{operator} does not fit the column {name}", f"Use one of {', '.join(fitting)}.")
    return operator, OPERATORS[operator].read(kind, given)
