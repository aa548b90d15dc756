"""LINE over real HTTP: retry keys, repeats, and what its answers prove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from pydantic import SecretStr

from enishi.aws.line import LineMessenger
from enishi.ports import Accepted, Receipt, Refused, Unknown
from tests.unit.aws.http_service import Answer, Request, Service, serving
from tests.unit.channels.messages import LINE, numbered


class Line:
    """Executes a retry key once and answers 409 on a repeat, as LINE documents. `faults`: answers to come first."""

    def __init__(self) -> None:
        self.faults: list[Answer] = []
        self.executed: dict[str, str] = {}
        self.executes_despite_fault = False

    def __call__(self, request: Request) -> Answer:
        key = request.headers["X-Line-Retry-Key"]
        if key in self.executed:
            return Answer(409, {"message": "accepted before"}, {"x-line-accepted-request-id": self.executed[key]})
        if self.faults:
            if self.executes_despite_fault:
                self.executed[key] = f"r{len(self.executed)}"
            return self.faults.pop(0)
        self.executed[key] = f"r{len(self.executed)}"
        return Answer(headers={"x-line-request-id": self.executed[key]})


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def service(line: Line) -> Iterator[Service]:
    with serving(line) as running:
        yield running


@pytest.fixture
def messenger(service: Service) -> Iterator[LineMessenger]:
    made = LineMessenger(service.url, SecretStr("token"), threads=4)
    yield made
    made.close()


def test_every_message_is_one_call_with_its_key(messenger: LineMessenger, service: Service) -> None:
    receipts = messenger.send(numbered(LINE, 10))
    assert all(isinstance(receipt, Accepted) for receipt in receipts)
    assert len({UUID(request.headers["X-Line-Retry-Key"]) for request in service.requests}) == 10
    assert {request.headers["Authorization"] for request in service.requests} == {"Bearer token"}
    assert {request.path for request in service.requests} == {"/v2/bot/message/push"}
    assert service.requests[0].body["messages"] == json.loads(LINE.payload)


def test_a_repeat_is_answered_with_the_first_acceptance(messenger: LineMessenger, line: Line) -> None:
    assert messenger.send([LINE]) == messenger.send([LINE]) == [Accepted("r0")]
    assert len(line.executed) == 1


@pytest.mark.parametrize("executed", [True, False])
def test_a_lost_answer_is_cleared_by_a_repeat(
    messenger: LineMessenger, line: Line, service: Service, executed: bool
) -> None:
    line.faults, line.executes_despite_fault = [Answer(drop=True)], executed
    assert messenger.send([LINE]) == [Accepted("r0")]
    assert len(line.executed) == 1
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("faults", "receipt"),
    [
        ([Answer(500)] * 3, Unknown("no_answer")),
        ([Answer(429, {"message": "rate limit"})], Refused("throttled", retryable=True)),
        ([Answer(429, {"message": "You have reached your monthly limit."})], Refused("quota")),
        ([Answer(400)], Refused("rejected")),
        ([Answer(401)], Refused("not_configured")),
        ([Answer(500), Answer(400), Answer(400)], Unknown("no_answer")),
    ],
    ids=["fault", "rate", "quota", "bad", "token", "fault-then-refusal"],
)
def test_what_an_answer_does_not_prove_stays_unknown(
    messenger: LineMessenger, line: Line, faults: list[Answer], receipt: Receipt
) -> None:
    line.faults = faults
    assert messenger.send([LINE]) == [receipt]
