"""Mail on SES v2, fifty rendered messages a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from enishi.aws.failures import receipt_of
from enishi.channels import mail
from enishi.channels.sound import sound_only
from enishi.ports import Channel, Message, Receipt

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


class SesMail:
    """`enishi.ports.ChannelProvider` for mail. `client` is made with `enishi.aws.failures.SENDER_CONFIG`."""

    channel = Channel.MAIL
    batch_size = 50

    def __init__(self, client: SESV2Client, *, sender: str, configuration_set: str = "") -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        return sound_only(messages, mail.unfit, self._bulk)

    def _bulk(self, messages: Sequence[Message]) -> list[Receipt]:
        request: Any = mail.bulk_request(messages, self._sender, self._configuration_set)
        try:
            answer = self._client.send_bulk_email(**request)
        except (BotoCoreError, ClientError) as error:
            return [receipt_of(error)] * len(messages)
        return mail.receipts(answer, len(messages))
