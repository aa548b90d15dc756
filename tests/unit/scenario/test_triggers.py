"""When triggers are due: calendars, clock changes, and what AWS is told."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from enishi.clock import from_text, to_text
from enishi.scenario.schedule import Trigger
from enishi.scenario.triggers import Slot, due_slots, plan, previous

TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"
READ: TypeAdapter[Any] = TypeAdapter(Trigger)


def slots(trigger: Any, after: str, until: str, zone: str = TOKYO) -> list[str]:
    return [
        to_text(slot.at) for slot in due_slots(READ.validate_python(trigger), from_text(after), from_text(until), zone)
    ]


def test_every_day_at_an_hour_of_tokyo() -> None:
    found = slots({"at": "09:00"}, "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z")
    assert found == ["2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"]


def test_midnight_of_tokyo_is_three_in_the_afternoon_before() -> None:
    assert slots({"at": "00:00"}, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z") == ["2026-11-20T15:00:00Z"]


def test_a_time_that_the_clock_skips_is_due_once_after_the_gap() -> None:
    found = slots({"at": "02:30", "zone": NEW_YORK}, "2027-03-13T00:00:00Z", "2027-03-16T00:00:00Z")
    assert found == ["2027-03-13T07:30:00Z", "2027-03-14T07:00:00Z", "2027-03-15T06:30:00Z"]


def test_a_time_that_comes_twice_is_due_at_its_first_coming() -> None:
    found = slots({"at": "01:30", "zone": NEW_YORK}, "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z")
    assert found == ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]


def test_a_batch_knows_no_clock_change() -> None:
    found = slots({"event": "ordered", "batch": "1 hour"}, "2026-11-01T04:00:00Z", "2026-11-01T08:00:00Z", NEW_YORK)
    assert found == [f"2026-11-01T0{hour}:00:00Z" for hour in (5, 6, 7, 8)]


def test_the_last_day_of_every_month() -> None:
    found = slots({"at": "10:00", "days": ["last"]}, "2028-01-01T00:00:00Z", "2028-05-01T00:00:00Z")
    assert found == ["2028-01-31T01:00:00Z", "2028-02-29T01:00:00Z", "2028-03-31T01:00:00Z", "2028-04-30T01:00:00Z"]


def test_the_31st_is_due_only_where_it_exists() -> None:
    found = slots({"at": "10:00", "days": [31]}, "2027-01-01T00:00:00Z", "2027-06-01T00:00:00Z")
    assert found == ["2027-01-31T01:00:00Z", "2027-03-31T01:00:00Z", "2027-05-31T01:00:00Z"]


def test_a_leap_day_looks_back_four_years() -> None:
    found = due_slots(
        READ.validate_python({"at": "00:00", "dates": ["02-29"]}),
        from_text("2027-01-01T00:00:00Z"),
        from_text("2029-01-01T00:00:00Z"),
        TOKYO,
    )
    assert found == [Slot(from_text("2028-02-28T15:00:00Z"), from_text("2024-02-28T15:00:00Z"))]


def test_weekdays_dates_and_cron() -> None:
    week = ("2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z")
    assert slots({"at": "12:00", "days": ["mon", "fri"]}, *week) == ["2026-11-16T03:00:00Z", "2026-11-20T03:00:00Z"]
    assert slots({"at": "12:00", "dates": ["2026-11-18"]}, *week) == ["2026-11-18T03:00:00Z"]
    assert slots({"cron": "0 12 * * mon-tue"}, *week) == ["2026-11-16T03:00:00Z", "2026-11-17T03:00:00Z"]


def test_a_slot_is_due_in_one_window_only() -> None:
    first = slots({"every": "6 hours"}, "2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z")
    second = slots({"every": "6 hours"}, "2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z")
    assert first == ["2026-11-20T06:00:00Z", "2026-11-20T12:00:00Z"]
    assert second == ["2026-11-20T18:00:00Z", "2026-11-21T00:00:00Z"]


def test_slots_reach_back_to_the_one_before() -> None:
    trigger = READ.validate_python({"event": "cart_abandoned", "batch": "5 minutes"})
    found = due_slots(trigger, from_text("2026-11-20T00:00:00Z"), from_text("2026-11-20T00:10:00Z"), TOKYO)
    assert [slot.at - slot.since for slot in found] == [timedelta(minutes=5)] * 2
    assert found[0].to_input() == {"slot_at": "2026-11-20T00:05:00Z", "since": "2026-11-20T00:00:00Z"}


def test_manual_and_data_changes_are_never_due_by_the_clock() -> None:
    span = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert slots("manual", *span) == []
    assert slots({"table": "price_history"}, *span) == []
    at = from_text("2026-11-20T00:00:00Z")
    assert previous(READ.validate_python("manual"), at, TOKYO) == at - timedelta(days=1)


@pytest.mark.parametrize(
    ("trigger", "expressions", "zone"),
    [
        ({"at": "09:00"}, ("cron(0 9 * * ? *)",), TOKYO),
        ({"at": "09:00", "zone": NEW_YORK}, ("cron(0 9 * * ? *)",), NEW_YORK),
        ({"at": "09:05", "days": ["mon", "fri"]}, ("cron(5 9 ? * MON,FRI *)",), TOKYO),
        ({"at": "09:00", "days": [1, "last"]}, ("cron(0 9 1 * ? *)", "cron(0 9 L * ? *)"), TOKYO),
        ({"at": "09:00", "dates": ["2026-12-01"]}, ("cron(0 9 1 12 ? 2026)",), TOKYO),
        ({"cron": "*/20 9-11 * * mon-wed"}, ("cron(0,20,40 9,10,11 ? * MON,TUE,WED *)",), TOKYO),
        ({"every": "30 minutes"}, ("cron(0,30 * * * ? *)",), "UTC"),
        ({"event": "ordered", "batch": "4 hours"}, ("cron(0 0,4,8,12,16,20 * * ? *)",), "UTC"),
        ({"every": "480 minutes"}, ("cron(0 0,8,16 * * ? *)",), "UTC"),
        ("manual", (), "UTC"),
    ],
)  # fmt: skip
def test_what_the_scheduler_of_aws_is_told(trigger: Any, expressions: tuple[str, ...], zone: str) -> None:
    told = plan(READ.validate_python(trigger), TOKYO)
    assert (told.expressions, told.zone, told.pattern) == (expressions, zone, None)


def test_a_data_change_is_an_event_pattern() -> None:
    told = plan(READ.validate_python({"table": "price_history"}), TOKYO)
    assert told.expressions == ()
    assert told.pattern == {
        "source": ["enishi"],
        "detail-type": ["table_loaded"],
        "detail": {"table": ["price_history"]},
    }


@pytest.mark.parametrize(
    "text", ["0 9 * *", "60 9 * * *", "0 9 32 * *x", "0 9 1 * mon", "a b c d e", "0 9 5-1 * *", "*/0 * * * *"]
)
def test_a_cron_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python({"cron": text})
