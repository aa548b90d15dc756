"""The push service's client over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from enishi.aws.failures import SENDER_CONFIG
from enishi.aws.notices import EventBridgeNotices
from enishi.aws.push import PinpointPush
from enishi.clock import from_text
from enishi.errors import LakeError
from enishi.ports import Accepted, Refused, Unknown
from tests.unit.aws.http_service import Answer, Request, Service, serving
from tests.unit.channels.messages import PUSH, numbered


def pinpoint(request: Request) -> Answer:
    """Every token succeeds, but `token00000001` is dead."""
    tokens = request.body["Addresses"]
    result = {
        token: {"DeliveryStatus": "PERMANENT_FAILURE" if token.endswith("1") else "SUCCESSFUL", "MessageId": "p"}
        for token in tokens
    }
    return Answer(body={"ApplicationId": "app", "Result": result})


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(pinpoint) as running:
        yield running


def pusher(url: str) -> PinpointPush:
    client: Any = boto3.client(
        "pinpoint",
        region_name="ap-northeast-1",
        endpoint_url=url,
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=SENDER_CONFIG,
    )
    return PinpointPush(client, "app")


def test_a_dead_token_is_refused_and_the_others_go(service: Service) -> None:
    receipts = pusher(service.url).send(numbered(PUSH, 3))
    assert receipts == [Accepted("p"), Refused("invalid"), Accepted("p")]
    assert len(service.requests) == 1
    assert service.requests[0].path == "/v1/apps/app/messages"


def test_a_shared_device_gets_both_messages(service: Service) -> None:
    first = numbered(PUSH, 1)[0]
    second = replace(first, send_id="ff" * 16)
    assert pusher(service.url).send([first, second]) == [Accepted("p"), Accepted("p")]
    assert [len(request.body["Addresses"]) for request in service.requests] == [1, 1]


def test_a_fault_leaves_every_message_unknown(service: Service) -> None:
    service.answer = lambda _: Answer(500, {"message": "no"})
    assert pusher(service.url).send(numbered(PUSH, 2)) == [Unknown("no_answer")] * 2
    assert len(service.requests) == 1


class Bus:
    def __init__(self, failed: int) -> None:
        self.failed = failed
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        self.entries += Entries
        return {"FailedEntryCount": self.failed}


def test_a_notice_says_which_table_changed() -> None:
    bus = Bus(0)
    EventBridgeNotices(bus).table_loaded("price_history", from_text("2026-11-21T01:00:00Z"))
    [entry] = bus.entries
    assert entry["Detail"] == '{"table": "price_history", "at": "2026-11-21T01:00:00Z"}'
    assert (entry["Source"], entry["DetailType"]) == ("enishi", "table_loaded")


def test_a_refused_notice_is_an_error() -> None:
    with pytest.raises(LakeError, match="refused a notice"):
        EventBridgeNotices(Bus(1)).table_loaded("orders", from_text("2026-11-21T01:00:00Z"))
