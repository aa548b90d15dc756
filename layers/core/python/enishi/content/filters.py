"""The filters of templates: a short list, each one bounded in time and in what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined
from jinja2.exceptions import FilterArgumentError
from jinja2.filters import do_default, do_lower, do_trim, do_upper

from enishi.content.limits import METER

Filter = Callable[..., Any]
LARGEST = 10**15
WEEKDAYS = "月火水木金土日"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CURRENCIES: Mapping[str, tuple[str, int, str]] = {"JPY": ("", 0, "円"), "USD": ("$", 2, ""), "EUR": ("€", 2, "")}
"""What stands before the amount, its decimals, what stands after."""


def _number(value: Any) -> Decimal:
    if isinstance(value, Undefined) or value is None:
        raise FilterArgumentError("a number is needed and there is none")
    try:
        number = Decimal(str(value)[:40])
    except InvalidOperation:
        raise FilterArgumentError("a number is needed and this is a text") from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise FilterArgumentError("a number of ordinary size is needed")
    return number


def _whole(value: Any) -> int:
    return int(_number(value).quantize(Decimal(1), ROUND_HALF_UP))


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise FilterArgumentError("a date is needed, as 2026-11-21") from None


def number(value: Any) -> str:
    """12800 → 12,800."""
    return f"{_whole(value):,}"


def yen(value: Any) -> str:
    """12800 → 12,800円."""
    return f"{_whole(value):,}円"


def money(value: Any, currency: str = "JPY") -> str:
    """12.8 in USD → $12.80; in JPY → 13円."""
    if currency not in CURRENCIES:
        raise FilterArgumentError(f"a currency is needed, one of {', '.join(CURRENCIES)}")
    before, decimals, after = CURRENCIES[currency]
    amount = _number(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{'-' if amount < 0 else ''}{before}{abs(amount):,}{after}"


def date_en(value: Any) -> str:
    """2026-11-21 → Sat, Nov 21."""
    day = _day(value)
    return f"{DAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day}"


def date_ja(value: Any) -> str:
    """2026-11-21 → 11月21日(土)."""
    day = _day(value)
    return f"{day.month}月{day.day}日({WEEKDAYS[day.weekday()]})"


def pct(value: Any) -> str:
    """0.15 → 15%."""
    return f"{_whole(_number(value) * 100)}%"


def distance_ja(value: Any) -> str:
    """Kilometres: 0.64 → 約600m, 3.24 → 約3.2km."""
    km = _number(value).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"約{max(100, int(km * 1000))}m" if km < 1 else f"約{km}km"


def truncate_ja(value: Any, length: int = 40) -> str:
    """The first `length` characters, the last of them … when something was cut."""
    text = str(value)
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


def join_texts(value: Iterable[Any], separator: str = "、") -> str:
    """Texts and numbers in one line."""
    return separator.join(str(part) for part in value if isinstance(part, str | int | Decimal))


def pluck(value: Sequence[Mapping[str, Any]], field: str) -> list[Any]:
    """One field of every item."""
    return [item[field] for item in value]


def rows(value: Sequence[Any], width: int = 2) -> list[list[Any]]:
    """Items in rows of `width`, for tables."""
    size = max(1, int(width))
    return [list(value[start : start + size]) for start in range(0, len(value), size)]


def first(value: Sequence[Any]) -> Any:
    """The first item or character; "" of nothing."""
    return value[0] if value else ""


def last(value: Sequence[Any]) -> Any:
    """The last item or character; "" of nothing."""
    return value[-1] if value else ""


def fill(pattern: str, value: Any) -> str:
    """`value` put into the `{}` of an address pattern, percent-encoded."""
    return str(pattern).replace("{}", quote(str(value), safe=""), 1)


def link(url: str, block: str = "", position: int = 0, product_id: str = "") -> str:
    """The signed, counted address of `url`."""
    return METER.get().signer(str(url), block, position, product_id)


FILTERS: Mapping[str, Filter] = {
    "d": do_default,
    "date_en": date_en,
    "date_ja": date_ja,
    "default": do_default,
    "distance_ja": distance_ja,
    "fill": fill,
    "first": first,
    "join": join_texts,
    "last": last,
    "length": len,
    "link": link,
    "lower": do_lower,
    "money": money,
    "number": number,
    "pct": pct,
    "pluck": pluck,
    "rows": rows,
    "trim": do_trim,
    "truncate_ja": truncate_ja,
    "upper": do_upper,
    "yen": yen,
}
TESTS = frozenset({"defined", "undefined", "none", "string", "number", "odd", "even", "divisibleby", "equalto", "in"})
