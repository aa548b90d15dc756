"""What the product needs from the outside, as protocols. `aws` and `local` each implement all of them.

Flows take a `Services` and plain values; they never know which side they run on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

import pyarrow as pa
from sqlglot import exp

from enishi.clock import Clock
from enishi.settings import Settings

Rows = pa.Table | pa.RecordBatchReader
Source = Rows | exp.Query
"""What a write takes: Arrow rows, or a query that runs on the engine (INSERT … SELECT, MERGE … USING)."""


@dataclass(frozen=True)
class Upserted:
    inserted: int
    updated: int


@dataclass(frozen=True)
class Unloaded:
    """Parquet files that a query wrote, and how many rows they hold, by partition folder ("" when not partitioned)."""

    prefix: str
    files: tuple[str, ...]
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class Warehouse(Protocol):
    """The lake's engine. Queries are trees of Athena (Trino) SQL (`enishi.lake.sql`); nobody passes strings.

    Tables in a tree: bare names are lake tables or views of `enishi.lake`; `pii.customer_contacts`;
    `work.cohorts` (see `enishi.lake.work`). Each write is one atomic commit of one table.
    """

    def query(self, query: exp.Query) -> pa.Table:
        """The answer, whole, typed as Arrow. For answers that fit in memory."""
        ...

    def append(self, table: str, source: Source) -> int:
        """Add rows; missing columns become null. Returns the number of rows added."""
        ...

    def replace(self, table: str, source: Source) -> int:
        """Make `source` the whole content of the table."""
        ...

    def upsert(self, table: str, source: Source) -> Upserted:
        """Merge on the table's key. Columns that `source` lacks keep their value on old rows, null on new ones.

        Of several source rows with one key the last one wins. Writing the same rows again changes nothing.
        """
        ...

    def compare(self, table: str, source: Rows) -> Upserted:
        """What `upsert` of these rows would do now; nothing is written."""
        ...

    def delete(self, table: str, where: exp.Expr) -> int:
        """Delete the rows for which `where` holds; returns how many."""
        ...

    def unload(self, query: exp.Query, prefix: str, *, partition_by: Sequence[str] = ()) -> Unloaded:
        """Write the answer as Parquet under `prefix` of the work store, hive folders for `partition_by`.

        What stood under `prefix` before is removed first, so that a repeat is not a double.
        """
        ...

    def snapshot(self, table: str) -> str:
        """Id of the table's present snapshot ("" for an empty table)."""
        ...


@dataclass(frozen=True)
class Stat:
    """What a store says of an object: its size in bytes, and when it was last written (aware UTC)."""

    size: int
    modified: datetime


class Blobs(Protocol):
    """A bucket, or a folder. Keys are relative, with slashes."""

    def put(self, key: str, data: bytes) -> None: ...

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write unless the key exists; True when this call wrote it."""
        ...

    def get(self, key: str) -> bytes:
        """Raises LakeError when the key does not exist."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A seekable stream for reading in constant memory."""
        ...

    def create(self, key: str) -> AbstractContextManager[BinaryIO]:
        """A stream to write in constant memory. The object appears whole when the block ends, and not at all when an
        error leaves it."""
        ...

    def stat(self, key: str) -> Stat:
        """Raises LakeError when the key does not exist."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Every key under `prefix`, sorted."""
        ...

    def delete(self, prefix: str) -> int: ...


class Channel(StrEnum):
    MAIL = "mail"
    LINE = "line"
    PUSH = "push"
    SMS = "sms"
    ONSITE = "onsite"
    CATALOG = "catalog"


@dataclass(frozen=True)
class Message:
    """One rendered item, ready for a provider. `address` and the bodies are personal: never log or put in an error."""

    send_id: str
    channel: Channel
    address: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    sender: str = ""
    """The brand's name, for a mail whose environment gives an address without one."""
    payload: str = field(default="", repr=False)
    """JSON of a LINE message list or of a push notification; "" for mail."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    """Non-personal labels that providers hand back with every event: scenario, step, run."""


@dataclass(frozen=True)
class Accepted:
    provider_id: str


@dataclass(frozen=True)
class Refused:
    """The provider said no and proved that nothing went out."""

    reason: str
    retryable: bool = False


@dataclass(frozen=True)
class Unknown:
    """The request went out and no answer came: held, never sent again by guess."""

    reason: str


Receipt = Accepted | Refused | Unknown


class ChannelProvider(Protocol):
    channel: Channel
    batch_size: int

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        """One receipt a message, in order. Never raises for what one message caused."""
        ...


class LedgerState(StrEnum):
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cap:
    """A frequency counter that a claim takes a place of: at most `limit` claims share `key`."""

    key: str
    limit: int


@dataclass(frozen=True)
class Claim:
    send_id: str
    run_id: str
    step_id: str
    chunk: int
    customer_id: str
    channel: Channel
    expires_at: datetime
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What the ledger knows of one send."""

    send_id: str
    run_id: str
    step_id: str
    chunk: int
    customer_id: str
    channel: Channel
    state: LedgerState
    claimed_at: datetime
    expires_at: datetime
    provider_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Won:
    """The claim is ours: send."""


@dataclass(frozen=True)
class Held:
    """Somebody claimed it before; `entry` says how that stands."""

    entry: Entry


@dataclass(frozen=True)
class CapReached:
    """The customer has had enough; nothing was claimed."""

    cap: Cap


