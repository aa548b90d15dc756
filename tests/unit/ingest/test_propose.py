"""Proposals: they parse, they name what the file says, and personal columns are not waved through."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from enishi.errors import SourceFileError
from enishi.ingest.propose import propose
from tests.unit.ingest.reading import Reading

MEMBERS = (
    "会員番号,氏名,性別,生年月日,郵便番号,入会日時,職業\n0001,山田,1,19800412,160-0900,2021/05/03 14:12:55,会社員\n"
)


def test_a_cp932_member_file(tmp_path: Path) -> None:
    data = MEMBERS.encode("cp932")
    found = propose(io.BytesIO(data), "KAIIN_20261121.csv")
    mapping = found.mapping
    assert (mapping.id, mapping.files, mapping.format.encoding) == ("kaiin", ["KAIIN_*.csv"], "cp932")
    assert mapping.private == ["氏名"]
    columns = mapping.tables[0].columns
    assert columns["customer_id"].id == "C"
    assert columns["birth_date"].format == ["%Y%m%d"]
    assert columns["registered_at"].format == ["%Y/%m/%d %H:%M:%S"]
    assert "codes with leading zeros" in found.text
    row = Reading(tmp_path).rows(mapping, data)["customers"][0]
    assert row["attributes"] == [("職業", "会社員")]


FORMATS = [
    ("商品コード\t商品名\t定価\nA1\tテレビ\t100\n".encode(), "ITEM.tsv", "tsv", "products"),
    ("店舗コード;店舗名;開店日\n01;東京;20200101\n".encode("euc_jp"), "SHOP.txt", "csv", "stores"),
    (
        gzip.compress(b'{"eid":"1","ts":"2026-11-20T12:34:56Z","vid":"v","ev":"view"}\n', mtime=0),
        "web.jsonl.gz",
        "jsonl",
        "web_events",
    ),
]


@pytest.mark.parametrize(("data", "file", "kind", "table"), FORMATS)
def test_formats_and_tables_are_made_out(data: bytes, file: str, kind: str, table: str, tmp_path: Path) -> None:
    found = propose(io.BytesIO(data), file)
    assert (found.mapping.format.kind, found.mapping.tables[0].table) == (kind, table)
    assert len(Reading(tmp_path).rows(found.mapping, data)[table]) == 1


def test_an_empty_file_and_one_in_no_encoding_are_refused() -> None:
    with pytest.raises(SourceFileError, match="the file is empty"):
        propose(io.BytesIO(b""), "x.csv")
    with pytest.raises(SourceFileError, match="no encoding"):
        propose(io.BytesIO(b"a,\x81 \n"), "x.csv")
