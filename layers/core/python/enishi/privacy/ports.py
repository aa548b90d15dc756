"""What finding and erasing a person needs beside `enishi.ports`: the warehouse's past, records, files, a signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from enishi.lake.schema import Table
from enishi.ports import Services
from enishi.privacy.person import Person


@dataclass(frozen=True)
class Pruned:
    """What a pruning did, where the engine says so: snapshots forgotten, files deleted, bytes given back."""

    snapshots: int = 0
    files: int = 0
    bytes: int = 0


class Past(Protocol):
    """Snapshots of the tables, and the files that only they need."""

    def keep_since(self, declared: Table, oldest: datetime, *, dry_run: bool = False) -> Pruned:
        """Forget snapshots older than `oldest`, and delete the files that only they needed. The last snapshot before
        `oldest` stays, so that the whole day of `oldest` can be asked for."""
        ...

    def drop_left(self, oldest: datetime, *, dry_run: bool = False) -> int:
        """Take away tables older than `oldest` that statements made for themselves and did not live to drop.

        Returns how many there were.
        """
        ...

    def forget(self, declared: Table) -> int:
        """Keep the present state alone: expire every other snapshot, delete every file that it does not need.

        Returns how many files (or snapshots, where the engine does not say files) went.
        """
        ...


class Records(Protocol):
    """A store of facts about customers outside the lake: the ledger, the permissions."""

    name: str
    ja: str

    def held(self, person: Person) -> list[dict[str, Any]]:
        """What it holds about the person."""
        ...

    def erase(self, person: Person) -> int:
        """Remove all of it for good; how many entries went. A repeat removes nothing."""
        ...


class Files(Protocol):
    """Files beside the raw and the work store: outbox, exports, reports."""

    def hits(self, needles: frozenset[str]) -> Mapping[str, int]:
        """Place → files that hold one of `needles`, wherever the environment keeps files, decoded as deep as they go.
        Places without a hit are there with 0."""
        ...

    def sweep(self, person: Person) -> int:
        """Take the person out of every file that is not the raw or the work store's; how many files changed or went."""
        ...

    def messages(self, send_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The messages as they went out, where copies are kept."""
        ...


@dataclass(frozen=True)
class Signature:
    """Who signed a digest, and how it is checked. `value` and `public_key` (DER) are base64."""

    algorithm: str
    key_id: str
    public_key: str
    value: str


class Signer(Protocol):
    def sign(self, content: bytes) -> Signature: ...


@dataclass(frozen=True)
class Tools:
    """Wired in `enishi.wiring.privacy_tools`."""

    services: Services
    past: Past
    records: tuple[Records, ...]
    files: Files
    signer: Signer
    at_once: int = 1
    """Tables that may be maintained at the same time."""
    limits: tuple[str, ...] = ()
    """What an erasure in this environment cannot reach or prove, one sentence each; the report says them."""
