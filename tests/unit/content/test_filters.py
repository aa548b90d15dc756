"""The filters of templates."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from enishi.content import filters
from enishi.offer.blocks import SOURCES


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("yen", (12800,), "12,800円"),
        ("yen", (999.5,), "1,000円"),
        ("yen", ("-3",), "-3円"),
        ("number", (1234567,), "1,234,567"),
        ("date_ja", ("2026-11-21",), "11月21日(土)"),
        ("date_ja", (date(2026, 11, 1),), "11月1日(日)"),
        ("date_en", ("2017-11-21",), "Tue, Nov 21"),
        ("money", (12800,), "12,800円"),
        ("money", ("12.8", "USD"), "$12.80"),
        ("money", (-1234.565, "USD"), "-$1,234.57"),
        ("pct", (0.15,), "15%"),
        ("pct", (0.005,), "1%"),
        ("distance_ja", (0.64,), "約600m"),
        ("distance_ja", (0.01,), "約100m"),
        ("distance_ja", (0.96,), "約1.0km"),
        ("distance_ja", (3.24,), "約3.2km"),
        ("truncate_ja", ("あいうえお", 5), "あいうえお"),
        ("truncate_ja", ("あいうえおか", 5), "あいうえ…"),
        ("fill", ("https://x.example/{}/{}", "a/b あ"), "https://x.example/a%2Fb%20%E3%81%82/{}"),
        ("join", (["あ", 1, None, {}],), "あ、1"),
        ("rows", ([1, 2, 3], 2), [[1, 2], [3]]),
        ("pluck", ([{"a": 1}, {"a": 2}], "a"), [1, 2]),
        ("first", ([],), ""),
        ("last", ([1, 2],), 2),
    ],
)
def test_filter(name: str, given: tuple[object, ...], shown: object) -> None:
    assert filters.FILTERS[name](*given) == shown


@pytest.mark.parametrize(
    ("name", "given"), [("yen", "たくさん"), ("yen", None), ("yen", "NaN"), ("yen", "1e99"), ("date_ja", "あした")]
)
def test_a_filter_says_what_it_needs(name: str, given: object) -> None:
    with pytest.raises(filters.FilterArgumentError, match="is needed"):
        filters.FILTERS[name](given)


def test_the_docs_name_every_filter_and_every_source() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "templates.md").read_text("utf-8")
    words = set(re.findall(r"`([a-z_]+)", docs))
    assert set(filters.FILTERS) <= words
    assert set(SOURCES) <= words
