"""Ids that never change, and days that are cut where the business cuts them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from enishi.clock import ManualClock, business_day, end_of_day, from_text, start_of_day, to_text
from enishi.ids import send_id, share, stable_id

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")


def test_parts_of_an_id_do_not_run_together() -> None:
    assert stable_id("C", "ab", "c") != stable_id("C", "a", "bc")


def test_ids_are_the_same_on_every_machine() -> None:
    """Worked out with `printf '3:pos4:2900' | sha256sum`."""
    assert stable_id("C", "pos", "2900") == "C" + "b2233d162f204d869ecf"


def test_send_ids_need_the_key() -> None:
    assert send_id(b"one", "run", "customer") != send_id(b"other", "run", "customer")
    assert len(send_id(b"one", "run")) == 32


def test_shares_are_even_and_stable() -> None:
    shares = [share("holdout|season", f"C{number}") for number in range(10_000)]
    assert all(0 <= value < 1 for value in shares)
    assert abs(sum(value < 0.1 for value in shares) / len(shares) - 0.1) < 0.01


def test_a_business_day_is_the_zones() -> None:
    instant = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert business_day(instant, TOKYO) == date(2026, 11, 21)
    assert business_day(instant, NEW_YORK) == date(2026, 11, 20)


def test_days_of_a_clock_change_are_shorter_and_longer() -> None:
    spring = end_of_day(date(2026, 3, 8), NEW_YORK) - start_of_day(date(2026, 3, 8), NEW_YORK)
    autumn = end_of_day(date(2026, 11, 1), NEW_YORK) - start_of_day(date(2026, 11, 1), NEW_YORK)
    assert (round(spring.total_seconds() / 3600), round(autumn.total_seconds() / 3600)) == (23, 25)


def test_text_round_trips_and_the_manual_clock_never_goes_back() -> None:
    instant = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
    assert from_text(to_text(instant)) == instant
    clock = ManualClock(instant)
    clock.move_to(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now() == instant
