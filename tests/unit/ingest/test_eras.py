"""Days of Japanese eras: written in words, by letter and in digits; what is no day is none."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from enishi.ingest.eras import parse
from tests.unit.ingest.reading import Reading, source

DAYS = [
    ("昭和55年4月12日", datetime(1980, 4, 12)),
    ("昭和６４年１月７日", datetime(1989, 1, 7)),
    ("平成元年1月8日", datetime(1989, 1, 8)),
    ("令和 元年 5月1日", datetime(2019, 5, 1)),
    ("大正1.7.30", datetime(1912, 7, 30)),
    ("明治45年7月29日", datetime(1912, 7, 29)),
    ("S55.4.12", datetime(1980, 4, 12)),
    ("h01/01/08", datetime(1989, 1, 8)),
    ("S550412", datetime(1980, 4, 12)),
    ("R6-2-29", datetime(2024, 2, 29)),
    ("平成35年3月31日", datetime(2023, 3, 31)),
]
NONE = [
    "昭和1年12月24日",
    "令和元年4月30日",
    "R5-2-29",
    "S55.13.1",
    "平成0年1月8日",
    "S14021",
    "慶応3年1月1日",
    "1980-04-12",
    "",
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_a_day(text: str, day: datetime) -> None:
    assert parse(text) == day


@pytest.mark.parametrize("text", NONE)
def test_no_day(text: str) -> None:
    assert parse(text) is None


def test_a_mapping_reads_them_beside_other_patterns(tmp_path: Path) -> None:
    mapping = source("  - table: stores\n    columns: {store_id: a, open_date: {from: b, format: [era, '%Y/%m/%d']}}")
    reading = Reading(tmp_path)
    staged = reading.stage(mapping, "a,b\n1,昭和55年4月12日\n2,2021/01/02\n3,昭和1年1月1日\n".encode())
    assert [(row["row_no"], row["reason"]) for row in reading.rejects(staged)] == [(4, "impossible_date")]
    rows = Reading(tmp_path).rows(mapping, b"a,b\n1,S55.4.12\n2,2021/01/02\n")["stores"]
    assert [row["open_date"] for row in rows] == [date(1980, 4, 12), date(2021, 1, 2)]
