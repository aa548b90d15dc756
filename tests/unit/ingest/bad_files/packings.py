"""gzip, zip, Zstandard and bzip2 that are cut off, damaged, mislabelled, encrypted or bombs."""

from __future__ import annotations

import gzip

from tests.unit.ingest.bad_files.cases import (
    GOOD,
    HEAD,
    Case,
    bomb,
    bzip2,
    encrypted,
    lines,
    one,
    packed_bomb,
    workbook,
    zipped,
    zstd,
)

FILE = lines(GOOD, *(one(no=f"X{n}") for n in range(500)))
GZ, ZS, BZ = gzip.compress(FILE, mtime=0), zstd(FILE), bzip2(FILE)
ZIP = zipped(("a.csv", FILE))
BAD_ROW = lines(GOOD, one(no="R2", qty="many"))


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


CASES = [
    Case("gzip cut off", GZ[:-20], {}, ("the compressed file ends too early", "Send the file again")),
    Case("gzip cut inside its header", GZ[:6], {}, ("the compressed file",)),
    Case("gzip damaged", flipped(GZ, 60), {}, ("the compressed file is damaged",)),
    Case("gzip with a wrong checksum", flipped(GZ, len(GZ) - 6), {}, ("the compressed file is damaged",)),
    Case("gzip with something after its end", GZ + b"xyz", {}, ("the compressed file is damaged",)),
    Case("the second member of gzip cut off", GZ + GZ[:-9], {}, ("the compressed file ends too early",)),
    Case("declared gzip and plain", FILE, {"compression": "gzip"}, ("the file is not gzip", "compression: auto")),
    Case("declared gzip and Zstandard", ZS, {"compression": "gzip"}, ("the file is not gzip but zstd",)),
    Case("declared plain and gzip", GZ, {"compression": "none"}, ("declared utf-8",)),
    Case("a gzip bomb", lambda: packed_bomb(80 << 20), {}, ("unpacks to more than 200 times",)),
    Case("gzip of an empty file", gzip.compress(b"", mtime=0), {}, ("the file is empty",)),
    Case("Zstandard cut off", ZS[: len(ZS) // 2], {}, ("the compressed file",)),
    Case("Zstandard damaged", flipped(ZS, 4), {}, ("the compressed file",)),
    Case("declared Zstandard and plain", FILE, {"compression": "zstd"}, ("the file is not zstd",)),
    Case("bzip2 cut off", BZ[:-20], {}, ("the compressed file ends too early",)),
    Case("bzip2 damaged", flipped(BZ, len(BZ) // 2), {}, ("the compressed file is damaged",)),
    Case("a zip cut off", ZIP[:-30], {}, ("the zip is damaged or cut off",)),
    Case("a file of a zip damaged", flipped(ZIP, 60), {}, ("the compressed file is damaged", "!a.csv")),
    Case("an empty zip", zipped(), {}, ("the zip holds no file",)),
    Case(
        "a zip with no file that is asked for",
        zipped(("read.me", b"?")),
        {"members": "*.csv"},
        ("holds no file that meets *.csv",),
    ),
    Case("a zip with a password", encrypted(ZIP), {}, ("the zip is encrypted", "!a.csv", "without a password")),
    Case("a zip bomb", lambda: bomb(80 << 20), {}, ("unpacks to more than 200 times", "!a.csv")),
    Case("a zip whose file leads outside", zipped(("../../etc/a.csv", FILE)), {}, ("leads outside",)),
    Case("a zip whose file has a path from the root", zipped(("/etc/a.csv", FILE)), {}, ("leads outside",)),
    Case("a zip whose file has a drive's letter", zipped(("C:\\a.csv", FILE)), {}, ("leads outside",)),
    Case(
        "the second file of a zip lacks a column",
        zipped(("a.csv", FILE), ("b.csv", b"no,line\n1,2\n")),
        {},
        ("lacks the column", "!b.csv"),
    ),
    Case(
        "the second file of a zip is in another encoding",
        zipped(("a.csv", FILE), ("b.csv", lines(one(sku="東京"), encoding="cp932"))),
        {},
        ("declared utf-8", "!b.csv, line 2"),
    ),
    Case(
        "bad rows in two files of a zip",
        zipped(("a.csv", BAD_ROW), ("b.csv", lines(one(no="R3", qty="x")))),
        {},
        good=1,
        bad=((3, "qty", "not_a_number"), (2, "qty", "not_a_number")),
    ),
    Case(
        "a trailer in the second file of a zip that miscounts",
        zipped(("a.csv", FILE.replace(b"X", b"Y") + b"T,501\n"), ("b.csv", FILE + b"T,9\n")),
        {"trailer": "T,{count}"},
        ("the trailer counts 9 rows", "!b.csv"),
    ),
    Case("a zip in a zip", zipped(("b.zip", ZIP)), {}, ("declared utf-8", "!b.zip")),
    Case(
        "an Excel workbook called CSV", workbook(HEAD.split(","), ["R1", 1]), {}, ("is an Excel workbook", "kind: xlsx")
    ),
]
