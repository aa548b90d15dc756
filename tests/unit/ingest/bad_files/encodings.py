"""Encodings that are not as declared, marks, and bytes that are no text."""

from __future__ import annotations

from tests.unit.ingest.bad_files.cases import GOOD, HEAD, Case, lines, one

JA = [
    one(sku="髙島屋 限定セット"),
    one(no="R2", sku="ソックス 三足組"),
    one(no="R3", sku="表示価格の品"),
    one(no="R4", sku="予約済み 能登"),
    one(no="R5", sku="会員さま用の袋"),
    one(no="R6", sku="毛糸 あおいろ"),
    one(no="R7", sku="のし紙をつける"),
    one(no="R8", sku="おまとめ配送"),
    one(no="R9", sku="店頭でうけとり"),
]
PLAIN = [row.replace("髙", "高") for row in JA]

CASES = [
    Case("CP932 declared as UTF-8", lines(*JA, encoding="cp932"), {}, ("declared utf-8", "line 2", "encoding: cp932")),
    Case(
        "EUC-JP declared as UTF-8",
        lines(*PLAIN, encoding="euc_jp"),
        {},
        ("declared utf-8", "line 2", "encoding: euc_jp"),
    ),
    Case("UTF-8 declared as CP932", lines(*JA), {"encoding": "cp932"}, ("declared cp932", "encoding: utf-8")),
    Case(
        "EUC-JP declared as CP932, though every byte is CP932 too",
        lines(*PLAIN, encoding="euc_jp"),
        {"encoding": "cp932"},
        ("declared cp932, but", "encoding: euc_jp"),
    ),
    Case("UTF-8 declared as EUC-JP", lines(*JA), {"encoding": "euc_jp"}, ("declared euc_jp", "encoding: utf-8")),
    Case(
        "CP932 declared as EUC-JP",
        lines(*JA, encoding="cp932"),
        {"encoding": "euc_jp"},
        ("declared euc_jp", "encoding: cp932"),
    ),
    Case(
        "EUC-JP with NEC's ① declared as the standard's EUC-JP",
        lines(one(sku="あ"), encoding="euc_jp") + b"R2,1,2026-11-21,\xad\xa1,1,1\n",
        {"encoding": "euc_jp"},
        ("declared euc_jp", "line 3", "encoding: eucjp-ms"),
    ),
    Case(
        "CP932 declared as EUC-JP of Windows",
        lines(*JA, encoding="cp932"),
        {"encoding": "eucjp-ms"},
        ("declared eucjp-ms", "encoding: cp932"),
    ),
    Case(
        "UTF-16 with its mark declared as UTF-8",
        lines(GOOD, encoding="utf-16"),
        {},
        ("byte order mark of utf-16", "encoding: utf-16"),
    ),
    Case(
        "UTF-16 without a mark declared as UTF-8",
        lines(GOOD, encoding="utf-16-le"),
        {},
        ("reads like utf-16-le", "encoding: utf-16-le"),
    ),
    Case("UTF-16 big-endian declared as UTF-8", lines(GOOD, encoding="utf-16-be"), {}, ("reads like utf-16-be",)),
    Case(
        "UTF-16 big-endian declared as little-endian",
        lines(GOOD, encoding="utf-16-be"),
        {"encoding": "utf-16-le"},
        ("reads like utf-16-be",),
    ),
    Case(
        "UTF-16 little-endian's mark, declared big-endian",
        lines(GOOD, encoding="utf-16"),
        {"encoding": "utf-16-be"},
        ("byte order mark of utf-16-le",),
    ),
    Case(
        "UTF-16 declared, no mark",
        lines(GOOD, encoding="utf-16-le"),
        {"encoding": "utf-16"},
        ("no byte order mark", "utf-16-le"),
    ),
    Case("UTF-8 declared as UTF-16", lines(GOOD), {"encoding": "utf-16"}, ("no byte order mark", "encoding: utf-8")),
    Case(
        "UTF-16 cut in the middle of a character",
        lines(GOOD, encoding="utf-16")[:-1],
        {"encoding": "utf-16"},
        ("declared utf-16",),
    ),
    Case("UTF-32", lines(GOOD, encoding="utf-32"), {}, ("byte order mark of utf-32",)),
    Case(
        "UTF-8's mark on a file declared CP932",
        b"\xef\xbb\xbf" + lines(GOOD),
        {"encoding": "cp932"},
        ("byte order mark of utf-8", "encoding: utf-8"),
    ),
    Case("two byte order marks", b"\xef\xbb\xbf" * 2 + lines(GOOD), {}, good=1),
    Case("a byte order mark and nothing else", b"\xef\xbb\xbf", {}, ("the file is empty",)),
    Case("one wrong byte on line 3", lines(GOOD) + b"R2,1,2026-11-21,\xff,1,1\n", {}, ("byte 0xff", "line 3")),
    Case("an overlong UTF-8 slash", lines(GOOD) + b"R2,1,2026-11-21,\xc0\xaf,1,1\n", {}, ("byte 0xc0", "line 3")),
    Case(
        "half of a surrogate pair in UTF-8",
        lines(GOOD) + b"R2,1,2026-11-21,\xed\xa0\x80,1,1\n",
        {},
        ("byte 0xed", "line 3"),
    ),
    Case(
        "a character cut at the end of the file",
        lines(GOOD) + "R2,1,2026-11-21,東".encode()[:-1],
        {},
        ("declared utf-8", "line 3"),
    ),
    Case(
        "a CP932 character cut at the end",
        lines(GOOD) + "R2,1,2026-11-21,東".encode("cp932")[:-1],
        {"encoding": "cp932"},
        ("declared cp932", "line 3"),
    ),
    Case(
        "a CP932 leading byte before a line end",
        lines(GOOD) + b"R2,1,2026-11-21,\x93\n",
        {"encoding": "cp932"},
        ("byte 0x93", "line 3"),
    ),
    Case("a JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)), {}, ("declared utf-8", "byte 0xff")),
    Case("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {}, ("declared utf-8",)),
    Case(
        "an HTML error page",
        b"<!DOCTYPE html><html><body>403 Forbidden</body></html>\n",
        {},
        ("lacks the column 'no'",),
    ),
    Case("a file of zeroes", bytes(5_000), {}, ("lacks the column",)),
    Case("a NUL in a row", lines(GOOD, one(no="R2", sku="p\0")), {}, good=1, bad=((3, None, "nul"),)),
    Case("control characters are text", lines(one(sku="p\x07\x0b")), {}, good=1),
    Case("a DOS end-of-file mark", lines(GOOD) + b"\x1a", {}, good=1),
    Case("an empty file", b"", {}, ("the file is empty", "Send the file again")),
    Case("blank lines and nothing else", b"\n\n\n", {}, ("the header is empty",)),
    Case("a header and nothing else", f"{HEAD}\n".encode(), {}, good=0),
]
