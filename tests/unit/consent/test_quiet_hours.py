from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from enishi.consent.quiet import QuietHours

NIGHT = QuietHours(time(21), time(8))
TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")


def tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=TOKYO).astimezone(UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(20, 59, False), (21, 0, True), (23, 59, True), (0, 0, True), (7, 59, True), (8, 0, False), (12, 0, False)],
)
def test_the_night_goes_over_midnight(hour: int, minute: int, quiet: bool) -> None:
    assert NIGHT.holds(tokyo(21, hour, minute), TOKYO) is quiet


def test_the_clock_is_the_customers() -> None:
    at = datetime(2026, 11, 21, 3, tzinfo=UTC)  # noon in Tokyo, 22:00 of the day before in New York
    assert not NIGHT.holds(at, TOKYO)
    assert NIGHT.holds(at, NEW_YORK)


def test_a_window_inside_a_day() -> None:
    lunch = QuietHours(time(12), time(13))
    assert [lunch.holds(tokyo(21, hour), TOKYO) for hour in (11, 12, 13)] == [False, True, False]


def test_equal_ends_are_never_quiet() -> None:
    assert not QuietHours(time(0), time(0)).holds(tokyo(21, 0), TOKYO)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (tokyo(21, 12), tokyo(21, 12)),
        (tokyo(21, 22), tokyo(22, 8)),
        (tokyo(22, 3), tokyo(22, 8)),
    ],
)
def test_the_next_allowed_instant(at: datetime, allowed: datetime) -> None:
    assert NIGHT.next_allowed(at, TOKYO) == allowed


def test_the_morning_after_the_clocks_went_forward_comes_an_hour_sooner() -> None:
    at = datetime(2026, 3, 7, 22, tzinfo=NEW_YORK).astimezone(UTC)
    allowed = NIGHT.next_allowed(at, NEW_YORK)
    assert allowed == datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert (allowed - at).total_seconds() == 9 * 3600
