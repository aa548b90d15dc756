"""Who said no, on DynamoDB: the semantics of `local.permissions`.

Each change is one conditional update, so that news may come in any order and from several writers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from enishi.aws.dynamo import Item, get_all, in_threads, instant, stored, text
from enishi.consent.record import FINAL_REASONS, PermissionRecord
from enishi.ports import Channel, PermissionChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoPermissions:
    """`enishi.ports.Permissions` on the guards table; see `enishi.aws.dynamo` for its keys."""

    def __init__(self, client: DynamoDBClient, guards_table: str) -> None:
        self._client = client
        self._table = guards_table

    def refusals(self, customer_ids: Sequence[str], channel: Channel) -> dict[str, str]:
        keys = {_key(customer, channel): customer for customer in customer_ids}
        found = get_all(self._client, self._table, list(keys))
        refused = ((keys[key], _record(item).refusal) for key, item in found.items())
        return {customer: reason for customer, reason in refused if reason is not None}

    def refuse(self, customer_id: str, channel: Channel, reason: str, at: datetime) -> None:
        self._record(PermissionChange(customer_id, channel, reason, at))

    def allow(self, customer_id: str, channel: Channel, at: datetime) -> None:
        self._record(PermissionChange(customer_id, channel, None, at))

    def record(self, changes: Sequence[PermissionChange]) -> None:
        in_threads(self._record, changes)

    def _record(self, change: PermissionChange) -> None:
        try:
            self._client.update_item(
                TableName=self._table, Key={"pk": text(_key(change.customer_id, change.channel))}, **_update(change)
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def _update(change: PermissionChange) -> dict[str, Any]:
    at = {":at": text(stored(change.at))}
    if change.reason is None:
        return _set("SET allowed_at = :at", "attribute_not_exists(allowed_at) OR allowed_at < :at", at)
    values = at | {":reason": text(change.reason)}
    if change.reason in FINAL_REASONS:
        return _set(
            "SET final_at = :at, final_reason = :reason", "attribute_not_exists(final_at) OR final_at > :at", values
        )
    return _set(
        "SET refused_at = :at, refused_reason = :reason", "attribute_not_exists(refused_at) OR refused_at < :at", values
    )


def _set(update: str, condition: str, values: Item) -> dict[str, Any]:
    return {"UpdateExpression": update, "ConditionExpression": condition, "ExpressionAttributeValues": values}


def _record(item: Item) -> PermissionRecord:
    return PermissionRecord(
        final_reason=_text(item, "final_reason"),
        final_at=_instant(item, "final_at"),
        refused_reason=_text(item, "refused_reason"),
        refused_at=_instant(item, "refused_at"),
        allowed_at=_instant(item, "allowed_at"),
    )


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _instant(item: Item, name: str) -> datetime | None:
    return instant(item, name) if name in item else None


def _key(customer_id: str, channel: Channel) -> str:
    return f"permission#{channel}#{customer_id}"
