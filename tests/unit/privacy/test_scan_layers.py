"""A value is found however a file packs it, and a number only where it stands alone."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from enishi.privacy.scan import Needles

VALUE = "可那里 華子"


def _parquet(value: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": ["x", value] * 500, "n": [1, 2] * 500}), out, compression="zstd")
    return out.getvalue()


def _nested(value: str) -> bytes:
    out = io.BytesIO()
    maps = pa.array([[("to", value)]], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table({"attributes": maps}), out, compression="zstd")
    return out.getvalue()


def _zip(value: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", value.encode("cp932"))
    return out.getvalue()


def _sqlite(value: str) -> bytes:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (a TEXT)")
    db.execute("INSERT INTO t VALUES (?)", (value,))
    db.commit()
    data = bytes(db.serialize())
    db.close()
    return data


def _mail(value: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = f"{value}様"
    message.set_content(f"{value}様へ", cte="base64")
    return message.as_bytes()


PACKERS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda value: value.encode(),
    "cp932": lambda value: f"x,{value}".encode("cp932"),
    "utf-16": lambda value: value.encode("utf-16"),
    "gzip": lambda value: gzip.compress(value.encode()),
    "gzip in gzip": lambda value: gzip.compress(gzip.compress(value.encode())),
    "zip": _zip,
    "json escapes": lambda value: json.dumps({"a": value}).encode(),
    "parquet": _parquet,
    "parquet map": _nested,
    "sqlite": _sqlite,
    "mail": _mail,
}


@pytest.mark.parametrize("packed", PACKERS)
def test_a_value_is_found(packed: str) -> None:
    needles = Needles(frozenset({VALUE}))
    assert needles.inside(PACKERS[packed](VALUE))
    assert not needles.inside(PACKERS[packed]("誰か 他人"))


@pytest.mark.parametrize(
    ("text", "found"),
    [("1,2900000004764,x", True), ("12900000004764", False), ("29000000047641", False), ("2900000004764", True)],
)
def test_a_number_is_found_whole(text: str, found: bool) -> None:
    assert Needles(frozenset({"2900000004764"})).inside(text.encode()) is found


def test_mail_addresses_are_found_in_any_case() -> None:
    assert Needles(frozenset({"Hanako@Mail.Example.jp"})).inside(b"HANAKO@mail.example.JP")


def test_a_damaged_file_stops_its_decoder_only() -> None:
    assert not Needles(frozenset({VALUE})).inside(gzip.compress(VALUE.encode())[:-9])
    assert not Needles(frozenset({VALUE})).inside(b"PAR1 nothing")
