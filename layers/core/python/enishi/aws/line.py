"""LINE's Messaging API over HTTP. Every call carries its retry key, so a repeat cannot send twice."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from pydantic import SecretStr

from enishi.channels import line
from enishi.channels.sound import sound_only
from enishi.consent.reasons import RefusalReason
from enishi.ports import Channel, Message, Receipt, Refused, Unknown

TIMEOUT_SECONDS = 15.0
REPEATS = 2
"""How often an unclear call is repeated with its key before it is left unknown."""


class LineMessenger:
    """`enishi.ports.ChannelProvider` for LINE; `threads` calls at one time. Close it when done."""

    channel = Channel.LINE
    batch_size = 100

    def __init__(self, base_url: str, token: SecretStr, *, threads: int = 16) -> None:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}", "Content-Type": "application/json"}
        limits = httpx.Limits(max_connections=threads)
        self._client = httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT_SECONDS, limits=limits)
        self._threads = threads

    def close(self) -> None:
        self._client.close()

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        return sound_only(messages, line.unfit, self._all)

    def _all(self, messages: Sequence[Message]) -> list[Receipt]:
        with ThreadPoolExecutor(min(self._threads, len(messages))) as pool:
            return list(pool.map(self._one, messages))

    def _one(self, message: Message) -> Receipt:
        """Push until the answer is clear. After an unclear call only an acceptance may replace the doubt."""
        request = line.push_request(message)
        first = self._push(request)
        for _ in range(REPEATS if isinstance(first, Unknown) else 0):
            again = self._push(request)
            if not isinstance(again, Unknown | Refused):
                return again
        return first

    def _push(self, request: line.LinePush) -> Receipt:
        try:
            answer = self._client.post(
                line.PATH, content=request.body, headers={"X-Line-Retry-Key": str(request.retry_key)}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Refused(RefusalReason.CONNECTION, retryable=True)
        except httpx.TimeoutException:
            return Unknown(RefusalReason.TIMEOUT)
        except httpx.HTTPError:
            return Unknown(RefusalReason.NO_ANSWER)
        return line.receipt(answer.status_code, answer.headers, answer.content)
