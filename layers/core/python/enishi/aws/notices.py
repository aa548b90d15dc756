"""Notices on EventBridge: `table_loaded` starts the scenarios that wait for a change of data."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Protocol

from enishi.clock import to_text
from enishi.errors import LakeError
from enishi.scenario.triggers import EVENT_SOURCE, TABLE_LOADED


class EventsClient(Protocol):
    """What is used of boto3's `events` client."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]: ...  # noqa: N803 - AWS's name


class EventBridgeNotices:
    """`enishi.ports.Notices` on an event bus."""

    def __init__(self, client: EventsClient, bus: str = "default") -> None:
        self._client = client
        self._bus = bus

    def table_loaded(self, table: str, at: datetime) -> None:
        """Publish; raises LakeError when the bus did not take the event, so that the load runs again."""
        detail = json.dumps({"table": table, "at": to_text(at)})
        entry = {"EventBusName": self._bus, "Source": EVENT_SOURCE, "DetailType": TABLE_LOADED, "Detail": detail}
        answer = self._client.put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            raise LakeError("the event bus refused a notice", where=table, remedy="Run the load again.")
