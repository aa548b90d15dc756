from __future__ import annotations

from datetime import UTC, datetime

import pytest

from enishi.consent.addresses import domain, is_sane
from enishi.consent.caps import frequency_caps, once_a_step, reason_of
from enishi.consent.reasons import RefusalReason, label, labels
from enishi.ports import Channel
from enishi.settings import Settings

SETTINGS = Settings(cap_per_day=2, cap_per_week=5)


def test_a_cap_counts_business_days_and_weeks_from_monday() -> None:
    sunday_night = datetime(2026, 11, 22, 14, 59, tzinfo=UTC)  # Sunday 23:59 in Tokyo
    monday = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # Monday 00:00 in Tokyo
    day, week = frequency_caps(SETTINGS, "C1", sunday_night)
    next_day, next_week = frequency_caps(SETTINGS, "C1", monday)
    assert (day.key, day.limit) == ("day#C1#2026-11-22", 2)
    assert (week.key, week.limit) == ("week#C1#2026-W47", 5)
    assert (next_day.key, next_week.key) == ("day#C1#2026-11-23", "week#C1#2026-W48")


def test_the_last_days_of_a_year_belong_to_their_iso_week() -> None:
    _, week = frequency_caps(SETTINGS, "C1", datetime(2027, 1, 1, 3, tzinfo=UTC))
    assert week.key == "week#C1#2026-W53"


def test_a_reached_cap_has_a_reason_and_the_step_guard_has_none() -> None:
    day, week = frequency_caps(SETTINGS, "C1", datetime(2026, 11, 21, tzinfo=UTC))
    assert [reason_of(cap) for cap in (day, week)] == [RefusalReason.CAP_DAY, RefusalReason.CAP_WEEK]
    assert reason_of(once_a_step("R1", "s1", "C1")) is None


def test_every_reason_has_a_label() -> None:
    assert set(RefusalReason) <= set(labels())
    assert label("no_coupon") == "必要な内容（coupon）がない"
    assert label("something_new") == "something_new"


@pytest.mark.parametrize(
    ("channel", "address", "sane"),
    [
        (Channel.MAIL, "hanako@example.jp", True),
        (Channel.MAIL, "hana..ko.@docomo.example.jp", True),
        (Channel.MAIL, "hanako@example.jp\r\nBcc: x@example.com", False),
        (Channel.MAIL, "hanako@example.jp\n", False),
        (Channel.MAIL, "a@example.jp,b@example.jp", False),
        (Channel.MAIL, "hanako@localhost", False),
        (Channel.MAIL, "花子@example.jp", False),
        (Channel.MAIL, "", False),
        (Channel.MAIL, "a" * 65 + "@example.jp", False),
        (Channel.LINE, "U" + "0a" * 16, True),
        (Channel.LINE, "U" + "0A" * 16, False),
        (Channel.LINE, "C" + "0a" * 16, False),
        (Channel.PUSH, "apns:" + "1f" * 32, True),
        (Channel.PUSH, "f" * 64 + "\r", False),
        (Channel.PUSH, "short", False),
        (Channel.SMS, "+818012345678", False),
    ],
)
def test_addresses_have_the_shape_of_their_channel(channel: Channel, address: str, sane: bool) -> None:
    assert is_sane(channel, address) is sane


def test_only_the_domain_of_an_address_is_kept() -> None:
    assert domain(Channel.MAIL, "Hanako@Example.JP") == "example.jp"
    assert domain(Channel.PUSH, "apns:1f1f1f1f") == "apns"
    assert domain(Channel.LINE, "U" + "0a" * 16) == "line"
