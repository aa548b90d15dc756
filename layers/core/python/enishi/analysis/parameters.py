"""What a user gives an analysis: read, checked and completed with defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from enishi.analysis.days import read_day
from enishi.analysis.library import parameters
from enishi.analysis.model import Analysis, Parameter
from enishi.errors import AnalysisError
from enishi.segment.problems import did_you_mean

Given = Mapping[str, Any]
AS_OF = "as_of"
NOTHING = ("all", "null", "none", "")
"""How a list, a set or a segment says: no restriction."""


@dataclass(frozen=True)
class Kind:
    """A type of parameter: how its text is read."""

    read: Callable[[Reading, Any], Any]
    example: str


@dataclass(frozen=True)
class Reading:
    """One parameter being read: what it is, the words inside its type's brackets, and the days known so far."""

    parameter: Parameter
    words: tuple[str, ...]
    days: Mapping[str, date]


def complete(analysis: Analysis, given: Given, today: date) -> dict[str, Any]:
    """Every parameter's value by name; `as_of` is always among them.

    Args:
        given: text as from a command line, or values of the type itself.
        today: the business day on which the question is asked.

    Raises:
        AnalysisError: a parameter that does not exist, a required one that is missing, or a value that does not fit.
    """
    declared = {parameter.name: parameter for parameter in parameters(analysis)}
    declared.setdefault(AS_OF, Parameter(name=AS_OF, type="date", default="yesterday", label_ja="基準日"))
    _refuse_strangers(analysis, given, declared)
    days = {"today": today, "yesterday": today - timedelta(days=1)}
    values: dict[str, Any] = {}
    for parameter in _in_reading_order(declared.values()):
        values[parameter.name] = _value(analysis, parameter, given, days)
        if isinstance(values[parameter.name], date):
            days[parameter.name] = values[parameter.name]
    _check_order(analysis, values)
    return {name: values[name] for name in declared}


def _refuse_strangers(analysis: Analysis, given: Given, declared: Mapping[str, Parameter]) -> None:
    for name in given:
        if name not in declared:
            raise AnalysisError(
                f"{analysis.id} has no parameter {name}", where=f"-p {name}", remedy=did_you_mean(name, declared)
            )


def _in_reading_order(declared: Sequence[Parameter] | Any) -> list[Parameter]:
    """`as_of` first, then days that may start from it, each after those that its default names."""
    waiting = sorted(declared, key=lambda parameter: parameter.name != AS_OF)
    dates = {parameter.name for parameter in waiting if parameter.type == "date"}
    ordered: list[Parameter] = []
    while waiting:
        known = {parameter.name for parameter in ordered}
        free = [p for p in waiting if not (_words(str(p.default)) & dates - known - {p.name})]
        ordered += free or waiting
        waiting = [p for p in waiting if free and p not in free]
    return ordered


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]+", text))


def _value(analysis: Analysis, parameter: Parameter, given: Given, days: Mapping[str, date]) -> Any:
    kind, words = _kind(analysis, parameter)
    raw = given.get(parameter.name, parameter.default)
    if isinstance(raw, str) and raw == "required":
        raise AnalysisError(
            f"{analysis.id} needs {parameter.name}",
            where=f"-p {parameter.name}",
            remedy=f"Give it: {parameter.name}={kind.example}",
        )
    try:
        value = kind.read(Reading(parameter, words, days), raw)
    except AnalysisError as error:
        raise AnalysisError(error.what, where=f"-p {parameter.name}", remedy=error.remedy) from None
    _check_range(parameter, value)
    return value


def _kind(analysis: Analysis, parameter: Parameter) -> tuple[Kind, tuple[str, ...]]:
    name, _, rest = parameter.type.partition("(")
    if name not in KINDS:
        where = f"{analysis.place}: {parameter.name}"
        raise AnalysisError(f"there is no type {name}", where=where, remedy=did_you_mean(name, KINDS))
    return KINDS[name], tuple(word.strip() for word in rest.rstrip(")").split(",") if word.strip())


