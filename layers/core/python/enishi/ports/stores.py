"""Where bytes go: buckets or folders, streams, notices."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


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
