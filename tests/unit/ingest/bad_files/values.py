"""Cells whose text is no number, day or time of the kind that the table wants."""

from __future__ import annotations

from tests.unit.ingest.bad_files.cases import GOOD, PEOPLE, Bad, Case, lines, one, person


def cell(name: str, reason: str, **changed: str) -> Case:
    """A good row and a bad one."""
    column = next(iter(changed))
    bad: tuple[Bad, ...] = ((3, column, reason),)
    return Case(name, lines(GOOD, one(no="R2", **changed) if column != "no" else one(**changed)), good=1, bad=bad)


def fine(name: str, **changed: str) -> Case:
    return Case(name, lines(GOOD, one(no="R2", **changed)), good=2)


def body(name: str, reason: str, zone: str = "Asia/Tokyo", **changed: str) -> Case:
    column = next(iter(changed))
    return Case(name, person(**changed), good=1, bad=((3, column, reason),), mapping=PEOPLE, zone=zone)


CASES = [
    cell("words for a number", "not_a_number", qty="many"),
    cell("full-width digits", "not_a_number", qty="１２"),
    cell("a comma between thousands, quoted", "not_a_number", amount='"1,980"'),
    cell("a yen sign", "not_a_number", amount="¥1980"),
    cell("a full-width yen sign", "not_a_number", amount="￥1980"),
    cell("a triangle for minus", "not_a_number", amount="△1980"),
    cell("a minus behind", "not_a_number", amount="1980-"),
    cell("brackets for minus", "not_a_number", amount="(1980)"),
    cell("a minus sign that is no hyphen", "not_a_number", amount="−1980"),
    cell("a long vowel for minus", "not_a_number", amount="ー1980"),
    cell("two points", "not_a_number", amount="1.980.00"),
    cell("a number with its unit", "not_a_number", amount="1980円"),
    cell("a number in kanji", "not_a_number", amount="千九百八十"),
    cell("hexadecimal", "not_a_number", qty="0x1F"),
    cell("an exponent", "not_a_number", amount="1e5"),
    cell("an exponent, as Excel saves long numbers", "not_a_number", amount="4.90123E+12"),
    cell("NaN", "not_a_number", amount="NaN"),
    cell("Infinity", "not_a_number", amount="Infinity"),
    cell("inf", "not_a_number", amount="-inf"),
    cell("an underscore between digits", "not_a_number", qty="1_000"),
    cell("true for a number", "not_a_number", qty="true"),
    cell("a sign alone", "not_a_number", qty="-"),
    cell("a point alone", "not_a_number", amount="."),
    cell("a blank inside a number", "not_a_number", amount="1 980"),
    cell("a word for null that nobody declared", "not_a_number", amount="NULL"),
    cell("an Excel error", "not_a_number", amount="#N/A"),
    cell("an Excel error of division", "not_a_number", amount="#DIV/0!"),
    cell("a fraction of a piece", "does_not_fit", qty="1.5"),
    cell("more than 32 bits", "does_not_fit", qty="2147483648"),
    cell("more than 64 bits", "does_not_fit", qty="99999999999999999999"),
    cell("more digits than the amount holds", "does_not_fit", amount="12345678901234567.00"),
    cell("a tenth of a sen", "does_not_fit", amount="1.005"),
    cell("no quantity", "missing", qty=""),
    cell("a quantity of full-width blanks", "missing", qty="　"),
    cell("no product", "missing", sku=" "),
    cell("no key", "missing", no=""),
    fine("a minus for a return", qty="-2"),
    fine("a plus before a number", qty="+2"),
    fine("zeros before a number", qty="0002"),
    fine("blanks around a number", amount=" 1980 "),
    fine("an amount with two decimals", amount="1980.50"),
    fine("an amount of zero", amount="-0"),
    fine("the largest quantity", qty="2147483647"),
    cell("29 February of a common year", "impossible_date", day="2026-02-29"),
    cell("31 April", "impossible_date", day="2026-04-31"),
    cell("month 13", "impossible_date", day="2026-13-01"),
    cell("month 0", "impossible_date", day="2026-00-10"),
    cell("day 0", "impossible_date", day="2026-11-00"),
    cell("year 0000", "impossible_date", day="0000-01-01"),
    cell("a two-digit year", "impossible_date", day="26-11-21"),
    cell("a day of an era", "impossible_date", day="R8.11.21"),
    cell("a day of an era in kanji", "impossible_date", day="令和8年11月21日"),
    cell("a day in full-width digits", "impossible_date", day="２０２６-１１-２１"),
    cell("slashes where dashes are declared", "impossible_date", day="2026/11/21"),
    cell("American order", "impossible_date", day="11/21/2026"),
    cell("a serial number of Excel", "impossible_date", day="46347"),
    cell("a day in words", "impossible_date", day="yesterday"),
    cell("a dash for no day", "impossible_date", day="-"),
    fine("29 February of a leap year", day="2024-02-29"),
    fine("the last day that is", day="9999-12-31"),
    body("hour 25", "impossible_date", at="2026-11-21 25:00:00"),
    body("24:00", "impossible_date", at="2026-11-21 24:00:00"),
    body("minute 60", "impossible_date", at="2026-11-21 10:60:00"),
    body("second 61", "impossible_date", at="2026-11-21 10:00:61"),
    body("an hour that the zone skipped", "impossible_time", zone="America/New_York", at="2026-03-08 02:30:00"),
    body("an offset of 25 hours", "impossible_date", at="2026-11-21T10:00:00+25:00"),
    body("no instant", "missing", at=""),
    body("a pattern with the day and the month swapped", "impossible_date", born="19801301"),
    body("a birthday of seven digits", "impossible_date", born="1980101"),
    body("a birthday of zeros", "impossible_date", born="00000000"),
    body("a birthday of nines", "impossible_date", born="99999999"),
    body("a birthday of an era", "impossible_date", born="昭和55年1月1日"),
    body("a latitude beyond the pole", "out_of_range", lat="95.5"),
    body("a latitude that is not finite", "not_a_number", lat="nan"),
    body("a latitude with a comma", "not_a_number", lat='"35,6"'),
    body("a flag of another spelling", "not_a_yes_or_no", staff="はい"),
    body("a flag of 2", "not_a_yes_or_no", staff="2"),
    body("a code that nobody mapped", "unknown_code", sex="9"),
    Case("an offset beside local times", person(at="2026-11-21T10:00:00+09:00"), good=2, mapping=PEOPLE),
    Case(
        "an hour that came twice is the first of both",
        person(at="2026-11-01 01:30:00"),
        good=2,
        mapping=PEOPLE,
        zone="America/New_York",
    ),
    Case(
        "two bad cells are one row in quarantine",
        lines(GOOD, one(no="R2", qty="x", amount="y")),
        good=1,
        bad=((3, "qty", "not_a_number"),),
    ),
    Case(
        "every row is bad",
        lines(one(qty="x"), one(qty="y")),
        good=0,
        bad=((2, "qty", "not_a_number"), (3, "qty", "not_a_number")),
    ),
    Case(
        "a discount below zero",
        lines(f"{GOOD},5", f"{one(no='R2')},-5", head="no,line,day,sku,qty,amount,off"),
        good=1,
        bad=((3, "off", "out_of_range"),),
    ),
    Case("one key twice with other content is no error: the last wins", lines(GOOD, one(qty="3")), good=2),
]
