"""From a sent step to the lake and back: close, land, settle, stop, attribute, on the real local engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from enishi.errors import RunError
from enishi.flow import attribute, close_step, land
from enishi.lake import sql
from enishi.local.warehouse import LocalWarehouse
from enishi.ports import Channel
from enishi.results.breaker import is_stopped
from enishi.settings import Settings
from tests.faults.providers import Fault, FaultyProvider
from tests.faults.world import NOON, Phone, World, make_world, people

MAIL, LINE = Channel.MAIL, Channel.LINE
SETTINGS = Settings(cap_per_day=100, cap_per_week=100)
Make = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    warehouse = LocalWarehouse(tmp_path, SETTINGS)
    made: list[World] = []

    def world(*channels: Channel, plan: dict[str, Fault] | None = None) -> World:
        faulty = [FaultyProvider(channel, Phone(), plan=plan or {}) for channel in channels]
        made.append(make_world(tmp_path, faulty, settings=SETTINGS, warehouse=warehouse))
        return made[-1]

    yield world
    for each in made:
        each.close()
    warehouse.close()


def close(world: World, arrivals: int) -> dict[str, Any]:
    payload = close_step.Payload(run=world.run, step="s1", lane="all", at=NOON, arrivals=arrivals)
    return close_step.run(world.services, payload)


def rows(world: World, table: str, order: str) -> list[dict[str, Any]]:
    found = world.services.warehouse.query(sql.parse(f"SELECT * FROM {table}", "test"))  # noqa: S608
    return sorted(found.to_pylist(), key=lambda row: str(row[order]))


def drop(world: World, *lines: dict[str, Any] | str, key: str = "events/ses/1.jsonl") -> dict[str, Any]:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    world.services.raw.put(key, text.encode())
    return land.run(world.services, land.Payload(key=key))


def ses(kind: str, send_id: str, minutes: int = 1, **detail: Any) -> dict[str, Any]:
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    mail = {"timestamp": NOON.isoformat(), "messageId": f"ses-{send_id}", "tags": {"send_id": [send_id]}}
    return {"eventType": kind, "mail": mail, kind.lower(): {"timestamp": at, **detail}}


def ids(world: World) -> dict[str, str]:
    """customer → message id."""
    return {row["customer_id"]: row["message_id"] for row in world.rows()}


PLAN = {"customer1@example.jp": Fault.REJECTED, "customer2@example.jp": Fault.LOST_ANSWER}


def sent(make: Make) -> World:
    """Six customers: accepted, refused, unknown, holdout, without consent, and one with a coupon."""
    world = make(MAIL, plan=PLAN)
    found = people(6)
    found[3] = replace(found[3], holdout=True)
    found[4] = replace(found[4], consents={MAIL: False})
    found[5] = replace(found[5], blocks={"coupon": [{"coupon_id": "CP1", "code": "ABC"}]})
    world.send(world.add_chunk(found))
    return world


def test_every_arrival_lands_once_and_the_balance_holds(make: Make) -> None:
    world = sent(make)
    balance = close(world, 6)
    assert balance == {
        "arrivals": 6,
        "accepted": 2,
        "refused": 1,
        "unknown": 1,
        "suppressed": 1,
        "holdout": 1,
        "quarantined": 0,
        "balanced": True,
    }
    messages = rows(world, "messages", "customer_id")
    statuses = ["sent", "failed", "unknown", "control", "suppressed", "sent"]
    assert [row["status"] for row in messages] == statuses
    assert [row["suppress_reason"] for row in messages] == [None, "rejected", "timeout", None, "opt_out", None]
    assert messages[0]["sent_date"] == date(2026, 11, 21)
    assert messages[3]["is_control"] is True
    decisions = rows(world, "decisions", "customer_id")
    assert [row["outcome"] for row in decisions] == ["send", "send", "send", "holdout", "refused", "send"]
    [issue] = rows(world, "coupon_issues", "customer_id")
    assert (issue["coupon_id"], issue["customer_id"], issue["is_control"]) == ("CP1", "C0005", False)
    assert dict(issue["attributes"]) == {"code": "ABC"}
    [step] = rows(world, "scenario_steps", "run_id")
    assert (step["arrivals"], step["chunks"]) == (6, 1)
    assert step["closed_at"] is not None


def test_closing_again_changes_nothing(make: Make) -> None:
    world = sent(make)
    first = close(world, 6)
    tables = ("messages", "decisions", "coupon_issues", "scenario_steps")
    before = [world.services.warehouse.snapshot(table) for table in tables]
    assert close(world, 6) == first
    assert [world.services.warehouse.snapshot(table) for table in tables] == before


def test_a_missing_chunk_is_an_error_and_the_step_stays_open(make: Make) -> None:
    world = sent(make)
    with pytest.raises(RunError, match="7 arrived and 6 rows"):
        close(world, 7)
    assert len(rows(world, "messages", "customer_id")) == 6
    assert rows(world, "scenario_steps", "run_id")[0]["closed_at"] is None


@pytest.mark.parametrize("closed_first", [True, False])
def test_an_event_settles_a_message_in_doubt(make: Make, closed_first: bool) -> None:
    world = sent(make)
    doubtful = ids(world)["C0002"]
    if closed_first:
        close(world, 6)
    assert drop(world, ses("Delivery", doubtful))["settled"] == 1
    balance = close(world, 6)
    assert balance["balanced"]
    [message] = [row for row in rows(world, "messages", "customer_id") if row["message_id"] == doubtful]
    assert (message["status"], message["suppress_reason"], message["customer_id"]) == ("sent", None, "C0002")
    assert world.ledger.find([doubtful])[doubtful].provider_id == f"ses-{doubtful}"


def test_events_may_come_twice_and_in_any_order(make: Make) -> None:
    world = sent(make)
    close(world, 6)
    first, last = ids(world)["C0000"], ids(world)["C0005"]
    events = [
        ses("Bounce", first, 2, bounceType="Permanent"),
        ses("Open", last, 5, userAgent="Mozilla/5.0 (iPhone)"),
        ses("Delivery", first, 1),
        ses("Delivery", last, 1),
        ses("Send", first, 0),
    ]
    drop(world, *events, *events)
    before = rows(world, "message_events", "event_id")
    drop(world, *reversed(events), key="events/ses/2.jsonl")
    assert rows(world, "message_events", "event_id") == before
    assert sorted(row["event_type"] for row in before) == ["delivered", "delivered", "hard_bounce", "open"]
    assert world.permissions.refusals(["C0000", "C0005"], MAIL) == {"C0000": "bounce"}
    [consent] = rows(world, "consents", "customer_id")
    assert (consent["state"], consent["source"]) == ("invalid", "bounce")


def test_bad_lines_and_strangers_are_put_aside(make: Make) -> None:
    world = sent(make)
    answer = drop(world, "not json", ses("Delivery", "nobody"), ses("Delivery", ids(world)["C0000"]))
    assert (answer["events"], answer["quarantined"]) == (1, 2)
    found = [(row["row_no"], row["reason"], row["file"]) for row in rows(world, "pii.quarantine", "row_no")]
    assert found == [(1, "not_json", "events/ses/1.jsonl"), (2, "unknown_message", "events/ses/1.jsonl")]


def test_a_bounce_storm_stops_the_run_within_a_chunk(make: Make) -> None:
    world = make(MAIL)
    world.send(world.add_chunk(people(200)))
    found = sorted(ids(world).values())
    delivered = [ses("Delivery", send_id) for send_id in found[8:]]
    bounces = [ses("Bounce", send_id, bounceType="Permanent") for send_id in found[:8]]
    assert drop(world, *delivered, *bounces[:7])["stopped"] == 0
    assert not is_stopped(world.services.work, "R1")
    assert drop(world, bounces[7], key="events/ses/2.jsonl")["stopped"] == 1
    counts = world.send(world.add_chunk(people(50, first=200)))
    assert (counts["accepted"], counts["suppressed"]) == (0, 50)


def order(order_id: str, customer: str, at: datetime, amount: str = "1000.00") -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": customer,
        "ordered_at": at.astimezone(UTC).replace(tzinfo=None),
        "order_date": date(2026, 11, 21) if at < NOON + timedelta(hours=12) else (at + timedelta(hours=9)).date(),
        "order_type": "normal",
        "status": "completed",
        "net_amount": Decimal(amount),
        "gross_amount": Decimal(amount),
        "tax_amount": Decimal(0),
    }


def credited(world: World, days: int = 1) -> set[tuple[str, str, str]]:
    at = NOON + timedelta(days=days)
    attribute.run(world.services, attribute.Payload(at=at))
    found = rows(world, "conversions", "order_id")
    return {(row["order_id"], row["model"], row["message_id"]) for row in found if row["credit"] == 1}


def test_an_order_is_credited_to_the_latest_touch_before_it(make: Make) -> None:
    world = sent(make)
    close(world, 6)
    first, held = ids(world)["C0000"], "C0003"
    drop(
        world,
        ses("Click", first, 30, link="https://www.example.jp/", userAgent="Mozilla/5.0 (iPhone)"),
        ses("Click", ids(world)["C0005"], 30, link="https://www.example.jp/", userAgent="LinkScanner"),
    )
    orders = [
        order("O1", "C0000", NOON + timedelta(hours=1)),
        order("O2", "C0000", NOON + timedelta(minutes=10)),
        order("O3", "C0005", NOON + timedelta(hours=1)),
        order("O4", held, NOON + timedelta(hours=1)),
        order("O5", "C0000", NOON - timedelta(hours=1)),
    ]
    world.services.warehouse.append("orders", pa.Table.from_pylist(orders))
    expected = {
        ("O1", "last_click", first),
        ("O1", "last_touch", first),
        ("O2", "last_touch", first),
        ("O3", "last_touch", ids(world)["C0005"]),
    }
    assert credited(world) == expected
    assert credited(world) == expected


def test_a_late_click_moves_the_credit_and_it_still_sums_to_one(make: Make) -> None:
    world = make(MAIL)
    world.send(world.add_chunk(people(1)))
    close(world, 1)
    world.run = world.run.model_copy(update={"id": "R2"})
    world.later(hours=1)
    world.send(world.add_chunk(people(1)))
    close(world, 1)
    older, newer = (row["message_id"] for row in rows(world, "messages", "sent_at"))
    world.services.warehouse.append("orders", pa.Table.from_pylist([order("O1", "C0000", NOON + timedelta(hours=4))]))
    tap = {"link": "https://www.example.jp/", "userAgent": "Mozilla/5.0 (iPhone)"}
    drop(world, ses("Click", older, 30, **tap))
    assert credited(world) == {("O1", "last_click", older), ("O1", "last_touch", newer)}
    drop(world, ses("Click", newer, 90, **tap), key="events/ses/late.jsonl")
    assert credited(world) == {("O1", "last_click", newer), ("O1", "last_touch", newer)}
    sums = [row["credit"] for row in rows(world, "conversions", "order_id") if row["model"] == "last_click"]
    assert sum(sums) == 1


def test_the_window_is_seven_days_to_the_second(make: Make) -> None:
    world = make(MAIL)
    world.send(world.add_chunk(people(2)))
    close(world, 2)
    week = NOON + timedelta(days=7)
    orders = [order("O1", "C0000", week), order("O2", "C0001", week - timedelta(seconds=1))]
    world.services.warehouse.append("orders", pa.Table.from_pylist(orders))
    assert {found[0] for found in credited(world, days=8)} == {"O2"}
