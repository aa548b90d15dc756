"""JSON, Parquet and Excel that are not as declared, and records of fixed width that do not fit."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa

from tests.unit.ingest.bad_files.cases import Case, lines, parquet, workbook, zipped

ROW = {"no": "R1", "line": 1, "day": "2026-11-21", "sku": "p1", "qty": 2, "amount": 1980}
OTHER = ROW | {"no": "R2"}
JSONL = {"kind": "jsonl"}
JSON = {"kind": "json"}
XLSX = {"kind": "xlsx"}
NAMES = list(ROW)
CELLS = ["R1", 1, date(2026, 11, 21), "p1", 2, 1980]


def objects(*rows: Any) -> bytes:
    """JSON Lines; a text is a line as it is."""
    return "".join(f"{row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def line(name: str, row: Any, reason: str, column: str | None = None) -> Case:
    return Case(f"JSON Lines: {name}", objects(ROW, row), JSONL, good=1, bad=((2, column, reason),))


def array(name: str, text: str, *words: str) -> Case:
    return Case(f"JSON: {name}", text.encode(), JSON, words)


def table(**changed: Any) -> pa.Table:
    return pa.table({name: [value] for name, value in (ROW | changed).items()})


def sheet(
    name: str, *rows: list[Any], words: tuple[str, ...] = (), form: dict[str, Any] | None = None, **more: Any
) -> Case:
    return Case(f"Excel: {name}", lambda: workbook(*rows), XLSX | (form or {}), words, **more)


DEEP = "[" * 5_000 + "]" * 5_000
FIXED = {
    "kind": "fixed",
    "unit": "bytes",
    "encoding": "cp932",
    "fields": [
        {"name": "no", "start": 1, "width": 2},
        {"name": "line", "start": 3, "width": 1},
        {"name": "day", "start": 4, "width": 10},
        {"name": "sku", "start": 14, "width": 4},
        {"name": "qty", "start": 18, "width": 2},
        {"name": "amount", "start": 20, "width": 4},
    ],
}
TYPES = {
    "kind": "fixed",
    "type_at": {"start": 1, "width": 1},
    "records": {"H": [], "D": [field | {"start": field["start"] + 1} for field in FIXED["fields"]]},  # type: ignore[operator,attr-defined]
}
RECORD = "R112026-11-21東京 2 100"
GOOD = RECORD.encode("cp932")
ASCII = "R112026-11-21p1   2 100"


def record(name: str, data: bytes, *, form: dict[str, Any] | None = None, **more: Any) -> Case:
    return Case(f"fixed width: {name}", data, form or FIXED, **more)


CASES = [
    line("no JSON", "R2,1,2", "not_json"),
    line("half an object", '{"no": "R2", "line"', "not_json"),
    line("two objects in a line", json.dumps(OTHER) + json.dumps(OTHER), "not_json"),
    line("an array", "[1, 2]", "not_an_object"),
    line("a number", "42", "not_an_object"),
    line("a text", '"R2"', "not_an_object"),
    line("null", "null", "not_an_object"),
    line("a key twice", '{"no": "R2", "no": "R3", "line": 1}', "key_twice"),
    line("half of a surrogate pair", '{"no": "R2", "sku": "\\ud83d"}', "not_text"),
    line("an escaped NUL", '{"no": "R2", "sku": "\\u0000"}', "nul"),
    line("a comma too many", '{"no": "R2",}', "not_json"),
    line("apostrophes for quotes", "{'no': 'R2'}", "not_json"),
    line("a comment", "// R2", "not_json"),
    line("brackets five thousand deep", DEEP, "not_json"),
    line("a key missing that must be", {k: v for k, v in OTHER.items() if k != "qty"}, "missing", "qty"),
    line("null where a value must be", OTHER | {"sku": None}, "missing", "sku"),
    line("an object where a number must be", OTHER | {"qty": {"n": 1}}, "not_a_number", "qty"),
    line("a list where a number must be", OTHER | {"qty": [1]}, "not_a_number", "qty"),
    line("true where a number must be", OTHER | {"qty": True}, "not_a_number", "qty"),
    line("NaN", OTHER | {"amount": float("nan")}, "not_a_number", "amount"),
    line("Infinity", OTHER | {"amount": float("inf")}, "not_a_number", "amount"),
    line("a number larger than 64 bits", OTHER | {"qty": 2**70}, "does_not_fit", "qty"),
    line("a fraction of a piece", OTHER | {"qty": 1.5}, "does_not_fit", "qty"),
    Case("JSON Lines: blank lines", objects(ROW, "", OTHER), JSONL, good=2),
    Case("JSON Lines: keys in another order", objects(dict(reversed(ROW.items())), OTHER), JSONL, good=2),
    Case(
        "JSON Lines: the last line cut off",
        objects(ROW)[:-1] + b'\n{"no": "R',
        JSONL,
        good=1,
        bad=((2, None, "not_json"),),
    ),
    Case(
        "JSON Lines: an array over several lines",
        b'[\n{"no": "R1"},\n{"no": "R2"}\n]\n',
        JSONL,
        good=0,
        bad=((1, None, "not_json"), (2, None, "not_json"), (3, "line", "missing"), (4, None, "not_json")),
    ),
    Case("JSON Lines: a CSV", lines("R1"), JSONL, good=0, bad=((1, None, "not_json"), (2, None, "not_json"))),
    Case(
        "JSON Lines: a line of 17 million characters",
        lambda: b'{"no": "' + b"x" * (34 << 20),
        JSONL,
        ("no line ends within",),
    ),
    array("an object where the array should be", json.dumps(ROW), "here must stand an array", "`root`"),
    array("an array that never ends", json.dumps([ROW])[:-1], "the file ends too early"),
    array("cut off in a text", '[{"no": "R1', "the file ends too early"),
    array("no comma between rows", '[{"no": "R1"} {"no": "R2"}]', "no comma", "line 1"),
    array("a comma after the last row", '[{"no": "R1"},\n]', "after the last row stands a comma", "line 2"),
    array("JSON Lines", "\n".join([json.dumps(ROW)] * 2), "here must stand an array", "kind: jsonl"),
    array("plain text", "no rows today", "here must stand an array"),
    Case(
        "JSON: a path that is not there",
        b'{"data": {"items": []}}',
        JSON | {"root": "data.rows"},
        ("no key 'rows'", "Correct `root`"),
    ),
    Case(
        "JSON: elements that are no objects",
        json.dumps([ROW, 1, None, [2], OTHER]).encode(),
        JSON,
        good=2,
        bad=((2, None, "not_an_object"), (3, None, "not_an_object"), (4, None, "not_an_object")),
    ),
    Case("JSON: an empty array", b"[]", JSON, good=0),
    Case("Parquet: a CSV", lines("R1"), {"kind": "parquet"}, ("not Parquet",)),
    Case("Parquet: cut off", lambda: parquet(table())[:-100], {"kind": "parquet"}, ("not Parquet, or is damaged",)),
    Case(
        "Parquet: begins and ends like one",
        b"PAR1" + bytes(100) + b"PAR1",
        {"kind": "parquet"},
        ("not Parquet, or is damaged",),
    ),
    Case(
        "Parquet: a column missing",
        lambda: parquet(table().drop_columns(["qty"])),
        {"kind": "parquet"},
        ("lacks the column 'qty'",),
    ),
    Case(
        "Parquet: bytes that are no text",
        lambda: parquet(table(sku=b"\xff\xfe")),
        {"kind": "parquet"},
        ("the column 'sku' holds bytes that are no text",),
    ),
    Case("Parquet: no rows", lambda: parquet(table().slice(0, 0)), {"kind": "parquet"}, good=0),
    Case(
        "Parquet: a fraction of a piece",
        lambda: parquet(table(qty=1.5)),
        {"kind": "parquet"},
        good=0,
        bad=((1, "qty", "does_not_fit"),),
    ),
    Case(
        "Parquet: nulls where values must be",
        lambda: parquet(table(sku=None)),
        {"kind": "parquet"},
        good=0,
        bad=((1, "sku", "missing"),),
    ),
    Case("Excel: a CSV", lines("R1"), XLSX, ("not an Excel workbook",)),
    Case(
        "Excel: with a password, or an old .xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        XLSX,
        ("encrypted, or is an old .xls", "without a password"),
    ),
    Case("Excel: cut off", lambda: workbook(NAMES, CELLS)[:-200], XLSX, ("not an Excel workbook, or is damaged",)),
    Case(
        "Excel: a zip without a sheet",
        lambda: zipped(("[Content_Types].xml", b"<x/>")),
        XLSX,
        ("not an Excel workbook",),
    ),
    sheet("no such sheet", NAMES, CELLS, form={"sheet": "売上"}, words=("no sheet '売上'", "it has Sheet")),
    sheet("no second sheet", NAMES, CELLS, form={"sheet": 2}, words=("no sheet 2",)),
    sheet("an empty sheet", words=("the header is empty",)),
    sheet("a title above the header", ["売上"], NAMES, CELLS, words=("lacks the column",)),
    sheet(
        "merged header cells",
        ["no", None, "day", "sku", "qty", "amount"],
        CELLS,
        words=("columns without a name", "merged cells"),
    ),
    sheet("a header with a column twice", [*NAMES, "no"], CELLS, words=("the column 'no' twice",)),
    sheet(
        "#N/A in a cell",
        NAMES,
        CELLS,
        ["R2", 1, date(2026, 11, 21), "p1", "#N/A", 1],
        good=1,
        bad=((3, "qty", "error_cell"),),
    ),
    sheet(
        "#DIV/0! in a cell",
        NAMES,
        CELLS,
        ["R2", 1, date(2026, 11, 21), "p1", 1, "#DIV/0!"],
        good=1,
        bad=((3, "amount", "error_cell"),),
    ),
    sheet(
        "a serial number where a day is meant",
        NAMES,
        CELLS,
        ["R2", 1, 46347, "p1", 1, 1],
        good=1,
        bad=((3, "day", "impossible_date"),),
    ),
    sheet("a value beside the table", NAMES, CELLS, [*CELLS, "check!"], good=1, bad=((3, None, "too_many_fields"),)),
    sheet(
        "a total below the table",
        NAMES,
        CELLS,
        [None, None, None, "合計", None, 1980],
        good=1,
        bad=((3, "no", "missing"),),
    ),
    sheet("blank rows", NAMES, [], CELLS, [None] * 6, good=1),
    sheet(
        "a text where a number must be",
        NAMES,
        CELLS,
        ["R2", 1, date(2026, 11, 21), "p1", "２", 1],
        good=1,
        bad=((3, "qty", "not_a_number"),),
    ),
    record(
        "a record too short",
        GOOD + b"\n" + GOOD[:-1] + b"\n",
        good=1,
        bad=((2, None, "record_too_short"),),
        raw=(GOOD[:-1],),
    ),
    record("a record too long", GOOD + b"\n" + GOOD + b" \n", good=1, bad=((2, None, "record_too_long"),)),
    record(
        "a record whose blanks at the end were taken off",
        GOOD + b"\nR212026-11-21\n",
        good=1,
        bad=((2, None, "record_too_short"),),
    ),
    record(
        "a border that cuts a character in two",
        GOOD + b"\n" + "R212026-11-21p東京2 100".encode("cp932") + b"\n",
        good=1,
        bad=((2, "sku", "cut_character"),),
    ),
    record(
        "shifted by one character", GOOD + b"\n" + b"R2 1026-11-21p1   2 100\n", good=1, bad=((2, "line", "missing"),)
    ),
    record(
        "characters counted where bytes are meant",
        f"{RECORD}\n".encode(),
        form=FIXED | {"encoding": "utf-8"},
        good=0,
        bad=((1, None, "record_too_long"),),
    ),
    record(
        "a last record cut off, without line ends",
        GOOD + GOOD[:9],
        form=FIXED | {"line_ends": False, "length": 23},
        good=1,
        bad=((2, None, "record_too_short"),),
    ),
    record(
        "line ends where none are declared",
        GOOD + b"\n" + GOOD + b"\n",
        form=FIXED | {"line_ends": False, "length": 23},
        good=1,
        bad=((2, "sku", "cut_character"), (3, None, "record_too_short")),
    ),
    record("no line ends where they are declared", GOOD * 3, good=0, bad=((1, None, "record_too_long"),)),
    record(
        "an unknown record type",
        f"D{ASCII}\nX{ASCII}\nH{ASCII}\n".encode(),
        form=TYPES,
        good=1,
        bad=((2, None, "unknown_record_type"),),
    ),
    record(
        "a record type in small letters",
        f"d{ASCII}\n".encode(),
        form=TYPES,
        good=0,
        bad=((1, None, "unknown_record_type"),),
    ),
    record(
        "the trailer is missing",
        f"H{ASCII}\nD{ASCII}\n".encode(),
        form=TYPES | {"trailer": "T{count}"},
        refused=("ends without its trailer",),
    ),
    record("an empty file", b"", refused=("the file is empty",)),
]
