"""Push notifications on `pinpoint.SendMessages` with Addresses: the part of Pinpoint that survives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from enishi.aws.failures import receipt_of
from enishi.channels import push
from enishi.channels.sound import sound_only
from enishi.ports import Channel, Message, Receipt


class PinpointClient(Protocol):
    """What is used of boto3's `pinpoint` client."""

    def send_messages(self, *, ApplicationId: str, MessageRequest: dict[str, Any]) -> dict[str, Any]: ...  # noqa: N803


class PinpointPush:
    """`enishi.ports.ChannelProvider` for push. `client` is made with `enishi.aws.failures.SENDER_CONFIG`."""

    channel = Channel.PUSH
    batch_size = 100

    def __init__(self, client: PinpointClient, application_id: str) -> None:
        self._client = client
        self._application_id = application_id

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        return sound_only(messages, push.unfit, self._by_token)

    def _by_token(self, messages: Sequence[Message]) -> list[Receipt]:
        """Calls in which no token stands twice: a family may share one device."""
        receipts: dict[str, Receipt] = {}
        waiting = list(messages)
        while waiting:
            call = {push.token(message.address): message for message in reversed(waiting)}
            sent = list(call.values())
            receipts |= zip((message.send_id for message in sent), self._call(sent), strict=True)
            waiting = [message for message in waiting if message.send_id not in receipts]
        return [receipts[message.send_id] for message in messages]

    def _call(self, messages: Sequence[Message]) -> list[Receipt]:
        try:
            answer = self._client.send_messages(**push.send_request(messages, self._application_id))
        except (BotoCoreError, ClientError) as error:
            return [receipt_of(error)] * len(messages)
        return push.receipts(answer, messages)
