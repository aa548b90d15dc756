"""The send ledger on DynamoDB: the semantics of `local.ledger`, proven by one suite over both.

A claim is one transaction: put the item unless it exists, and take a place of each cap while there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from enishi.aws.dynamo import Item, code, get_all, in_threads, instant, number, stored, text, ttl
from enishi.channels.settlement import expired, frees_caps, settled
from enishi.errors import DeliveryError
from enishi.ports import (
    Cap,
    CapReached,
    Channel,
    Claim,
    ClaimOutcome,
    Entry,
    Held,
    LedgerState,
    Receipt,
    RunState,
    Won,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_CHUNK = "by_chunk"
_NEVER: Mapping[str, Any] = {"used": {"N": "0"}}
_CONFLICTS = 20
"""Tries of a transaction that met another on the same customer's counters."""


class DynamoLedger:
    """`enishi.ports.Ledger` on two tables; see `enishi.aws.dynamo` for their keys."""

    def __init__(self, client: DynamoDBClient, ledger_table: str, guards_table: str) -> None:
        self._client = client
        self._ledger = ledger_table
        self._guards = guards_table

    def open_run(self, run_id: str, execution: str, now: datetime) -> RunState:
        key = {"pk": text(_run_key(run_id))}
        item = key | {"execution": text(execution), "opened_at": text(stored(now)), "ttl": ttl(now)}
        try:
            self._client.put_item(TableName=self._ledger, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except self._client.exceptions.ConditionalCheckFailedException:
            found = self._client.get_item(TableName=self._ledger, Key=key, ConsistentRead=True)["Item"]
            if "finished_at" in found:
                return RunState.FINISHED
            return RunState.RESUMED if found["execution"]["S"] == execution else RunState.OTHER
        return RunState.OPENED

    def finish_run(self, run_id: str, now: datetime) -> None:
        try:
            self._client.update_item(
                TableName=self._ledger,
                Key={"pk": text(_run_key(run_id))},
                UpdateExpression="SET finished_at = :now",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(finished_at)",
                ExpressionAttributeValues={":now": text(stored(now))},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def claim(self, claims: Sequence[Claim], now: datetime) -> list[ClaimOutcome]:
        return in_threads(lambda claim: self._claim(claim, now), claims)

    def settle(self, send_id: str, receipt: Receipt, now: datetime) -> LedgerState:  # noqa: ARG002
        while True:
            item = self._item(send_id)
            before = _entry(item)
            after = settled(before, receipt)
            if after == before or self._change(item, after, free=frees_caps(before, after)):
                return after.state

    def settle_all(self, receipts: Mapping[str, Receipt], now: datetime) -> dict[str, LedgerState]:
        pairs = list(receipts.items())
        states = in_threads(lambda pair: self.settle(pair[0], pair[1], now), pairs)
        return dict(zip(receipts, states, strict=True))

    def release(self, send_id: str) -> None:
        item = get_all(self._client, self._ledger, [send_id]).get(send_id)
        if item is None or item["state"]["S"] != LedgerState.CLAIMED:
            return
        delete = {
            "TableName": self._ledger,
            "Key": {"pk": text(send_id)},
            "ConditionExpression": "#state = :claimed",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":claimed": text(LedgerState.CLAIMED)},
        }
        self._transact([{"Delete": delete}, *self._frees(item)])

    def entries(self, run_id: str, step_id: str, chunk: int) -> list[Entry]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._ledger,
            IndexName=BY_CHUNK,
            KeyConditionExpression="chunk_key = :chunk",
            ExpressionAttributeValues={":chunk": text(_chunk_key(run_id, step_id, chunk))},
        )
        return [_entry(item) for page in pages for item in page["Items"]]

    def find(self, send_ids: Sequence[str]) -> dict[str, Entry]:
        found = get_all(self._client, self._ledger, send_ids)
        return {send_id: _entry(item) for send_id, item in found.items()}

    def _claim(self, claim: Claim, now: datetime) -> ClaimOutcome:
        for _ in range(_CONFLICTS):
            seen = self._counted(claim.caps)
            takes = [self._take(cap.key, cap.limit - sum(seen[key] for key in cap.counted), now) for cap in claim.caps]
            failed = self._transact([self._put(claim, now), *takes, *(self._still(*each) for each in seen.items())])
            if not failed:
                return Won()
            if failed[0]:
                return Held(self._overtaken(claim.send_id, now))
            if not any(failed[1 + len(takes) :]):
                return CapReached(next(cap for cap, full in zip(claim.caps, failed[1:], strict=False) if full))
        raise self._too_busy()

    def _counted(self, caps: Sequence[Cap]) -> dict[str, int]:
        """What stands in the counters that count towards `caps` without being taken."""
        keys = [key for cap in caps for key in cap.counted]
        found = get_all(self._client, self._guards, [_cap_key(key) for key in keys]) if keys else {}
        return {key: int(found.get(_cap_key(key), _NEVER)["used"]["N"]) for key in keys}

    def _overtaken(self, send_id: str, now: datetime) -> Entry:
        item = self._item(send_id)
        entry = _entry(item)
        if entry.state is not LedgerState.CLAIMED or entry.expires_at > now:
            return entry
        after = expired(entry)
        return after if self._change(item, after, free=False) else _entry(self._item(send_id))

    def _change(self, item: Item, after: Entry, *, free: bool) -> bool:
        """Write `after` unless somebody changed the item since it was read; False when they did."""
        update = {
            "TableName": self._ledger,
            "Key": {"pk": item["pk"]},
            "UpdateExpression": "SET #state = :after, provider_id = :provider, reason = :reason",
            "ConditionExpression": "#state = :before AND reason = :before_reason",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":after": text(after.state),
                ":provider": text(after.provider_id),
                ":reason": text(after.reason),
                ":before": item["state"],
                ":before_reason": item["reason"],
            },
        }
        if free:
            return not self._transact([{"Update": update}, *self._frees(item)])
        try:
            self._client.update_item(**_typed(update))
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _put(self, claim: Claim, now: datetime) -> Item:
        put = {"TableName": self._ledger, "Item": _item(claim, now), "ConditionExpression": "attribute_not_exists(pk)"}
        return {"Put": put}

    def _take(self, key: str, limit: int, now: datetime) -> Item:
        update = {
            "TableName": self._guards,
            "Key": {"pk": text(_cap_key(key))},
            "UpdateExpression": "ADD used :one SET #ttl = :ttl",
            "ConditionExpression": "attribute_not_exists(used) OR used < :limit" if limit > 0 else "used < :limit",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":one": number(1), ":limit": number(limit), ":ttl": ttl(now)},
        }
        return {"Update": update}

    def _still(self, key: str, used: int) -> Item:
        """The counter has not moved since it was read."""
        check = {
            "TableName": self._guards,
            "Key": {"pk": text(_cap_key(key))},
            "ConditionExpression": "used = :used" if used else "attribute_not_exists(used) OR used = :used",
            "ExpressionAttributeValues": {":used": number(used)},
        }
        return {"ConditionCheck": check}

    def _frees(self, item: Item) -> list[Item]:
        return [
            {
                "Update": {
                    "TableName": self._guards,
                    "Key": {"pk": text(_cap_key(key["S"]))},
                    "UpdateExpression": "ADD used :back",
                    "ExpressionAttributeValues": {":back": number(-1)},
                }
            }
            for key in item["caps"]["L"]
        ]

    def _transact(self, items: list[Item]) -> list[bool]:
        """Do all of `items` or none. Returns [] when done, else which of their conditions failed."""
        for _ in range(_CONFLICTS):
            try:
                self._client.transact_write_items(TransactItems=_typed(items))
            except self._client.exceptions.TransactionCanceledException as error:
                failed = _failures(error)
                if any(failed):
                    return failed
            except ClientError as error:
                if code(error) != "TransactionInProgressException":
                    raise
            else:
                return []
        raise self._too_busy()

    def _too_busy(self) -> DeliveryError:
        what = "the ledger's transaction kept meeting others on the same customer"
        return DeliveryError(what, remedy="Run the step again.")

    def _item(self, send_id: str) -> Item:
        found = get_all(self._client, self._ledger, [send_id])
        if send_id not in found:
            raise DeliveryError(
                "an outcome has no claim in the ledger", where=send_id, remedy="Claim before the provider is called."
            )
        return found[send_id]