def _check_range(parameter: Parameter, value: Any) -> None:
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            continue
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            bounds = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
            raise AnalysisError(
                f"{number} is outside {bounds}", where=f"-p {parameter.name}", remedy=f"Give a number in {bounds}."
            )


def _check_order(analysis: Analysis, values: Mapping[str, Any]) -> None:
    start, end = values.get("period_start"), values.get("period_end")
    if isinstance(start, date) and isinstance(end, date) and start > end:
        raise AnalysisError(
            f"the period of {analysis.id} ends before it starts",
            where="-p period_start",
            remedy=f"Give a day up to {end}.",
        )


def _date(reading: Reading, raw: Any) -> date | None:
    if raw is None or raw == "null":
        return None
    return raw if isinstance(raw, date) else read_day(str(raw), reading.days)


def _int(_: Reading, raw: Any) -> int | None:
    if raw is None or raw == "null":
        return None
    if isinstance(raw, bool):
        raise AnalysisError(f"{raw} is not a whole number", remedy="Write digits.")
    try:
        return int(str(raw))
    except ValueError:
        raise AnalysisError(f"{raw!r} is not a whole number", remedy="Write digits.") from None


def _decimal(_: Reading, raw: Any) -> Decimal | None:
    if raw is None or raw == "null":
        return None
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        raise AnalysisError(f"{raw!r} is not a number", remedy="Write a number.") from None
    if not number.is_finite():
        raise AnalysisError(f"{raw!r} is not a number", remedy="Write a number.")
    return number


def _double(reading: Reading, raw: Any) -> float | None:
    number = _decimal(reading, raw)
    return None if number is None else float(number)


def _ratio(reading: Reading, raw: Any) -> float | None:
    """`0.95` or `95%`."""
    if isinstance(raw, str) and raw.endswith("%"):
        return (_double(reading, raw[:-1]) or 0.0) / 100
    return _double(reading, raw)


def _bool(_: Reading, raw: Any) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(raw).lower() not in known:
        raise AnalysisError(f"{raw!r} is not true or false", remedy="Write true or false.")
    return known[str(raw).lower()]


def _enum(reading: Reading, raw: Any) -> str | None:
    if raw is None:
        return None
    if str(raw) not in reading.words:
        raise AnalysisError(f"{raw!r} is not a choice of it", remedy=did_you_mean(str(raw), reading.words))
    return str(raw)


def _string(_: Reading, raw: Any) -> str | None:
    return None if raw is None or raw == "null" else str(raw)


def _list(reading: Reading, raw: Any) -> tuple[Any, ...] | None:
    """Values with commas between them, or a list; `all` = no restriction."""
    if raw is None or (isinstance(raw, str) and raw in NOTHING):
        return None
    items = [part.strip() for part in raw.split(",")] if isinstance(raw, str) else raw
    items = items if isinstance(items, list | tuple) else [items]
    read = KINDS[reading.words[0]].read if reading.words else _string
    return tuple(read(reading, item) for item in items)


def _set(_: Reading, raw: Any) -> Any:
    """A segment or a product set: an id, or a condition as JSON; `all` = no restriction."""
    if raw is None or (isinstance(raw, str) and raw in NOTHING):
        return None
    if isinstance(raw, str) and raw.lstrip().startswith(("{", "[")):
        try:
            return json.loads(raw)
        except json.JSONDecodeError:
            raise AnalysisError("this is not JSON", remedy="Correct the condition.") from None
    return raw


KINDS: Mapping[str, Kind] = {
    "date": Kind(_date, "2026-11-20"),
    "int": Kind(_int, "10"),
    "bool": Kind(_bool, "true"),
    "enum": Kind(_enum, "…"),
    "string": Kind(_string, "text"),
    "double": Kind(_double, "0.5"),
    "ratio": Kind(_ratio, "0.95"),
    "money": Kind(_decimal, "5000"),
    "list": Kind(_list, "a,b"),
    "axis": Kind(_string, "prefecture"),
    "segment": Kind(_set, "vip"),
    "product_set": Kind(_set, '\'{"category": "家電"}\''),
    "sql": Kind(_string, "'SELECT …'"),
}
