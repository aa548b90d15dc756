"""Wrappers around a provider: keep to the account's rate, and try again what is proven not to have gone out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from enishi.ports import Channel, ChannelProvider, Message, Receipt, Refused

Sleep = Callable[[float], None]
Timer = Callable[[], float]


@dataclass
class TokenBucket:
    """At most `rate` tokens a second in the long run and `burst` at once; shared by the threads of one sender."""

    rate: float
    burst: float
    timer: Timer
    sleep: Sleep
    _level: float = field(init=False)
    _filled_at: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._level = self.burst
        self._filled_at = self.timer()

    def take(self, tokens: float) -> None:
        """Wait until `tokens` are there and take them; more than `burst` are lent and waited for afterwards."""
        with self._lock:
            now = self.timer()
            self._level = min(self.burst, self._level + (now - self._filled_at) * self.rate)
            self._filled_at = now
            self._level -= tokens
            owed = -self._level / self.rate
        if owed > 0:
            self.sleep(owed)


class Paced:
    """A provider that counts recipients, not calls, against a bucket, and repeats throttled ones a few times.

    Only refusals that say `retryable` are repeated: each proves that nothing went out. What is still refused after
    the last attempt stays refused, so a chunk ends well before its claims expire.
    """

    def __init__(
        self, provider: ChannelProvider, bucket: TokenBucket, *, attempts: int = 5, pause: float = 0.5
    ) -> None:
        self.channel: Channel = provider.channel
        self.batch_size = provider.batch_size
        self._provider = provider
        self._bucket = bucket
        self._attempts = attempts
        self._pause = pause

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        receipts = self._once(messages)
        for attempt in range(1, self._attempts):
            again = [index for index, receipt in enumerate(receipts) if _is_retryable(receipt)]
            if not again:
                break
            self._bucket.sleep(self._pause * 2 ** (attempt - 1))
            for index, receipt in zip(again, self._once([messages[index] for index in again]), strict=True):
                receipts[index] = receipt
        return receipts

    def _once(self, messages: Sequence[Message]) -> list[Receipt]:
        self._bucket.take(len(messages))
        return self._provider.send(messages)


def _is_retryable(receipt: Receipt) -> bool:
    return isinstance(receipt, Refused) and receipt.retryable
