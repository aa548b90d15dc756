"""Days of Japanese eras (和暦): 昭和55年4月12日, 令和元年5月1日, S55.4.12, H01/01/08, S550412."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from unicodedata import normalize


@dataclass(frozen=True)
class Era:
    """An era by its name and its letter; `start` is its first day."""

    name: str
    letter: str
    start: date


ERAS = (
    Era("明治", "M", date(1868, 1, 25)),
    Era("大正", "T", date(1912, 7, 30)),
    Era("昭和", "S", date(1926, 12, 25)),
    Era("平成", "H", date(1989, 1, 8)),
    Era("令和", "R", date(2019, 5, 1)),
)
_BY_WORD = {word: era for era in ERAS for word in (era.name, era.letter)}
_WRITTEN = re.compile(
    rf"(?P<era>{'|'.join(_BY_WORD)})"
    r"(?:(?P<year>\d{1,2}|元)(?:年|[./-])(?P<month>\d{1,2})(?:月|[./-])(?P<day>\d{1,2})日?"
    r"|(?P<digits>\d{6}))"
)


def parse(text: str) -> datetime | None:
    """The day at midnight; None when it is no such day, or lies before the era began.

    Days after an era's end stand, since forms, cards and leases are printed years ahead (平成35年).
    """
    found = _WRITTEN.fullmatch(re.sub(r"\s", "", normalize("NFKC", text)).upper())
    if found is None:
        return None
    digits = found["digits"]
    year, month, day = (digits[:2], digits[2:4], digits[4:]) if digits else found.group("year", "month", "day")
    era = _BY_WORD[found["era"]]
    try:
        moment = datetime(era.start.year + (1 if year == "元" else int(year)) - 1, int(month), int(day))
    except ValueError:
        return None
    return moment if moment.date() >= era.start else None
