"""Proposals: they parse, they say why, and what is personal is neither waved through nor shown."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from enishi.errors import SourceFileError
from enishi.ingest.mapping import Format
from enishi.ingest.plain_yaml import load
from enishi.ingest.proposal import Proposal, propose
from enishi.ingest.proposal.words import words
from enishi.lake import schema
from tests.unit.ingest.reading import Reading

CASES = Path(__file__).parents[2] / "cases" / "proposals" / "files.yaml"


def cases() -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in yaml.safe_load(CASES.read_text("utf-8"))]


def content(case: dict[str, Any]) -> bytes:
    data = bytes.fromhex(case.get("prefix_hex", "")) + case["text"].encode(case.get("encode", "utf-8"))
    return gzip.compress(data, mtime=0) if case.get("gzip") else data


def proposed(case: dict[str, Any]) -> Proposal:
    return propose([(case["file"], io.BytesIO(content(case)))])


def said(found: Proposal, target: int) -> dict[str, Any]:
    """A target's columns as the YAML says them."""
    columns: dict[str, Any] = load(found.text)["tables"][target]["columns"]
    return columns


@pytest.mark.parametrize("case", cases())
def test_a_file_gives_its_mapping(case: dict[str, Any]) -> None:
    found = proposed(case)
    mapping = found.mapping
    assert mapping.format == Format.model_validate(case.get("format", {}))
    assert [target.table for target in mapping.tables] == case["tables"]
    assert (mapping.id, mapping.files) == (case.get("id", mapping.id), case.get("files", mapping.files))
    if "keys" in case:
        assert [list(key.columns) for key in found.found.keys][: len(case["keys"])] == case["keys"]
    for target, name in enumerate(("columns", "lines")):
        wanted = load(yaml.safe_dump(case.get(name, {}), allow_unicode=True))
        assert {column: said(found, target)[column] for column in wanted} == wanted


@pytest.mark.parametrize("case", cases())
def test_its_reasons_and_doubts_stand_beside_it(case: dict[str, Any]) -> None:
    found = proposed(case)
    asked = [line for line in found.text.splitlines() if "# ? " in line]
    for words_of_doubt in case.get("asked", []):
        assert any(words_of_doubt in line for line in asked), words_of_doubt
    for words_of_reason in case.get("says", []):
        assert words_of_reason in found.text
    shown = found.text + str(found.as_dict())
    for value in case.get("never", []):
        assert value not in shown


@pytest.mark.parametrize("case", cases())
def test_what_is_proposed_loads(case: dict[str, Any], tmp_path: Path) -> None:
    found = proposed(case)
    staged = Reading(tmp_path).stage(found.mapping, content(case), case["file"])
    assert staged.rows_in == found.found.profiles[0].rows
    assert staged.rejected <= 1


def test_several_days_of_a_source_give_the_union_and_say_the_drift() -> None:
    monday = b"product_id,name,price\nA,tea,100\n"
    tuesday = b"product_id,name,price,colour\nA,tea,100,red\nB,pot,200,blue\n"
    found = propose([("items_20261116.csv", io.BytesIO(monday)), ("items_20261117.csv", io.BytesIO(tuesday))])
    assert found.mapping.files == ["items_*.csv"]
    assert "own column colour: text; 2 different in 3 rows; not in items_20261116.csv" in found.text
    assert "# ? the name says products.product_id; text; it comes again: 2 different in 3 rows" in found.text


def test_a_column_with_a_place_that_some_files_lack_is_optional() -> None:
    monday, tuesday = b"product_id,name\nA,tea\n", b"product_id,name,brand\nB,pot,Yama\n"
    found = propose([("items_1.csv", io.BytesIO(monday)), ("items_2.csv", io.BytesIO(tuesday))])
    assert said(found, 0)["brand"] == {"from": "brand", "optional": True}
    assert "not in every file: brand" in found.text


def test_files_that_are_read_differently_are_said_to_be() -> None:
    one, other = b"product_id,name\nA,tea\n", b"product_id;name\nB;pot\n"
    found = propose([("items_1.csv", io.BytesIO(one)), ("items_2.csv", io.BytesIO(other))])
    assert "# ? items_2.csv is csv in utf-8 by ';' with a header, but items_1.csv is csv in utf-8 by ','" in found.text


def test_a_typed_file_keeps_its_types() -> None:
    sink = io.BytesIO()
    days = pa.array([1_483_228_800_000_000, 1_483_315_200_000_000], pa.timestamp("us"))
    pq.write_table(pa.table({"campaign_id": [1, 2], "start_date": days}), sink)
    found = propose([("campaigns.parquet", io.BytesIO(sink.getvalue()))])
    assert found.mapping.format.kind == "parquet"
    assert said(found, 0) == {"campaign_id": "campaign_id", "start_date": "start_date"}
    assert "all at midnight: days" in found.text


