"""Values as people read them: yen in whole numbers, ratios in percent, nothing as -."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NUMBERS = frozenset({"int", "double", "money", "ratio"})
"""Types that stand on the right."""


def shown(value: Any, kind: str) -> str:
    """The text of a value in a column of that type; null is - (rule DIV0), money is rounded half up (rule MONEY)."""
    if value is None:
        return "-"
    return _SHOWN.get(kind, _plainly)(value)


def _money(value: Any) -> str:
    return f"{Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP):,}"


def _number(value: Any) -> str:
    text = f"{value:,.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2e}"
    return text.rstrip("0").rstrip(".") if "e" not in text else text


def _plainly(value: Any) -> str:
    match value:
        case bool():
            return "はい" if value else "いいえ"
        case list() | tuple():
            return ", ".join(_plainly(item) for item in value)
        case datetime():
            return value.isoformat(sep=" ", timespec="minutes")
        case date():
            return value.isoformat()
        case int() | float() | Decimal():
            return _number(value)
        case _:
            return str(value)


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "money": _money,
    "ratio": lambda value: f"{value * 100:,.1f}%",
    "double": _number,
    "int": lambda value: f"{value:,}",
    "month": lambda value: str(value)[:7],
}
