"""Limits on a number: at_least, at_most, above, below, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, model_validator
from sqlglot import exp

from enishi.segment.problems import Part, problem
from enishi.segment.sql import every, value


def parse_number(given: object) -> Decimal:
    """A whole or decimal number; text and yes/no are refused, so that a typing slip is not a limit."""
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal) or given != given:
        raise problem(f"{given!r} is not a number", "Write a number without quotes or units.")
    return Decimal(str(given))


Number = Annotated[Decimal, PlainValidator(parse_number)]

_Compare = tuple[type[exp.Binary], Callable[[Decimal, Decimal], bool]]
_OPERATORS: dict[str, _Compare] = {
    "at_least": (exp.GTE, Decimal.__ge__),
    "at_most": (exp.LTE, Decimal.__le__),
    "above": (exp.GT, Decimal.__gt__),
    "below": (exp.LT, Decimal.__lt__),
    "exactly": (exp.EQ, Decimal.__eq__),
}


class Bounds(Part):
    """Limits that all hold; one with no limit at all always holds."""

    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    below: Number | None = None
    exactly: Number | None = None

    @model_validator(mode="after")
    def _possible(self) -> Bounds:
        lowest = max((n for n in (self.at_least, self.above, self.exactly) if n is not None), default=None)
        highest = min((n for n in (self.at_most, self.below, self.exactly) if n is not None), default=None)
        if lowest is not None and highest is not None and lowest > highest:
            raise problem(f"no number is both {lowest} or more and {highest} or less", "Exchange the two limits.")
        return self

    @property
    def given(self) -> dict[str, Decimal]:
        """The limits that were written."""
        return {name: limit for name in _OPERATORS if (limit := getattr(self, name)) is not None}

    def holds(self, number: exp.Expr) -> exp.Expr | None:
        """The limits on `number`; None when there is none."""
        tests = [_OPERATORS[name][0](this=number.copy(), expression=value(_plain(n))) for name, n in self.given.items()]
        return every(tests) if tests else None

    @property
    def admit_zero(self) -> bool:
        """Whether someone with nothing to count is within the limits."""
        return all(_OPERATORS[name][1](Decimal(0), limit) for name, limit in self.given.items())


def _plain(number: Decimal) -> int | Decimal:
    return int(number) if number == number.to_integral_value() else number


def _as_bounds(given: Any) -> Any:
    return given if isinstance(given, Mapping | Bounds) else {"exactly": given}


BoundsField = Annotated[Bounds, BeforeValidator(_as_bounds)]


def parse_share(given: object) -> Decimal:
    """`10%` or 0.1, above 0 and up to 1."""
    text = given.strip() if isinstance(given, str) else ""
    number = text.removesuffix("%").strip()
    if text.endswith("%") and number.replace(".", "", 1).isdigit():
        share = Decimal(number) / 100
    else:
        share = parse_number(given)
    if not 0 < share <= 1:
        raise problem(f"{given!r} is not a share", "Write a share such as 10%.")
    return share


Share = Annotated[Decimal, PlainValidator(parse_share)]
