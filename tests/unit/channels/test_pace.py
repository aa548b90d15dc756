from __future__ import annotations

from collections.abc import Sequence

from enishi.channels.pace import Paced, TokenBucket
from enishi.ports import Accepted, Channel, Message, Receipt, Refused, Unknown
from tests.unit.channels.messages import MAIL, numbered


class Time:
    """A second hand that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def timer(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Scripted:
    """Answers each call's messages from a script, message by message."""

    channel = Channel.MAIL
    batch_size = 50

    def __init__(self, answers: Sequence[Sequence[Receipt]]) -> None:
        self._answers = list(answers)
        self.calls: list[list[str]] = []

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        self.calls.append([message.send_id for message in messages])
        return list(self._answers[len(self.calls) - 1])


THROTTLED = Refused("throttled", retryable=True)
OK = Accepted("p")


def bucket(time: Time, rate: float = 10, burst: float = 10) -> TokenBucket:
    return TokenBucket(rate, burst, time.timer, time.sleep)


def test_recipients_are_counted_not_calls() -> None:
    time = Time()
    tokens = bucket(time)
    for _ in range(6):
        tokens.take(5)
    assert time.now == 2.0  # 30 recipients: 10 at once, 20 at 10 a second


def test_only_what_is_proven_not_to_have_gone_out_is_repeated() -> None:
    time = Time()
    provider = Scripted([[OK, THROTTLED, Unknown("timeout"), Refused("rejected")], [THROTTLED], [OK]])
    receipts = Paced(provider, bucket(time)).send(numbered(MAIL, 4))
    assert receipts == [OK, OK, Unknown("timeout"), Refused("rejected")]
    assert [len(call) for call in provider.calls] == [4, 1, 1]
    assert provider.calls[1] == provider.calls[2] == [f"{1:032x}"]


def test_repeats_are_bounded() -> None:
    time = Time()
    provider = Scripted([[THROTTLED]] * 3)
    assert Paced(provider, bucket(time), attempts=3).send(numbered(MAIL, 1)) == [THROTTLED]
    assert len(provider.calls) == 3
    assert time.now == 1.5
