"""The web collector's stream: one record a request, which Firehose writes to raw files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from enishi.errors import LakeError
from enishi.settings import Settings

if TYPE_CHECKING:
    from boto3.session import Session

_PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
"""A caller waits for the answer; what is not taken within this, its tag sends again."""


class FirehoseClient(Protocol):
    """What is used of boto3's `firehose` client."""

    def put_record(self, *, DeliveryStreamName: str, Record: dict[str, bytes]) -> Any: ...  # noqa: N803 - AWS's names


class FirehoseStream:
    """`enishi.ports.EventStream` over a delivery stream. A request is one record: each is billed as 5 kB."""

    def __init__(self, client: FirehoseClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, lines: bytes) -> None:
        try:
            self._client.put_record(DeliveryStreamName=self._name, Record={"Data": lines})
        except (BotoCoreError, ClientError) as error:
            what = f"the stream did not take the events ({type(error).__name__})"
            raise LakeError(what, where=self._name, remedy="Send them again.") from error


def web_stream(settings: Settings, session: Session) -> FirehoseStream:
    """The stream of the environment."""
    return FirehoseStream(session.client("firehose", config=_PATIENCE), settings.web_stream)
