"""What planners choose is said in words: every value of every parameter of the catalogue, on pages and in listings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from enishi.analysis import choices, library
from enishi.analysis.answer import Answer
from enishi.analysis.conditions import conditions, headline
from enishi.analysis.model import Analysis, Parameter
from enishi.analysis.own import example
from enishi.analysis.parameters import complete

Names = Mapping[str, Mapping[str, str]]
TODAY = date(2026, 11, 22)
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)*")
FREE = {"sql", "customer_ids", "campaigns", "segments", "notices", "event_key", "campaign", "catalog_id", "catalog_ids"}
FREE |= {"digital_campaigns", "segment", "question_id", "survey_id", "store_id", "product", "products", "category"}
"""Parameters that name what the retailer has: ids, statements. Names of theirs are looked up in the lake."""


def _parameters() -> list[tuple[Analysis, Parameter]]:
    return [(one, p) for one in library.shipped().values() for p in library.parameters(one) if not p.hidden]


def _answer(analysis: Analysis, given: Mapping[str, Any], names: Names | None = None) -> Answer:
    rows = pa.table({name: pa.nulls(0) for name in analysis.column_names})
    return Answer(analysis, complete(analysis, given, TODAY), rows, names=names or {}, chosen=frozenset(given))


def _said(analysis: str, given: Mapping[str, Any], names: Names | None = None) -> dict[str, str]:
    return {one.name: one.said for one in conditions(_answer(library.get(analysis), given, names))}


def test_no_value_of_the_196_lacks_its_word() -> None:
    assert len(library.shipped()) == 196
    fixed = [(one, parameter) for one, parameter in _parameters() if choices.values(parameter)]
    lacking = [
        f"{one.id}.{parameter.name}={value}"
        for one, parameter in fixed
        for value in choices.values(parameter)
        if not (word := choices.words(one, parameter).get(value)) or not (word.ja and word.en)
    ]
    assert len({parameter.name for _, parameter in fixed}) > 40
    assert lacking == []


def test_no_word_stands_for_a_value_that_cannot_be_chosen() -> None:
    chosen: dict[str, set[str]] = {}
    for one, parameter in _parameters():
        own = f"{one.id}.{parameter.name}"
        key = own if own in choices.choices() else parameter.name
        chosen.setdefault(key, set()).update(choices.words(one, parameter))
    left = {key: set(words) - chosen.get(key, set()) for key, words in choices.choices().items() if key != "nothing"}
    assert {key: words for key, words in left.items() if words} == {}


@pytest.mark.parametrize("name", sorted(library.shipped()))
def test_no_condition_of_an_answer_is_a_code(name: str) -> None:
    analysis = library.get(name)
    shown = conditions(_answer(analysis, example(analysis)))
    coded = {one.name: one.said for one in shown if one.name not in FREE and CODE.search(one.said)}
    assert coded == {}
    assert all(one.label for one in shown)


def test_values_stand_by_their_words_and_can_be_asked_again() -> None:
    shown = {one.name: one for one in conditions(_answer(library.get("sales_trend"), {"grain": "week"}))}
    assert (shown["grain"].said, shown["grain"].written, shown["grain"].is_chosen) == ("週", "grain=week", True)
    assert (shown["amount_basis"].said, shown["amount_basis"].is_chosen) == ("値引後・税込", False)
    assert next(iter(shown)) == "grain"


@pytest.mark.parametrize(
    ("analysis", "given", "name", "said"),
    [
        ("member_sales_ratio", {"split": "store_id,channel"}, "split", "店舗 × チャネル"),
        ("member_sales_ratio", {"split": "null"}, "split", "分けない"),
        ("sales_trend", {"channels": "store,ec"}, "channels", "店舗、EC"),
        ("omnichannel_buyers", {}, "channel_groups", "店舗、EC+アプリ、電話+カタログ"),
        ("abc_analysis", {"a_border": "65%"}, "a_border", "65.0%"),
        ("customer_portfolio", {"amount_border": "70000"}, "amount_border", "70,000円"),
        ("decile_analysis", {"base_segment": "not abc_analysis[class=A]"}, "base_segment", "ABC分析 [class=A] 以外"),
        ("sales_trend", {"base_segment": "vip"}, "base_segment", "優良顧客 (vip)"),
        ("sales_trend", {}, "base_segment", "全会員"),
        ("sales_trend", {"product_filter": '{"brand": "ミナモ"}'}, "product_filter", "ブランド: ミナモ"),
        ("sales_trend", {"stores": "0101,9999"}, "stores", "札幌店 (0101)、9999"),
    ],
)
def test_a_condition_is_said(analysis: str, given: Mapping[str, Any], name: str, said: str) -> None:
    names = {"segment": {"vip": "優良顧客"}, "store": {"0101": "札幌店"}}
    assert _said(analysis, given, names)[name] == said


def test_the_header_of_a_table_says_what_was_chosen() -> None:
    answer = _answer(library.get("sales_trend"), {"grain": "week", "as_of": "2026-10-31", "channels": "store"})
    assert headline(answer) == "2026-10-31、チャネル: 店舗、集計単位: 週"