def test_a_workbook_with_titles_above_its_table() -> None:
    book = openpyxl.Workbook()
    for row in (["商品一覧"], [], ["商品コード", "商品名", "定価"], ["0001", "青", 1200], ["0002", "赤", 900]):
        book.worksheets[0].append(row)
    sink = io.BytesIO()
    book.save(sink)
    found = propose([("items.xlsx", io.BytesIO(sink.getvalue()))])
    assert (found.mapping.format.kind, found.mapping.format.skip) == ("xlsx", 2)
    assert said(found, 0) == {"product_id": "商品コード", "name": "商品名", "list_price": "定価"}


ROWS = '[{"store_id": "01", "name": "東京"}, {"store_id": "02", "name": "大阪"}]'


@pytest.mark.parametrize(("text", "root"), [(ROWS, ""), (f'{{"made": "2026-11-22", "shops": {ROWS}}}', "shops")])
def test_a_json_document(text: str, root: str) -> None:
    found = propose([("shops.json", io.BytesIO(text.encode()))])
    assert (found.mapping.format.kind, found.mapping.format.root) == ("json", root)
    assert (found.mapping.tables[0].table, found.found.profiles[0].rows) == ("stores", 2)


@pytest.mark.parametrize("pack", ["zip", "bz2", "zstd"])
def test_a_packed_file_is_looked_into(pack: str) -> None:
    found = propose([(f"shops.csv.{pack}", io.BytesIO(PACKERS[pack]("store_id,name\n01,東京\n".encode())))])
    assert found.mapping.tables[0].table == "stores"
    assert f"{pack} by its first bytes" in found.text


def _zipped(data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("shops.csv", data)
    return sink.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "zip": _zipped,
    "bz2": bz2.compress,
    "zstd": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


LARGE = [("utf-8", "utf-8"), ("cp932", "cp932"), ("utf-16", "utf-16"), ("utf-16-be", "utf-16-be")]


@pytest.mark.parametrize(("name", "told"), LARGE)
def test_a_large_file_is_judged_by_its_head_middle_and_tail(
    name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from enishi.ingest.proposal import sampling

    monkeypatch.setattr(sampling, "WINDOW", 4_000)
    monkeypatch.setattr(sampling.Keeper, "__init__", _small(sampling.Keeper.__init__))
    lines = "".join(f"{place:05d},{'商品' if place > 9_000 else 'item'}{place}\n" for place in range(10_000))
    found = propose([("items.csv", io.BytesIO(f"product_id,name\n{lines}".encode(name)))])
    assert "head, middle and tail" in found.text
    assert "only a sample of" in found.text
    assert found.mapping.format.encoding == told
    assert "商品9999" in found.found.profiles[1].values.to_pylist()


@pytest.mark.parametrize("name", ["utf-8", "cp932", "euc_jp", "utf-16-le"])
def test_a_character_on_the_border_of_two_reads_is_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from enishi.ingest.proposal import sampling

    monkeypatch.setattr(sampling, "WINDOW", 7)
    lines = "".join(f"{place},店舗その{place}号\n" for place in range(50))
    found = propose([("shops.csv", io.BytesIO(f"store_id,店舗名\n{lines}".encode(name)))])
    assert found.mapping.format.encoding == name
    assert found.found.profiles[1].values.to_pylist() == [f"店舗その{place}号" for place in range(50)]


def _small(make: Any) -> Any:
    return lambda self, size_of: make(self, size_of, 10_000)


def test_hours_of_the_night_tell_utc_from_local_time() -> None:
    shop = "".join(f"o{place},2026-11-{1 + place % 28:02d} {10 + place % 11:02d}:30:00\n" for place in range(300))
    utc = "".join(f"o{place},2026-11-{1 + place % 28:02d} {(1 + place % 11) % 24:02d}:30:00\n" for place in range(300))
    local = propose([("orders.csv", io.BytesIO(f"order_id,ordered_at\n{shop}".encode()))])
    moved = propose([("orders.csv", io.BytesIO(f"order_id,ordered_at\n{utc}".encode()))])
    assert (local.found.zone.name, "as local time is" in local.found.zone.reason) == ("Asia/Tokyo", True)
    assert (moved.found.zone.name, moved.found.zone.sure) == ("UTC", False)


def test_an_empty_file_and_one_in_no_encoding_are_refused() -> None:
    with pytest.raises(SourceFileError, match="the file is empty"):
        propose([("x.csv", io.BytesIO(b""))])
    with pytest.raises(SourceFileError, match="no encoding"):
        propose([("x.csv", io.BytesIO(b"a,\x81 \n"))])


def test_the_vocabulary_names_real_columns() -> None:
    for table, columns in words().tables.items():
        assert set(columns) <= set(schema.table(table).names), table
    assert set(words().files) <= set(words().tables)
