"""DynamoDB as the ledger and the permissions use it.

Ledger table: key `pk` (a send_id, or `run#<run id>`); index `by_chunk` with key `chunk_key`
(`<run>#<step>#<chunk>`), all attributes projected. Guards table: key `pk`
(`cap#<counter>` or `permission#<channel>#<customer>`). Both: number attribute `ttl`, epoch seconds.
Instants are fixed-width UTC texts, whose order is the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item in DynamoDB's own notation: attribute → {"S": …} or {"N": …}."""

T = TypeVar("T")
R = TypeVar("R")

BATCH_GET = 100
"""Keys of one BatchGetItem."""

THREADS = 16
KEEP = timedelta(days=400)
"""Life of an item: longer than any scenario run, so that a message is never claimed twice."""


def text(value: str) -> Item:
    return {"S": value}


def number(value: int) -> Item:
    return {"N": str(value)}


def stored(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(item: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(item[name]["S"])


def ttl(now: datetime) -> Item:
    return number(int((now + KEEP).timestamp()))


def chunks(values: Iterable[T], size: int) -> Iterable[list[T]]:
    """`values` in lists of at most `size`."""
    iterator = iter(values)
    while piece := list(islice(iterator, size)):
        yield piece


def in_threads(function: Callable[[T], R], values: Sequence[T]) -> list[R]:
    """`function` over `values`, in order, a few at a time; the first error is raised."""
    if len(values) <= 1:
        return [function(value) for value in values]
    with ThreadPoolExecutor(min(THREADS, len(values))) as pool:
        return list(pool.map(function, values))


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def get_all(client: DynamoDBClient, table: str, keys: Sequence[str]) -> dict[str, Item]:
    """The items that exist, by `pk`, read consistently."""
    pieces = list(chunks(dict.fromkeys(keys), BATCH_GET))
    found = in_threads(lambda piece: _get_batch(client, table, piece), pieces)
    return {item["pk"]["S"]: item for items in found for item in items}


def _get_batch(client: DynamoDBClient, table: str, keys: Sequence[str]) -> list[Item]:
    found: list[Item] = []
    wanted: Any = {table: {"Keys": [{"pk": text(key)} for key in keys], "ConsistentRead": True}}
    while wanted:
        answer = client.batch_get_item(RequestItems=wanted)
        found += answer["Responses"].get(table, [])
        wanted = answer.get("UnprocessedKeys")
    return found
