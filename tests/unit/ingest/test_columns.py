"""What the steps of the language make of values: small inputs, answers worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from enishi.errors import MappingError
from enishi.ids import digest, stable_id
from tests.unit.ingest.reading import Reading, source


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def one(
    reading: Reading, column: str, value: str, table: str = "stores", key: str = "store_id", name: str = "name"
) -> Any:
    """The value that a column specification makes of one text."""
    mapping = source(f"  - table: {table}\n    columns:\n      {key}: k\n      {name}: {column}")
    quoted = '"' + value.replace('"', '""') + '"'
    return reading.rows(mapping, f"k,v\n1,{quoted}\n".encode())[table][0][name]


WORDS = [
    ("{from: v}", "　東京 ", "東京"),
    ("{from: v}", "", None),
    ("{from: v, strip: '¥,'}", "¥1,980", "1980"),
    ("{from: v, empty: ['-', '9999']}", "9999", None),
    ("{from: v, extract: '^([^ 　]+)'}", "山田　太郎", "山田"),
    ("{from: v, normalise: kana}", "ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダタロー"),
    ("{from: v, map: {1: one, '*': other}}", "7", "other"),
    ("{from: v, map: {ALL: all, '*': 'store:{}'}}", "0101", "store:0101"),
    ("{from: v, map: {0: , 1: one}}", "0", None),
    ("{from: v, hash: true}", "abc", digest("abc")),
    ("{from: v, id: C}", "42", stable_id("C", "test", "42")),
    ("{from: v, id: C, system: core}", "42", stable_id("C", "core", "42")),
    ("{from: [k, v], id: C}", "2", stable_id("C", "test", "1\x1f2")),
    ("{from: v, prefix: 'pos-'}", "7", "pos-7"),
    ("{from: [v, k], join: '-'}", "7", "7-1"),
    ("{from: [v, k], join: '-'}", "", "1"),
    ("{from: v, default: none}", "", "none"),
    ("{const: fixed}", "x", "fixed"),
]


@pytest.mark.parametrize(("column", "value", "expected"), WORDS)
def test_words(column: str, value: str, expected: str | None, reading: Reading) -> None:
    assert one(reading, column, value) == expected


DAYS = [
    ("{from: v}", "2026-02-28", date(2026, 2, 28)),
    ("{from: v, format: '%Y%m%d'}", "20240229", date(2024, 2, 29)),
    ("{from: v, format: '%Y/%m/%d'}", "2026/2/3", date(2026, 2, 3)),
    ("{from: v, format: ['%Y%m%d', '%Y/%m/%d']}", "2026/02/03", date(2026, 2, 3)),
    ("{from: v, format: '%Y年%m月%d日'}", "2026年11月21日", date(2026, 11, 21)),
    ("{from: v, format: '%Y%m%d%H%M%S'}", "20261121235959", date(2026, 11, 21)),
    ("{from: v, business_day: true}", "2026-11-20T15:00:00Z", date(2026, 11, 21)),
    ("{from: v, business_day: true}", "2026-11-20T14:59:59Z", date(2026, 11, 20)),
    ("{from: v, empty: '00000000', format: '%Y%m%d'}", "00000000", None),
]


@pytest.mark.parametrize(("column", "value", "expected"), DAYS)
def test_days(column: str, value: str, expected: date | None, reading: Reading) -> None:
    assert one(reading, column, value, name="open_date") == expected


TIMES = [
    ("{from: v}", "2026-11-21 09:00:00", datetime(2026, 11, 21, 0, 0)),
    ("{from: v}", "2026-11-21T09:00:00+09:00", datetime(2026, 11, 21, 0, 0)),
    ("{from: v}", "2026-11-21T00:00:00.123Z", datetime(2026, 11, 21, 0, 0, 0, 123_000)),
    ("{from: v}", "2026-11-21", datetime(2026, 11, 20, 15, 0)),
    ("{from: v, format: '%Y/%m/%d %H:%M'}", "2026/11/21 09:00", datetime(2026, 11, 21, 0, 0)),
    ("{from: v, format: epoch_s}", "1795219200", datetime(2026, 11, 21, 0, 0)),
    ("{from: v, format: epoch_ms}", "1795219200500", datetime(2026, 11, 21, 0, 0, 0, 500_000)),
]


@pytest.mark.parametrize(("column", "value", "expected"), TIMES)
def test_times_become_utc(column: str, value: str, expected: datetime, reading: Reading) -> None:
    found = one(reading, column, value, table="point_ledger", key="entry_id", name="posted_at")
    assert found == expected


def test_daylight_saving_takes_the_first_of_a_doubled_hour(reading: Reading) -> None:
    mapping = source(
        "  - table: carts\n    columns: {cart_id: k, created_at: v}",
        "zone: America/New_York\nday_zone: America/New_York",
    )
    data = "k,v\na,2017-11-05 01:30:00\nb,2017-11-05 00:30:00\nc,2017-03-12 03:30:00\nd,2017-03-12 01:30:00\n"
    rows = reading.rows(mapping, data.encode())["carts"]
    assert [row["created_at"].hour for row in rows] == [5, 4, 7, 6]
    assert {row["created_date"] for row in rows} == {date(2017, 11, 5), date(2017, 3, 12)}


def test_business_days_come_from_their_instants(reading: Reading) -> None:
    mapping = source("  - table: orders\n    columns: {order_id: k, ordered_at: v}", "zone: UTC")
    rows = reading.rows(mapping, b"k,v\na,2026-11-20 15:00:00\nb,\n")["orders"]
    assert [row["order_date"] for row in rows] == [date(2026, 11, 21), None]


def test_sums_and_products_are_exact_decimals(reading: Reading) -> None:
    mapping = source(
        "  - table: orders\n    columns:\n      order_id: k\n      net_amount: {add: [a, '-b']}\n"
        "      gross_amount: {times: [a, b]}"
    )
    rows = reading.rows(mapping, b"k,a,b\n1,0.1,0.2\n2,86.5,3\n3,5,\n4,1.25,0.5\n")["orders"]
    assert [row["net_amount"] for row in rows] == [Decimal("-0.10"), Decimal("83.50"), Decimal("5.00"), Decimal("0.75")]
    assert [row["gross_amount"] for row in rows] == [Decimal("0.02"), Decimal("259.50"), None, Decimal("0.63")]


def test_own_columns_become_attributes_and_a_new_one_the_same_day(reading: Reading) -> None:
    mapping = source("  - table: products\n    attributes: true\n    columns: {product_id: k}")
    data = "k,色,新項目\n1,黒,x\n2,,y\n3,,\n".encode()
    assert [row["attributes"] for row in reading.rows(mapping, data)["products"]] == [
        [("色", "黒"), ("新項目", "x")],
        [("新項目", "y")],
        [],
    ]
    assert reading.stage(mapping, data).new_columns == ("色", "新項目")


def test_personal_data_stays_out_of_attributes(reading: Reading) -> None:
    mapping = source("  - table: products\n    attributes: true\n    columns: {product_id: k}", "private: 氏名")
    staged = reading.rows(mapping, "k,氏名,備考\n1,山田,連絡は taro@example.jp まで\n2,山田,店頭\n".encode())
    assert [row["attributes"] for row in staged["products"]] == [[], [("備考", "店頭")]]


def test_conditions_choose_the_rows_of_a_target(reading: Reading) -> None:
    mapping = source(
        "  - table: stores\n    when: {kind: ['1', '2'], code: present}\n    columns: {store_id: code}\n"
        "  - table: media\n    when: {kind: {not: ['1', '2']}}\n    columns: {medium_id: code}\n"
        "  - table: coupons\n    when: {code: absent}\n    columns: {coupon_id: kind}"
    )
    rows = reading.rows(mapping, b"kind,code\n1,a\n3,b\n2,\n")
    assert [row["store_id"] for row in rows["stores"]] == ["a"]
    assert [row["medium_id"] for row in rows["media"]] == ["b"]
    assert [row["coupon_id"] for row in rows["coupons"]] == ["2"]


def test_a_row_without_a_needed_value_is_not_made_and_not_an_error(reading: Reading) -> None:
    mapping = source(
        "  - table: customers\n    columns: {customer_id: k}\n"
        "  - table: identities\n    needs: id_value_hash\n    columns:\n"
        "      customer_id: k\n      id_type: {const: phone}\n"
        "      id_value_hash: {from: tel, normalise: phone, hash: true}\n      valid_from: at"
    )
    staged = reading.stage(mapping, b"k,tel,at\n1,03-1234,2026-01-01\n2,090-1234-5678,2026-01-01\n")
    assert [pile.spill.rows for pile in staged.piles] == [2, 1]
    assert staged.rejected == 0


def test_a_row_that_is_bad_for_one_target_goes_into_none(reading: Reading) -> None:
    mapping = source(
        "  - table: stores\n    columns: {store_id: k}\n"
        "  - table: products\n    columns: {product_id: k, list_price: p}"
    )
    staged = reading.stage(mapping, b"k,p\n1,x\n2,5\n")
    assert [pile.spill.rows for pile in staged.piles] == [1, 1]


def test_an_unknown_normaliser_is_named(reading: Reading) -> None:
    with pytest.raises(MappingError, match=r"no normaliser 'phon'.*phone"):
        one(reading, "{from: v, normalise: phon}", "x")


def test_lists_of_objects_become_rows(reading: Reading) -> None:
    mapping = source(
        "  - table: carts\n    columns: {cart_id: id, created_at: at}\n"
        "  - table: cart_lines\n    explode: lines\n"
        "    columns: {cart_id: id, product_id: lines.sku, quantity: lines.qty}",
        "format: {kind: jsonl}\nzone: UTC",
    )
    lines = (
        '{"id":"a","at":"2026-11-21T00:00:00Z","lines":[{"sku":"x","qty":1},{"sku":"y","qty":2}],"geo":{"city":"東京"}}\n'
        '{"id":"b","at":"2026-11-21T00:00:00Z","lines":[]}\n{"id":"c","at":"2026-11-21T00:00:00Z"}\n'
    )
    rows = reading.rows(mapping, lines.encode())
    assert [(row["cart_id"], row["product_id"], row["quantity"]) for row in rows["cart_lines"]] == [
        ("a", "x", 1),
        ("a", "y", 2),
    ]
    assert [row["cart_id"] for row in rows["carts"]] == ["a", "b", "c"]


def test_parquet_keeps_its_types(reading: Reading) -> None:
    mapping = source(
        "  - table: orders\n    columns: {order_id: k, ordered_at: t, net_amount: m, store_id: s}",
        "format: {kind: parquet}\nzone: UTC",
    )
    table = pa.table(
        {
            "k": [31198570044, 2],
            "t": pa.array([datetime(2017, 1, 1, 11, 53, 26)] * 2, pa.timestamp("ns")),
            "m": [0.1 + 0.2, 4.35],
            "s": pa.array([330.0, None]),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    rows = reading.rows(mapping, sink.getvalue().to_pybytes())["orders"]
    assert rows[0]["order_id"] == "31198570044"
    assert rows[0]["ordered_at"] == datetime(2017, 1, 1, 11, 53, 26)
    assert [row["net_amount"] for row in rows] == [Decimal("0.30"), Decimal("4.35")]
    assert [row["store_id"] for row in rows] == ["330", None]


def test_a_file_without_a_header_takes_names_and_skips_lines(reading: Reading) -> None:
    mapping = source(
        "  - table: stores\n    columns: {store_id: code}", "format: {header: false, names: [code, name], skip: 1}"
    )
    staged = reading.stage(mapping, b"list of 2026\n1,a\n2\n")
    assert staged.piles[0].spill.rows == 1
    assert [row["row_no"] for row in reading.rejects(staged)] == [3]