ClaimOutcome = Won | Held | CapReached


class RunState(StrEnum):
    OPENED = "opened"
    RESUMED = "resumed"
    FINISHED = "finished"
    OTHER = "other"
    """Another execution owns this run."""


class Ledger(Protocol):
    """The record that makes sending safe (claim before send; see docs/delivery.md)."""

    def open_run(self, run_id: str, execution: str, now: datetime) -> RunState:
        """Take the run for `execution`: OPENED the first time, RESUMED for the same execution, FINISHED, or OTHER."""
        ...

    def finish_run(self, run_id: str, now: datetime) -> None: ...

    def claim(self, claims: Sequence[Claim], now: datetime) -> list[ClaimOutcome]:
        """Claim before the call; each claim and its caps are one atomic step. An expired live claim becomes UNKNOWN."""
        ...

    def settle(self, send_id: str, receipt: Receipt, now: datetime) -> LedgerState:
        """Record the outcome. CLAIMED and UNKNOWN may become anything; ACCEPTED never changes.

        A refusal frees its caps.
        """
        ...

    def settle_all(self, receipts: Mapping[str, Receipt], now: datetime) -> dict[str, LedgerState]:
        """`settle` for a provider's batch: send_id → the state that stands afterwards."""
        ...

    def release(self, send_id: str) -> None:
        """Give up a claim whose refusal was retryable, caps included, so that it can be claimed again."""
        ...

    def entries(self, run_id: str, step_id: str, chunk: int) -> list[Entry]: ...

    def find(self, send_ids: Sequence[str]) -> dict[str, Entry]: ...


@dataclass(frozen=True)
class PermissionChange:
    """A customer said no (`reason`), or yes (`reason` None), to a channel."""

    customer_id: str
    channel: Channel
    reason: str | None
    at: datetime


class Permissions(Protocol):
    """The fast record of who said no, newer than the lake: asked at the moment of sending."""

    def refusals(self, customer_ids: Sequence[str], channel: Channel) -> dict[str, str]:
        """customer_id → reason (opt_out, bounce, complaint, blocked); absent = nothing known against it."""
        ...

    def refuse(self, customer_id: str, channel: Channel, reason: str, at: datetime) -> None: ...

    def allow(self, customer_id: str, channel: Channel, at: datetime) -> None:
        """A newer opt-in. It never lifts a refusal that is younger than `at`, nor a bounce or a complaint."""
        ...

    def record(self, changes: Sequence[PermissionChange]) -> None:
        """Many `refuse` and `allow` at once, in any order."""
        ...


@dataclass(frozen=True)
class Range:
    """The rows of a fetch: those whose `column` lies from `since` to `until`, both included, as the database writes
    the values. `since` None = from the beginning."""

    column: str
    kind: str
    since: str | None
    until: str


@dataclass(frozen=True)
class Question:
    """What is asked of a retailer's database: one table (some columns or all) or one query, whole or a range of it.

    `place` is where: the connector's own words (workgroup and database, or project and location …).
    """

    source: str
    place: Mapping[str, str]
    table: str = ""
    query: str = ""
    columns: tuple[str, ...] = ()
    range: Range | None = None


@dataclass(frozen=True)
class Extracted:
    """Files that an extraction wrote to the raw store, and its rows (None when the database does not say)."""

    files: tuple[str, ...]
    rows: int | None


class Database(Protocol):
    """A retailer's own database. Every method raises ConnectorError with what to do about it."""

    def check(self, question: Question) -> list[str]:
        """Try what an extraction needs without taking rows; the columns that it would bring."""
        ...

    def newest(self, question: Question, column: str) -> str | None:
        """The greatest value of `column`, as the database writes it; None when there is none."""
        ...

    def extract(self, question: Question, folder: str, mark: str) -> Extracted:
        """Write the rows as Parquet under `folder` of the raw store, and last `folder/manifest`.

        `mark` names the extraction: one that already runs under it is waited for, and not started twice.
        """
        ...


class Notices(Protocol):
    """Says inside the system that something happened (EventBridge, or the local machine's triggers)."""

    def table_loaded(self, table: str, at: datetime) -> None: ...


class EventStream(Protocol):
    """Carries the web collector's lines to raw files."""

    def put(self, lines: bytes) -> None:
        """Take whole lines, each with its line end; they are safe when this returns.

        Raises:
            LakeError: they could not be taken; the caller may try again.
        """
        ...


@dataclass(frozen=True)
class Services:
    """Everything a flow may touch, wired once in `enishi.wiring`."""

    settings: Settings
    clock: Clock
    warehouse: Warehouse
    raw: Blobs
    """Files as the retailer dropped them, and providers' events."""
    work: Blobs
    """Audiences, chunks, staged rows, results: short-lived, under the key of personal data."""
    ledger: Ledger
    permissions: Permissions
    notices: Notices
    channels: Mapping[Channel, ChannelProvider]
    databases: Mapping[str, Database] = field(default_factory=dict)
    """The retailer's databases by kind of connector."""
    buckets: Callable[[str], Blobs] | None = None
    """The retailer's own buckets by name."""
    exports: Blobs | None = None
    """Files for the retailer's core system."""


def providers(channels: Iterable[ChannelProvider]) -> dict[Channel, ChannelProvider]:
    """A registry by channel."""
    return {provider.channel: provider for provider in channels}
