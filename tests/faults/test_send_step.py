"""One send step without faults, and the guards that stand at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from enishi.errors import ClaimsInFlightError
from enishi.ports import Channel, Claim, PermissionChange
from enishi.results.breaker import stop
from enishi.settings import Settings
from tests.faults.providers import FaultyProvider
from tests.faults.world import CHANNELS, NOON, Phone, World, make_world, people

MAIL, LINE, PUSH = Channel.MAIL, Channel.LINE, Channel.PUSH
Make = Callable[..., World]


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def make(tmp_path: Path, phone: Phone) -> Iterator[Make]:
    made: list[World] = []

    def world(*channels: Channel, **given: Any) -> World:
        made.append(make_world(tmp_path, [FaultyProvider(channel, phone) for channel in channels], **given))
        return made[-1]

    yield world
    for each in made:
        each.close()


def test_everybody_gets_one_message_and_the_second_run_sends_nothing(make: Make, phone: Phone) -> None:
    world = make(MAIL)
    chunk = world.add_chunk(people(10))
    first = world.send(chunk)
    assert (first["accepted"], first["customers"]) == (10, 10)
    assert world.send(chunk) == first
    assert set(phone.received.values()) == {1}
    assert len(phone.received) == 10


def test_a_row_says_what_was_sent_and_never_to_whom(make: Make) -> None:
    world = make(MAIL)
    world.send(world.add_chunk(people(1)))
    [row] = world.rows()
    assert row["channel"] == "mail"
    assert row["subject"] == "○○さま、お知らせです"
    assert row["address_domain"] == "example.jp"
    assert row["channels_considered"] == ["mail"]
    assert (row["template_id"], row["policy"], row["propensity"]) == ("hello", "rule:v1", 1.0)
    assert str(row["unit_cost"]) == "0.0155"
    assert str(row["decided_date"]) == "2026-11-21"
    assert "customer0" not in str(row)


def test_the_preferred_channel_falls_back_and_the_row_remembers(make: Make, phone: Phone) -> None:
    world = make(PUSH, LINE, MAIL)
    customers = people(3)
    blocked = replace(customers[1], consents={PUSH: False, LINE: True, MAIL: True})
    unreachable = replace(customers[2], contacts={}, consents={})
    world.send(world.add_chunk([customers[0], blocked, unreachable]))
    rows = {row["customer_id"]: row for row in world.rows()}
    assert rows["C0000"]["channel"] == "push"
    assert (rows["C0001"]["channel"], rows["C0001"]["channels_considered"]) == ("line", ["push:opt_out", "line"])
    assert (rows["C0002"]["outcome"], rows["C0002"]["reason"]) == ("suppressed", "no_contact")
    assert rows["C0002"]["channel"] is None
    assert sum(phone.received.values()) == 2


def test_a_holdout_is_rendered_and_kept_back(make: Make, phone: Phone) -> None:
    world = make(MAIL)
    [held, sent] = people(2)
    world.send(world.add_chunk([replace(held, holdout=True), sent]))
    assert world.outcomes() == {"C0000": "holdout", "C0001": "accepted"}
    assert [row["channel"] for row in world.rows()] == ["mail", "mail"]
    assert sum(phone.received.values()) == 1


def test_an_opt_out_between_selection_and_sending_is_obeyed(make: Make, phone: Phone) -> None:
    world = make(MAIL)
    customers = people(100)
    chunk = world.add_chunk(customers)
    gone = [PermissionChange(customer.customer_id, MAIL, "opt_out", NOON) for customer in customers[::2]]
    world.permissions.record(gone)
    counts = world.send(chunk)
    assert (counts["accepted"], counts["suppressed"]) == (50, 50)
    assert {row["reason"] for row in world.rows() if row["outcome"] == "suppressed"} == {"opt_out"}
    assert not any(phone.received[MAIL, customer.contacts[MAIL]] for customer in customers[::2])


def test_the_daily_cap_counts_over_scenarios_and_channels(make: Make) -> None:
    world = make(MAIL, settings=Settings(cap_per_day=1, cap_per_week=5))
    world.send(world.add_chunk(people(2)))
    world.run = world.run.model_copy(update={"id": "R2"})
    world.send(world.add_chunk(people(3)))
    later = [row for row in world.rows() if row["chunk"] == 1]
    assert [(row["outcome"], row["reason"]) for row in later] == [
        ("suppressed", "cap_day"),
        ("suppressed", "cap_day"),
        ("accepted", None),
    ]


def test_nothing_goes_out_late_or_at_night(make: Make, phone: Phone) -> None:
    world = make(MAIL, useful_for="2 hours")
    world.later(hours=3)
    assert world.send(world.add_chunk(people(1)))["suppressed"] == 1
    [row] = world.rows()
    assert row["reason"] == "late"
    world = make(MAIL)
    world.run = world.run.model_copy(update={"id": "R3"})
    world.later(hours=10)
    world.send(world.add_chunk(people(1)))
    assert [row["reason"] for row in world.rows()] == ["quiet_hours"]
    assert not phone.received


def test_a_stopped_run_sends_nothing_more(make: Make, phone: Phone) -> None:
    world = make(MAIL)
    assert stop(world.work, "R1")
    counts = world.send(world.add_chunk(people(2)))
    assert counts["suppressed"] == 2
    assert {row["reason"] for row in world.rows()} == {"circuit_open"}
    assert not phone.received


def test_one_broken_recipient_is_put_aside_and_the_others_go(make: Make, phone: Phone) -> None:
    world = make(MAIL)
    broken = replace(people(1)[0], display_name="花子\r\nBcc: x@example.com")
    counts = world.send(world.add_chunk([broken, *people(4, first=1)]))
    assert (counts["quarantined"], counts["accepted"]) == (1, 4)
    assert [row["reason"] for row in world.rows() if row["outcome"] == "quarantined"] == ["header"]
    assert sum(phone.received.values()) == 4


def test_live_claims_of_another_worker_are_left_alone(make: Make, phone: Phone) -> None:
    world = make(*CHANNELS)
    chunk = world.add_chunk(people(3))
    from enishi.flow.sending import ready

    step = ready(world.services, world.run, "s1", NOON)
    held = Claim(step.send_id("C0001", MAIL), "R1", "s1", 0, "C0001", MAIL, NOON + timedelta(minutes=15))
    world.ledger.claim([held], NOON)
    with pytest.raises(ClaimsInFlightError, match="holds 1 messages"):
        world.send(chunk)
    assert world.rows() == []
    assert sum(phone.received.values()) == 2
    world.later(minutes=15)
    assert world.send(chunk)["unknown"] == 1
    assert sum(phone.received.values()) == 2
