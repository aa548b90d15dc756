"""Providers with the documented semantics, whose answers and deaths follow a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from enishi.ports import Accepted, Channel, Ledger, Message, Receipt, Refused, Unknown
from tests.faults.world import Phone


class Killed(BaseException):
    """The process is gone. Nothing may catch it."""


class Fault(StrEnum):
    """What happens to one message at the provider."""

    NONE = "none"
    THROTTLED = "throttled"
    """Refused once, retryable; nothing went out."""
    REJECTED = "rejected"
    LOST_ANSWER = "lost_answer"
    """It went out, and the answer never came."""
    LOST_REQUEST = "lost_request"
    """It did not go out, and the sender cannot know."""


@dataclass
class Death:
    """Kills at the `at`-th boundary that is passed; counts them all when `at` is None."""

    at: int | None = None
    passed: int = 0

    def boundary(self) -> None:
        self.passed += 1
        if self.at is not None and self.passed == self.at:
            self.at = None
            raise Killed


@dataclass
class FaultyProvider:
    """One channel. `plan`: address → what happens to its first call. `death` may kill between any two messages."""

    channel: Channel
    phone: Phone
    death: Death = field(default_factory=Death)
    plan: Mapping[str, Fault] = field(default_factory=dict)
    batch_size: int = 3
    called: set[str] = field(default_factory=set)

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        self.death.boundary()
        receipts = [self._one(message) for message in messages]
        self.death.boundary()
        return receipts

    def _one(self, message: Message) -> Receipt:
        first = message.send_id not in self.called
        self.called.add(message.send_id)
        fault = self.plan.get(message.address, Fault.NONE) if first else Fault.NONE
        if fault in _NOT_OUT:
            return _NOT_OUT[fault]
        self.phone.deliver(message)
        self.death.boundary()
        return Unknown("timeout") if fault is Fault.LOST_ANSWER else Accepted(f"p-{message.send_id}")


_NOT_OUT: Mapping[Fault, Receipt] = {
    Fault.THROTTLED: Refused("throttled", retryable=True),
    Fault.REJECTED: Refused("rejected"),
    Fault.LOST_REQUEST: Unknown("timeout"),
}


class MortalLedger:
    """A ledger around each of whose writes the worker may die."""

    def __init__(self, ledger: Ledger, death: Death) -> None:
        self._ledger = ledger
        self._death = death

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._ledger, name)
        if name not in {"claim", "settle_all", "release"}:
            return method

        def call(*arguments: Any) -> Any:
            self._death.boundary()
            answer = method(*arguments)
            self._death.boundary()
            return answer

        return call
