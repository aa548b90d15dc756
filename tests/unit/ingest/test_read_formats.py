"""Every format as it stands in a file: small files, rows worked out by hand."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from enishi.errors import SourceFileError
from enishi.ingest.block import Block
from enishi.ingest.cells import text_of
from enishi.ingest.mapping import Format
from enishi.ingest.readers import READERS


def blocks(data: bytes, form: dict[str, Any], where: str = "f") -> list[Block]:
    declared = Format(**form)
    return list(READERS[declared.kind](io.BytesIO(data), declared, where))


def table(data: bytes, **form: Any) -> dict[str, list[str | None]]:
    """Columns as text, over all blocks; rejected rows must not be."""
    found: dict[str, list[str | None]] = {}
    for block in blocks(data, form):
        assert not block.rejects, block.rejects
        for name, column in block.columns.items():
            found.setdefault(name, []).extend(text_of(column).to_pylist())
    return found


def rejects(data: bytes, **form: Any) -> list[tuple[int, str, str, bytes]]:
    return [
        (reject.row_no, reject.column, reject.reason, reject.raw)
        for block in blocks(data, form)
        for reject in block.rejects
    ]


AB = {"a": ["1", "2"], "b": ["x", "y"]}
DELIMITED: list[tuple[str, bytes, dict[str, Any]]] = [
    ("commas", b"a,b\n1,x\n2,y\n", {}),
    ("semicolons", b"a;b\n1;x\n2;y\n", {"delimiter": ";"}),
    ("bars", b"a|b\n1|x\n2|y\n", {"delimiter": "|"}),
    ("tabs", b"a\tb\n1\tx\n2\ty\n", {"kind": "tsv"}),
    ("tabs by name", b"a\tb\n1\tx\n2\ty\n", {"delimiter": "tab"}),
    ("a control character", b"a\x01b\n1\x01x\n2\x01y\n", {"delimiter": "\x01"}),
    ("blanks", b"  a   b\n  1 \t x  \n2 y\n", {"delimiter": "whitespace"}),
    ("blanks and quotes", b'a b\n1 "x"\n"2" y\n', {"delimiter": "whitespace"}),
    ("blanks, no header", b" 1  x\n 2  y\n", {"delimiter": "whitespace", "header": False, "names": ["a", "b"]}),
    ("CR LF", b"a,b\r\n1,x\r\n2,y\r\n", {}),
    ("CR", b"a,b\r1,x\r2,y\r", {}),
    ("mixed line ends, none at the end", b"a,b\r\n1,x\n2,y", {}),
    ("all quoted", b'"a","b"\n"1","x"\n"2","y"\n', {}),
    ("apostrophes quote", b"'a','b'\n'1','x'\n2,y\n", {"quote": "'"}),
    ("no header", b"1,x\n2,y\n", {"header": False, "names": ["a", "b"]}),
    ("lines to skip", "出力日,2026\n\na,b\n1,x\n2,y\n".encode(), {"skip": 2}),
    ("a footer", b"a,b\n1,x\n2,y\n3,z\n", {"footer": 1}),
    ("a footer before blank lines", b"a,b\n1,x\n2,y\n-- end --\n\n\n", {"footer": 1}),
    ("a trailer", b"a,b\n1,x\n2,y\nT,2,3\n", {"trailer": "T,{count},{*}"}),
    ("comments", b"# made by x\n#\na,b\n1,x\n# half\n2,y\n", {"comment": "#"}),
    ("blank lines", b"a,b\n\n1,x\n\n\n2,y\n\n", {}),
    ("a delimiter at every end", b"a,b,\n1,x,\n2,y,\n", {}),
    ("a delimiter at every end but the header's", b"a,b\n1,x,\n2,y,\n", {"trailing": True}),
    ("one byte order mark", b"\xef\xbb\xbfa,b\n1,x\n2,y\n", {}),
    ("two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,x\n2,y\n", {}),
    ("utf-8-sig", b"\xef\xbb\xbfa,b\n1,x\n2,y\n", {"encoding": "utf-8-sig"}),
    ("utf-16 with its mark", "a,b\n1,x\n2,y\n".encode("utf-16"), {"encoding": "utf-16"}),
    ("utf-16-le", "a,b\n1,x\n2,y\n".encode("utf-16-le"), {"encoding": "utf-16-le"}),
    ("utf-16-be", "a,b\n1,x\n2,y\n".encode("utf-16-be"), {"encoding": "utf-16-be"}),
    ("utf-16-be with its mark", b"\xfe\xff" + "a,b\n1,x\n2,y\n".encode("utf-16-be"), {"encoding": "utf-16-be"}),
    ("gzip", gzip.compress(b"a,b\n1,x\n2,y\n"), {}),
    ("gzip of two members", gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n"), {}),
    ("bzip2", bz2.compress(b"a,b\n1,x\n2,y\n"), {}),
    ("bzip2 of two streams", bz2.compress(b"a,b\n1,x\n") + bz2.compress(b"2,y\n"), {"compression": "bz2"}),
    ("Zstandard", pa.compress(b"a,b\n1,x\n2,y\n", "zstd", asbytes=True), {}),
    ("DOS end of file", b"a,b\r\n1,x\r\n2,y\r\n\x1a", {}),
]


@pytest.mark.parametrize(("data", "form"), [pytest.param(*case[1:], id=case[0]) for case in DELIMITED])
def test_dialects_and_packings(data: bytes, form: dict[str, Any]) -> None:
    assert table(data, **form) == AB


VALUES: list[tuple[str, str, dict[str, Any], list[str | None]]] = [
    ("a doubled quote", 'a\n"5"" TV"\n', {}, ['5" TV']),
    ("a line end in quotes", 'a,b\n"x\ny",1\n', {}, ["x\ny"]),
    ("a delimiter in quotes", 'a,b\n"x,y",1\n', {}, ["x,y"]),
    ("a quote inside a plain field", 'a,b\n5" TV,1\n', {}, ['5" TV']),
    ("an escaped quote", 'a,b\n"5\\" TV",1\n', {"escape": "\\"}, ['5" TV']),
    ("an escaped delimiter", "a,b\nx\\,y,1\n", {"escape": "\\"}, ["x,y"]),
    ("an escaped line end", "a,b\nx\\\ny,1\n", {"escape": "\\", "quote": None}, ["x\ny"]),
    ("quotes that mean themselves", 'a,b\n"x,1\n', {"quote": None}, ['"x']),
    ("a comment mark inside", "a,b\n1#2,3\n", {"comment": "#"}, ["1#2"]),
]


@pytest.mark.parametrize(("text", "form", "expected"), [pytest.param(*case[1:], id=case[0]) for case in VALUES])
def test_quotes_and_escapes(text: str, form: dict[str, Any], expected: list[str | None]) -> None:
    assert table(text.encode(), **form)["a"] == expected


JAPANESE = "①㈱髙﨑～∥－￠￡￢ｱｲﾀﾞあ漢"


@pytest.mark.parametrize("encoding", ["cp932", "eucjp-ms", "cp51932"])
def test_characters_of_windows(encoding: str) -> None:
    """NEC's and IBM's characters, and the wave dash that is a full-width tilde."""
    from enishi.ingest import charsets

    data = charsets.encode(f"a,b\n{JAPANESE},x\n", encoding)
    assert table(data, encoding=encoding)["a"] == [JAPANESE]
    assert table("a\n〜\n".encode("euc_jp"), encoding="euc_jp")["a"] == ["〜"]
    assert table("a\n〜\n".encode("euc_jp"), encoding="eucjp-ms")["a"] == ["～"]
    assert table("a\n𠮟\n".encode("euc_jis_2004"), encoding="euc_jis_2004")["a"] == ["𠮟"]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("encoding", ["eucjp-ms", "cp932", "utf-8", "utf-16-le"])
def test_a_character_on_the_border_of_two_reads_is_whole(
    encoding: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from enishi.ingest import charsets
    from enishi.ingest.readers import encodings

    monkeypatch.setattr(encodings.chunks, "__defaults__", (size,))
    assert table(charsets.encode('a\n①髙あ漢ｱ\n"x\r\ny"\n', encoding), encoding=encoding)["a"] == ["①髙あ漢ｱ", "x\ny"]


FIELDS = [
    {"name": "no", "start": 1, "width": 3},
    {"name": "name", "start": 4, "width": 4},
    {"name": "n", "start": 8, "width": 2},
]
FIXED = {"kind": "fixed", "fields": FIELDS}


def test_fixed_width_by_characters() -> None:
    assert table("001山田太郎 7\n002鈴木  12\n".encode(), **FIXED) == {
        "no": ["001", "002"],
        "name": ["山田太郎", "鈴木"],
        "n": ["7", "12"],
    }


@pytest.mark.parametrize("line_ends", [True, False])
def test_fixed_width_by_bytes(line_ends: bool) -> None:
    """In CP932 山田 is four bytes and ﾔﾏﾀﾞ too."""
    data = "001山田 7\n002ﾔﾏﾀﾞ12\n".encode("cp932")
    form = {**FIXED, "unit": "bytes", "encoding": "cp932", "line_ends": line_ends, "length": 9}
    assert table(data if line_ends else data.replace(b"\n", b""), **form) == {
        "no": ["001", "002"],
        "name": ["山田", "ﾔﾏﾀﾞ"],
        "n": ["7", "12"],
    }


def test_fixed_width_rows_that_do_not_fit() -> None:
    data = "001山田 7\n002山 7\n003山田 7 \n00A\n004 山 12\n0051山2 7\n006a山山7\n".encode("cp932")
    found = rejects(data, **FIXED, unit="bytes", encoding="cp932")
    assert [(row, column, reason) for row, column, reason, _ in found] == [
        (2, "", "record_too_short"),
        (3, "", "record_too_long"),
        (4, "", "record_too_short"),
        (7, "name", "cut_character"),
    ]
    assert found[3][3] == "006a山山7".encode("cp932")


RECORDS = {
    "kind": "fixed",
    "type_at": {"start": 1, "width": 1},
    "length": 6,
    "records": {
        "H": [],
        "D": [{"name": "no", "start": 2, "width": 2}, {"name": "n", "start": 4, "width": 3}],
        "P": [{"name": "no", "start": 2, "width": 2}, {"name": "rank", "start": 4, "width": 1}],
    },
}


def test_record_types() -> None:
    data = b"H26112\nD01 12\nP01G  \nX99999\nD02  3\nT0004 \n"
    first, last = blocks(data, {**RECORDS, "trailer": "T{count}"})
    assert {name: column.to_pylist() for name, column in first.columns.items()} == {
        "record_type": ["D", "P", "D"],
        "no": ["01", "01", "02"],
        "n": [" 12", None, "  3"],
        "rank": [None, "G", None],
    }
    assert list(first.row_no) == [2, 3, 5]
    assert [(reject.row_no, reject.reason) for reject in first.rejects] == [(4, "unknown_record_type")]
    assert (first.skipped, last.trailer) == (1, {"count": "0004"})


def test_a_json_array() -> None:
    data = b'[{"a": "1", "b": {"c": 2}},\n {"a": "[}\\"", "b": {"c": 3}}, {"a": null, "items": [{"x": {"y": 1}}]}]'
    found = blocks(data, {"kind": "json"})[0]
    assert found.columns["a"].to_pylist() == ["1", '[}"', None]
    assert found.columns["b.c"].to_pylist() == ["2", "3", None]
    assert found.columns["items"].to_pylist() == [None, None, [[("x.y", "1")]]]
    assert list(found.row_no) == [1, 2, 3]


def test_a_json_array_inside_an_object() -> None:
    data = b'{"meta": {"rows": [0]}, "n": 3, "data": {"x": "]", "rows": [{"a": 1}, 7, {"a": 2}]}, "more": 1}'
    found = blocks(data, {"kind": "json", "root": "data.rows"})[0]
    assert found.columns["a"].to_pylist() == ["1", "2"]
    assert [(reject.row_no, reject.reason) for reject in found.rejects] == [(2, "not_an_object")]


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_json_array_read_in_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from enishi.ingest.readers import encodings

    monkeypatch.setattr(encodings.chunks, "__defaults__", (size,))
    data = '[ {"a": "あ\\"[", "b": [1, {"c": "}"}]} , {"a": 2} ]'.encode()
    assert table(data, kind="json")["a"] == ['あ"[', "2"]


def parquet(rows: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, **options)
    return sink.getvalue()


def test_nested_parquet() -> None:
    rows = pa.table(
        {
            "a": pa.array(
                [{"b": 1, "c": {"d": "x"}}, None],
                pa.struct([("b", pa.int32()), ("c", pa.struct([("d", pa.string())]))]),
            ),
            "items": [[{"sku": "p", "n": 2}], []],
            "tags": [["x", "y"], None],
            "word": pa.array(["m", "m"]).dictionary_encode(),
            "bytes": pa.array([b"q", None], pa.binary()),
        }
    )
    found = blocks(parquet(rows), {"kind": "parquet"})[0].columns
    assert {name: column.to_pylist() for name, column in found.items()} == {
        "a.b": [1, None],
        "a.c.d": ["x", None],
        "items": [[[("sku", "p"), ("n", "2")]], []],
        "tags": ['["x", "y"]', None],
        "word": ["m", "m"],
        "bytes": ["q", None],
    }
    assert blocks(gzip.compress(parquet(rows)), {"kind": "parquet"})[0].columns.keys() == found.keys()


def workbook(fill: Callable[[Any], None], title: str = "一覧") -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    book.active.title = title
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _sales(sheet: Any) -> None:
    sheet.append(["売上", None, None, None])
    sheet.append(["日付", "時刻", "金額", "会員", None])
    sheet.append([date(2026, 11, 21), datetime(2026, 11, 21, 9, 30), 1980.0, "0042"])
    sheet.append([])
    sheet.append([date(2026, 2, 28), None, 0.1 + 0.2, True])


def test_a_workbook() -> None:
    found = blocks(workbook(_sales), {"kind": "xlsx", "skip": 1, "sheet": "一覧"})[0]
    assert {name: column.to_pylist() for name, column in found.columns.items()} == {
        "日付": ["2026-11-21", "2026-02-28"],
        "時刻": ["2026-11-21 09:30:00", None],
        "金額": ["1980", "0.3"],
        "会員": ["0042", "true"],
    }
    assert list(found.row_no) == [3, 5]
    assert found.raw([1]) == [b"2026-02-28\t\t0.3\ttrue"]


def zipped(*members: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def test_every_file_of_a_zip_is_a_file() -> None:
    data = zipped(
        ("a_1.csv", b"a,b\n1,x\n"), ("__MACOSX/._a_1.csv", b"\0"), ("sub/a_2.csv", b"b,a\ny,2\nz\n"), ("read.me", b"?")
    )
    found = blocks(data, {"members": "*.csv"}, "in/f.zip")
    assert [(block.file, block.rows) for block in found if block.rows] == [
        ("in/f.zip!a_1.csv", 1),
        ("in/f.zip!sub/a_2.csv", 1),
    ]
    assert [(block.file, reject.row_no) for block in found for reject in block.rejects] == [("in/f.zip!sub/a_2.csv", 3)]


def test_a_workbook_in_a_zip_and_json_lines_in_a_zip() -> None:
    assert blocks(zipped(("x.xlsx", workbook(_sales))), {"kind": "xlsx", "skip": 1})[0].rows == 2
    lines = "\n".join(json.dumps({"a": str(number)}) for number in range(3))
    assert table(zipped(("x.jsonl", lines.encode())), kind="jsonl")["a"] == ["0", "1", "2"]


def test_a_zip_that_is_packed_too_well_is_refused() -> None:
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(80):
            member.write(bytes(1 << 20))
    with pytest.raises(SourceFileError, match="unpacks to more than 200 times"):
        blocks(sink.getvalue(), {})
