"""CSV whose header, quotes, fields or lines are not as declared."""

from __future__ import annotations

from tests.unit.ingest.bad_files.cases import GOOD, HEAD, Case, lines, one

R2, R3 = one(no="R2"), one(no="R3")
TAIL = {"trailer": "T,{count},{total}"}

CASES = [
    Case("no header", f"{GOOD}\n{R2}\n".encode(), {}, ("lacks the column 'no'",)),
    Case(
        "a header in another language",
        lines(GOOD, head="番号,行,日,品,数,額"),
        {},
        ("lacks the column 'no'", "it has 番号"),
    ),
    Case(
        "a column missing",
        lines("R1,1,2026-11-21,p1,2", head="no,line,day,sku,qty"),
        {},
        ("lacks the column 'amount' (for order_lines.line_amount)", "optional: true"),
    ),
    Case("a column renamed", lines(GOOD, head=HEAD.replace("amount", "total")), {}, ("lacks the column 'amount'",)),
    Case(
        "a header with a column twice",
        lines(f"{GOOD},1", head=f"{HEAD},qty"),
        {},
        ("the column 'qty' twice", "its own name"),
    ),
    Case("header columns without a name", lines(f"{GOOD},1,1", head=f"{HEAD},,"), {}, ("columns without a name",)),
    Case(
        "a header column without a name in the middle",
        lines(f"x,{GOOD}", head=f",{HEAD}"),
        {},
        ("a column without a name",),
    ),
    Case("columns in another order", lines("1980,2,p1,2026-11-21,1,R1", head="amount,qty,sku,day,line,no"), {}, good=1),
    Case("a column more", lines(f"{GOOD},x", head=f"{HEAD},new"), {}, good=1),
    Case("blanks around the names", lines(GOOD, head=HEAD.replace(",", " , ")), {}, good=1),
    Case(
        "another delimiter: semicolons", lines(GOOD).replace(b",", b";"), {}, ("lacks the column", "delimited by ';'")
    ),
    Case("another delimiter: tabs", lines(GOOD).replace(b",", b"\t"), {}, ("lacks the column", "delimited by '\\t'")),
    Case("another delimiter: bars", lines(GOOD).replace(b",", b"|"), {}, ("lacks the column", "delimited by '|'")),
    Case(
        "a row with a field too few",
        lines(GOOD, "R2,1,2026-11-21,p1,2", R3),
        {},
        good=2,
        bad=((3, None, "too_few_fields"),),
        raw=(b"R2,1,2026-11-21,p1,2",),
    ),
    Case(
        "a row with a field too many",
        lines(GOOD, f"{R2},x", R3),
        {},
        good=2,
        bad=((3, None, "too_many_fields"),),
        raw=(f"{R2},x".encode(),),
    ),
    Case(
        "an amount with an unquoted comma",
        lines(GOOD, one(no="R2", amount="1,980")),
        {},
        good=1,
        bad=((3, None, "too_many_fields"),),
    ),
    Case("the last row cut off", lines(GOOD) + b"R2,1,2026-1", {}, good=1, bad=((3, None, "too_few_fields"),)),
    Case("one field a row", b"no\nx\n", {}, ("lacks the column",)),
    Case("LF, CR LF and CR in one file", f"{HEAD}\r\n{GOOD}\n{R2}\r{R3}\r\n".encode(), {}, good=3),
    Case("blank lines between rows", lines(GOOD, "", "", R2), {}, good=2),
    Case("lines of delimiters only", lines(GOOD, ",,,,,", R2), {}, good=2),
    Case("rows of blanks", lines(GOOD, "   ", R2), {}, good=2),
    Case(
        "a quote that never closes, at the end",
        lines(GOOD) + b'R2,1,2026-11-21,"p1,2,1980\nR3,1\n',
        {},
        ("never closed, 2 lines before the end", "quote: null"),
    ),
    Case(
        "a quote that closes inside the next quoted field",
        lines(GOOD, 'R2,1,2026-11-21,"p1,2,1980', 'R3,1,2026-11-21,"p3",2,1'),
        {},
        good=2,
        bad=((3, None, "torn_quote"),),
        raw=(b'R2,1,2026-11-21,"p1,2,1980',),
    ),
    Case(
        "text after a closing quote",
        lines(GOOD, 'R2,1,2026-11-21,"p"1,2,1980', R3),
        {},
        good=2,
        bad=((3, None, "torn_quote"),),
    ),
    Case("a quote inside a plain field means itself", lines(one(sku='5" TV')), {}, good=1),
    Case(
        "a quote in the header that does not close",
        b'"no,line\n1,2\n"x"y\n',
        {},
        ("a quote in the header does not close",),
    ),
    Case(
        "a line end in quotes is no line end",
        lines('R1,1,2026-11-21,"p\n1",2,1980', one(no="R2", qty="x")),
        {},
        good=1,
        bad=((3, "qty", "not_a_number"),),
    ),
    Case(
        "a quoted field of 17 million characters",
        lambda: lines(GOOD) + b'R2,1,2026-11-21,"' + b"x" * (34 << 20) + b'",2,1\n',
        {},
        ("no record ends within 16,777,216 characters",),
    ),
    Case(
        "a quote that never closes, 17 million characters before the end",
        lambda: lines(GOOD, 'R2,1,2026-11-21,"p1,2,1', *[one(sku="x" * 2_000_000)] * 9),
        {},
        good=10,
        bad=((3, None, "torn_quote"),),
    ),
    Case(
        "a line of 17 million characters",
        lambda: lines(GOOD) + b"x" * (34 << 20),
        {},
        ("no record ends within 16,777,216 characters",),
    ),
    Case("a line end that is missing everywhere", lambda: b"x," * (17 << 20), {}, ("no record ends within",)),
    Case("a trailer that miscounts", lines(GOOD, R2) + b"T,3,3960\n", TAIL, stopped=("3", "2")),
    Case("a trailer that is missing", lines(GOOD, R2), TAIL, ("ends without its trailer", "T,{count},{total}")),
    Case("a trailer declared, and an empty file", b"\n", TAIL, ("the file has fewer lines",)),
    Case("a trailer that nobody declared", lines(GOOD) + b"T,1,1980\n", {}, good=1, bad=((3, None, "too_few_fields"),)),
    Case("fewer lines than are to be skipped", lines(GOOD), {"skip": 5}, ("the file is empty",)),
    Case("a title line that nobody declared", "売上明細\n".encode() + lines(GOOD), {}, ("lacks the column 'no'",)),
    Case("a comment that nobody declared", lines(GOOD, "# end"), {}, good=1, bad=((3, None, "too_few_fields"),)),
    Case(
        "an escape at the end of the file",
        lines(GOOD) + b"R2,1,2026-11-21,p,1,1\\",
        {"escape": "\\"},
        good=1,
        bad=((3, None, "torn_quote"),),
    ),
    Case(
        "a delimiter at each end, rows of another length",
        lines(f"{GOOD},", f"{R2},x", head=f"{HEAD},"),
        {},
        good=1,
        bad=((3, None, "too_many_fields"),),
    ),
    Case("the header again in the middle", lines(GOOD, HEAD, R2), {}, good=2, bad=((3, "line", "not_a_number"),)),
    Case(
        "words divided by two blanks where one is declared",
        b"a  b\n1  2\n",
        {"delimiter": " "},
        ("a column without a name",),
    ),
]
