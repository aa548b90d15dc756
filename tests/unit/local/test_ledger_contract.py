"""One contract for both ledgers and both permission records: SQLite, and DynamoDB (moto)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from enishi.aws.dynamo_ledger import DynamoLedger
from enishi.aws.dynamo_permissions import DynamoPermissions
from enishi.errors import DeliveryError
from enishi.local.ledger import SqliteLedger
from enishi.local.permissions import SqlitePermissions
from enishi.ports import (
    Accepted,
    Cap,
    CapReached,
    Channel,
    Claim,
    Held,
    Ledger,
    LedgerState,
    PermissionChange,
    Permissions,
    Refused,
    RunState,
    Unknown,
    Won,
)

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


class OneCallAtATime:
    """A client whose calls follow one another: moto copies its tables inside a transaction and is not thread-safe.

    Workers still interleave between calls, which is all that DynamoDB's atomic calls allow.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found) or name == "get_paginator":
            return found

        def call(**arguments: Any) -> Any:
            with self._lock:
                return found(**arguments)

        return call


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """One for all tests: it reads the descriptions of AWS's services, which takes longer than most of them."""
    return boto3.Session("testing", "testing", region_name="ap-northeast-1")


@pytest.fixture
def dynamo(session: boto3.Session) -> Iterator[object]:
    with mock_aws():
        client = session.client("dynamodb")
        client.create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "chunk_key", "AttributeType": "S"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_chunk",
                    "KeySchema": [{"AttributeName": "chunk_key", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        client.create_table(
            TableName="guards",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield OneCallAtATime(client)


@pytest.fixture(params=["sqlite", "dynamo"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "dynamo":
        yield DynamoLedger(request.getfixturevalue("dynamo"), "ledger", "guards")
        return
    sqlite = SqliteLedger(tmp_path / "ledger.db")
    yield sqlite
    sqlite.close()


@pytest.fixture(params=["sqlite", "dynamo"])
def permissions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Permissions]:
    if request.param == "dynamo":
        yield DynamoPermissions(request.getfixturevalue("dynamo"), "guards")
        return
    sqlite = SqlitePermissions(tmp_path / "permissions.db")
    yield sqlite
    sqlite.close()


def a_claim(send_id: str = "m1", *caps: Cap, customer: str = "C1", chunk: int = 0) -> Claim:
    return Claim(send_id, "R1", "s1", chunk, customer, Channel.MAIL, NOW + timedelta(minutes=15), caps)


def test_the_first_claim_wins_and_the_second_is_told_how_it_stands(ledger: Ledger) -> None:
    assert ledger.claim([a_claim()], NOW) == [Won()]
    [held] = ledger.claim([a_claim()], NOW)
    assert isinstance(held, Held)
    assert held.entry.state is LedgerState.CLAIMED
    assert held.entry.customer_id == "C1"
    assert held.entry.expires_at == NOW + timedelta(minutes=15)


def test_an_expired_claim_becomes_unknown_for_the_second_comer(ledger: Ledger) -> None:
    ledger.claim([a_claim()], NOW)
    [held] = ledger.claim([a_claim()], NOW + timedelta(minutes=15))
    assert isinstance(held, Held)
    assert (held.entry.state, held.entry.reason) == (LedgerState.UNKNOWN, "claim_expired")
    assert ledger.find(["m1"])["m1"].state is LedgerState.UNKNOWN


def test_accepted_never_changes(ledger: Ledger) -> None:
    ledger.claim([a_claim()], NOW)
    assert ledger.settle("m1", Accepted("p1"), NOW) is LedgerState.ACCEPTED
    for receipt in (Refused("rejected"), Unknown("timeout"), Accepted("p2")):
        assert ledger.settle("m1", receipt, LATER) is LedgerState.ACCEPTED
    assert ledger.find(["m1"])["m1"].provider_id == "p1"
    [held] = ledger.claim([a_claim()], LATER)
    assert isinstance(held, Held)
    assert held.entry.state is LedgerState.ACCEPTED


def test_unknown_is_settled_by_evidence(ledger: Ledger) -> None:
    ledger.claim([a_claim()], NOW)
    assert ledger.settle("m1", Unknown("timeout"), NOW) is LedgerState.UNKNOWN
    assert ledger.settle("m1", Accepted("p1"), LATER) is LedgerState.ACCEPTED
    assert ledger.find(["m1"])["m1"].reason == ""


def test_an_outcome_without_a_claim_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(DeliveryError, match="no claim"):
        ledger.settle("nobody", Accepted("p"), NOW)


def test_a_cap_lets_no_more_than_its_limit_through(ledger: Ledger) -> None:
    day = Cap("C1#day", 2)
    outcomes = [ledger.claim([a_claim(f"m{n}", day)], NOW)[0] for n in range(3)]
    assert outcomes == [Won(), Won(), CapReached(day)]
    assert "m2" not in ledger.find(["m2"])


def test_claims_of_one_call_share_the_places_of_a_cap(ledger: Ledger) -> None:
    day = Cap("C1#day", 2)
    outcomes = ledger.claim([a_claim(name, day) for name in ("m0", "m0", "m1", "m2")], NOW)
    assert outcomes.count(Won()) == 2
    assert len(ledger.find(["m0", "m1", "m2"])) == 2


def test_a_laptops_ledger_decides_the_claims_of_a_call_one_after_another(tmp_path: Path) -> None:
    day = Cap("C1#day", 2)
    with closing(SqliteLedger(tmp_path / "ledger.db")) as ledger:
        first, again, second, third = ledger.claim([a_claim(name, day) for name in ("m0", "m0", "m1", "m2")], NOW)
        assert (first, second, third) == (Won(), Won(), CapReached(day))
        assert isinstance(again, Held)
        assert (again.entry.state, again.entry.claimed_at) == (LedgerState.CLAIMED, NOW)
        assert sorted(ledger.find(["m0", "m1", "m2"])) == ["m0", "m1"]


def test_what_stands_in_other_counters_counts_and_is_not_taken(ledger: Ledger) -> None:
    absorbed, alone = Cap("C2#day", 3), Cap("C1#day", 3)
    person = Cap("C1#day", 3, ("C2#day", "C3#day"))
    assert ledger.claim([a_claim("m0", absorbed)], NOW) == [Won()]
    assert ledger.claim([a_claim("m1", alone)], NOW) == [Won()]
    assert ledger.claim([a_claim("m2", person)], NOW) == [Won()]
    assert ledger.claim([a_claim("m3", person)], NOW) == [CapReached(person)]
    assert [ledger.claim([a_claim(f"m{n}", absorbed)], NOW) for n in (4, 5)] == [[Won()], [Won()]]


def test_other_counters_alone_may_use_up_a_cap(ledger: Ledger) -> None:
    absorbed, person = Cap("C2#day", 1), Cap("C1#day", 1, ("C2#day",))
    ledger.claim([a_claim("m1", absorbed)], NOW)
    assert ledger.claim([a_claim("m2", person)], NOW) == [CapReached(person)]
    ledger.settle("m1", Refused("rejected"), NOW)
    assert ledger.claim([a_claim("m2", person)], NOW) == [Won()]


def test_the_reached_cap_is_named_and_the_others_keep_their_places(ledger: Ledger) -> None:
    day, week = Cap("C1#day", 1), Cap("C1#week", 5)
    ledger.claim([a_claim("m1", day, week)], NOW)
    assert ledger.claim([a_claim("m2", day, week)], NOW) == [CapReached(day)]
    only_week = Cap("C1#week", 2)
    assert ledger.claim([a_claim("m3", only_week)], NOW) == [Won()]
    assert ledger.claim([a_claim("m4", only_week)], NOW) == [CapReached(only_week)]


def test_a_held_message_is_held_even_when_its_cap_is_full(ledger: Ledger) -> None:
    day = Cap("C1#day", 1)
    ledger.claim([a_claim("m1", day)], NOW)
    [again] = ledger.claim([a_claim("m1", day)], NOW)
    assert isinstance(again, Held)


def test_a_refusal_gives_the_place_back_once(ledger: Ledger) -> None:
    day = Cap("C1#day", 1)
    ledger.claim([a_claim("m1", day)], NOW)
    ledger.settle("m1", Refused("rejected"), NOW)
    ledger.settle("m1", Refused("rejected"), NOW)
    assert ledger.claim([a_claim("m2", day)], NOW) == [Won()]
    assert ledger.claim([a_claim("m3", day)], NOW) == [CapReached(day)]


def test_unknown_keeps_its_place_until_it_proves_refused(ledger: Ledger) -> None:
    day = Cap("C1#day", 1)
    ledger.claim([a_claim("m1", day)], NOW)
    ledger.settle("m1", Unknown("timeout"), NOW)
    assert ledger.claim([a_claim("m2", day)], NOW) == [CapReached(day)]
    ledger.settle("m1", Refused("rejected"), NOW)
    assert ledger.claim([a_claim("m2", day)], NOW) == [Won()]


def test_release_forgets_a_live_claim_and_its_places(ledger: Ledger) -> None:
    day = Cap("C1#day", 1)
    ledger.claim([a_claim("m1", day)], NOW)
    ledger.release("m1")
    assert ledger.find(["m1"]) == {}
    assert ledger.claim([a_claim("m1", day)], NOW) == [Won()]


def test_release_never_forgets_an_outcome(ledger: Ledger) -> None:
    ledger.claim([a_claim("m1"), a_claim("m2")], NOW)
    ledger.settle("m1", Accepted("p"), NOW)
    ledger.settle("m2", Unknown("timeout"), NOW)
    for send_id in ("m1", "m2", "m3"):
        ledger.release(send_id)
    assert set(ledger.find(["m1", "m2", "m3"])) == {"m1", "m2"}


def test_a_batch_is_settled_together(ledger: Ledger) -> None:
    ledger.claim([a_claim("m1"), a_claim("m2", customer="C2")], NOW)
    states = ledger.settle_all({"m1": Accepted("p"), "m2": Refused("bad_address")}, NOW)
    assert states == {"m1": LedgerState.ACCEPTED, "m2": LedgerState.REFUSED}


def test_entries_are_those_of_one_chunk(ledger: Ledger) -> None:
    ledger.claim([a_claim("m1"), a_claim("m2", customer="C2"), a_claim("m3", chunk=1)], NOW)
    assert {entry.send_id for entry in ledger.entries("R1", "s1", 0)} == {"m1", "m2"}
    assert ledger.entries("R1", "s2", 0) == []


def test_a_run_belongs_to_one_execution(ledger: Ledger) -> None:
    assert ledger.open_run("R1", "x1", NOW) is RunState.OPENED
    assert ledger.open_run("R1", "x1", NOW) is RunState.RESUMED
    assert ledger.open_run("R1", "x2", NOW) is RunState.OTHER
    ledger.finish_run("R1", NOW)
    ledger.finish_run("R1", LATER)
    assert ledger.open_run("R1", "x1", NOW) is RunState.FINISHED


def test_two_workers_on_a_hundred_messages_have_one_winner_each(ledger: Ledger) -> None:
    claims = [a_claim(f"m{n}", Cap(f"C{n}#day", 1), customer=f"C{n}") for n in range(100)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda order: ledger.claim(order, NOW), [claims, claims])
    assert sum(isinstance(outcome, Won) for outcome in (*first, *second)) == 100
    assert all({type(a), type(b)} == {Won, Held} for a, b in zip(first, second, strict=True))


def test_workers_share_the_places_of_a_cap(ledger: Ledger) -> None:
    day = Cap("C1#day", 3)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda n: ledger.claim([a_claim(f"m{n}", day)], NOW)[0], range(12)))
    assert sum(isinstance(outcome, Won) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, CapReached) for outcome in outcomes) == 9


def test_two_processes_see_one_ledger(tmp_path: Path) -> None:
    one, two = SqliteLedger(tmp_path / "ledger.db"), SqliteLedger(tmp_path / "ledger.db")
    assert one.claim([a_claim()], NOW) == [Won()]
    assert isinstance(two.claim([a_claim()], NOW)[0], Held)
    one.close()
    two.close()


def test_nothing_is_known_against_a_stranger(permissions: Permissions) -> None:
    assert permissions.refusals(["C1"], Channel.MAIL) == {}


def test_a_refusal_counts_for_its_channel(permissions: Permissions) -> None:
    permissions.refuse("C1", Channel.MAIL, "opt_out", NOW)
    assert permissions.refusals(["C1", "C2"], Channel.MAIL) == {"C1": "opt_out"}
    assert permissions.refusals(["C1"], Channel.LINE) == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("news", "refused"),
    [
        ((("opt_out", 0), (None, 1)), {}),
        (((None, 0), ("opt_out", 1)), {"C1": "opt_out"}),
        (((None, 0), ("opt_out", 0)), {"C1": "opt_out"}),
        ((("bounce", 0), (None, 1)), {"C1": "bounce"}),
        ((("complaint", 0), (None, 1)), {"C1": "complaint"}),
        ((("opt_out", 0), ("blocked", 1)), {"C1": "blocked"}),
        ((("bounce", 1), ("complaint", 0)), {"C1": "complaint"}),
    ],
)
def test_news_may_come_in_any_order(
    permissions: Permissions,
    news: tuple[tuple[str | None, int], ...],
    refused: dict[str, str],
    order: tuple[int, int],
) -> None:
    changes = [PermissionChange("C1", Channel.MAIL, reason, NOW + timedelta(hours=hour)) for reason, hour in news]
    for position in order:
        permissions.record([changes[position]])
        permissions.record([changes[position]])
    assert permissions.refusals(["C1"], Channel.MAIL) == refused