def _failures(error: ClientError) -> list[bool]:
    """Which conditions failed; all False for a conflict with another transaction, which is tried again."""
    response: Mapping[str, Any] = error.response
    return [reason.get("Code") == "ConditionalCheckFailed" for reason in response.get("CancellationReasons", [])]


def _item(claim: Claim, now: datetime) -> Item:
    return {
        "pk": text(claim.send_id),
        "chunk_key": text(_chunk_key(claim.run_id, claim.step_id, claim.chunk)),
        "run_id": text(claim.run_id),
        "step_id": text(claim.step_id),
        "chunk": number(claim.chunk),
        "customer_id": text(claim.customer_id),
        "channel": text(claim.channel),
        "state": text(LedgerState.CLAIMED),
        "claimed_at": text(stored(now)),
        "expires_at": text(stored(claim.expires_at)),
        "provider_id": text(""),
        "reason": text(""),
        "caps": {"L": [text(cap.key) for cap in claim.caps]},
        "ttl": ttl(now),
    }


def _entry(item: Item) -> Entry:
    return Entry(
        send_id=item["pk"]["S"],
        run_id=item["run_id"]["S"],
        step_id=item["step_id"]["S"],
        chunk=int(item["chunk"]["N"]),
        customer_id=item["customer_id"]["S"],
        channel=Channel(item["channel"]["S"]),
        state=LedgerState(item["state"]["S"]),
        claimed_at=instant(item, "claimed_at"),
        expires_at=instant(item, "expires_at"),
        provider_id=item["provider_id"]["S"],
        reason=item["reason"]["S"],
    )


def _run_key(run_id: str) -> str:
    return f"run#{run_id}"


def _cap_key(key: str) -> str:
    return f"cap#{key}"


def _chunk_key(run_id: str, step_id: str, chunk: int) -> str:
    return f"{run_id}#{step_id}#{chunk}"


def _typed(value: Any) -> Any:
    # The stubs want a literal TypedDict; these are built piece by piece.
    return value
