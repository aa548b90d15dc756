"""Files larger than a block: where records are cut, line numbers and headers over block borders."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.ingest.groups import collapse
from enishi.ingest.lines import Lines
from enishi.ingest.mapping import Format
from enishi.ingest.readers.delimited import Dialect
from enishi.ingest.readers.encodings import BLOCK, sniff
from tests.unit.ingest.reading import Reading, source

FIELDS = st.text(alphabet='ab,"\n あ', max_size=6)


def cut(dialect: Dialect, text: str, *, last: bool = False) -> tuple[list[str], str]:
    """The records that are taken, and what is left."""
    found, rest = dialect.cut(text, last=last)
    records = dialect.split(found.text) if found.records is None else list(found.records)
    return [record for record in records if record], rest


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(FIELDS, min_size=2, max_size=2), min_size=1, max_size=6), st.integers(0, 200))
def test_a_cut_never_splits_a_record(rows: list[list[str]], place: int) -> None:
    """Cut well-formed text anywhere: what is taken as whole records is a prefix of the records."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    text = sink.getvalue()
    dialect = Dialect(Format())
    first, rest = cut(dialect, text[:place])
    second, nothing = cut(dialect, rest + text[place:], last=True)
    assert nothing == ""
    assert list(csv.reader(io.StringIO("\n".join(first), newline=""))) == rows[: len(first)]
    assert first + second == cut(dialect, text, last=True)[0]


def test_stray_quotes_do_not_hide_the_ends_of_records() -> None:
    dialect = Dialect(Format())
    assert cut(dialect, '1,5" TV\n2,x\n3,"a\nb') == (['1,5" TV', "2,x"], '3,"a\nb')
    assert cut(dialect, '1,5" TV\n2,7" TV\n3,"a\nb",9" \n4') == (['1,5" TV', '2,7" TV', '3,"a\nb",9" '], "4")


def test_a_quote_that_never_closes_takes_one_line_only() -> None:
    dialect = Dialect(Format())
    found, _ = dialect.cut('1,"abc\n2,x\n3,"y"\n4,z\n', last=True)
    assert (found.torn, found.records) == (((0, '1,"abc'),), ("2,x", '3,"y"', "4,z"))
    assert found.places == (1, 2, 3)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def test_three_blocks_are_one_file(reading: Reading) -> None:
    """Orders whose lines stand across block borders, quoted line ends, a bad row in the last block."""
    mapping = source(
        "  - table: orders\n    group_by: order_id\n    columns:\n      order_id: o\n"
        "      ordered_at: {const: 2026-01-01}\n"
        "      net_amount: {from: a, group: sum}\n      store_id: {from: n, group: last}\n"
        "  - table: order_lines\n    columns:\n      order_id: o\n      line_no: {line_of: o}\n      line_amount: a\n"
        "      product_id: n"
    )
    lines, orders = 90_000, 9_000
    note = '"' + "ことば\n" * 15 + '"'
    body = "".join(f"R{row % orders},{row},1.5,{note}\n" for row in range(lines))
    data = ("o,n,a,memo\n" + body + "R0,x,wrong,z\n").encode()
    assert len(data) > 2 * BLOCK
    staged = reading.stage(mapping, data)
    assert (staged.rows_in, staged.rejected) == (lines + 1, 1)
    assert reading.rejects(staged)[0]["row_no"] == lines + 2
    assert reading.rejects(staged)[0]["raw"] == b"R0,x,wrong,z"
    rows = reading.rows(mapping, data)
    assert len(rows["orders"]) == orders
    assert {(row["net_amount"], row["order_id"]) for row in rows["orders"][:3]} == {
        (Decimal("15.00"), name) for name in ("R0", "R1", "R2")
    }
    assert rows["orders"][0]["store_id"] == "81000"
    numbers = sorted(row["line_no"] for row in rows["order_lines"] if row["order_id"] == "R7")
    assert numbers == list(range(1, 11))


def test_line_numbers_go_on_in_the_next_block() -> None:
    lines = Lines()
    assert lines.number([pa.array(["a", "b", "a", None])]).to_pylist() == [1, 1, 2, None]
    assert lines.number([pa.array(["b", "c", "a"])]).to_pylist() == [2, 1, 3]
    assert lines.number([pa.array(["c", "c", "b"])]).to_pylist() == [2, 3, 3]


def test_collapsing_twice_is_collapsing_once() -> None:
    rows = pa.table({"k": ["a", "b", "a", "a"], "s": [1, 2, 3, 4], "f": ["w", "x", "y", "z"], "m": [4, 3, 2, 1]})
    how = {"s": "sum", "f": "last", "m": "min"}
    parts = [collapse(rows.slice(start, 2), ["k"], how) for start in (0, 2)]  # type: ignore[arg-type]
    whole = collapse(rows, ["k"], how)  # type: ignore[arg-type]
    assert whole.to_pylist() == [{"k": "a", "s": 8, "f": "z", "m": 1}, {"k": "b", "s": 2, "f": "x", "m": 3}]
    assert collapse(pa.concat_tables(parts), ["k"], how).to_pylist() == whole.to_pylist()  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp"])
def test_sniffing_tells_japanese_encodings_apart(encoding: str) -> None:
    text = "会員番号,氏名,住所\n1,山田太郎,東京都新宿区\n2,さとう花子,おおさか\n"
    assert sniff(text.encode(encoding))[0] == encoding


def test_instants_of_a_group_keep_their_type(reading: Reading) -> None:
    mapping = source(
        "  - table: identities\n    group_by: [customer_id, id_type, id_value_hash]\n    columns:\n"
        "      customer_id: u\n"
        "      id_type: {const: cookie}\n      id_value_hash: v\n      valid_from: {from: t, group: min}",
        "zone: UTC",
    )
    rows = reading.rows(mapping, b"u,v,t\n1,c,2026-02-01\n1,c,2026-01-01\n2,c,2026-03-01\n")["identities"]
    assert [(row["customer_id"], row["valid_from"]) for row in rows] == [
        ("1", datetime(2026, 1, 1)),
        ("2", datetime(2026, 3, 1)),
    ]
