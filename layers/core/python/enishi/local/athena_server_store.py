"""Objects of the work bucket, as the Athena stand-in sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from enishi.lake.schema import Table
from enishi.local.blobs import FolderBlobs


class ObjectStore(Protocol):
    """What the stand-in needs of S3."""

    def put(self, bucket: str, key: str, data: bytes) -> None: ...

    def get(self, bucket: str, key: str) -> bytes: ...

    def list(self, bucket: str, prefix: str) -> list[tuple[str, str]]:
        """(key, etag) of every object under `prefix`."""
        ...


class StoredWork:
    """Work and staging tables whose files are objects: fetched into `folder`, once a version.

    A file appears there when it is whole, for another statement may ask for it meanwhile.
    """

    def __init__(self, store: ObjectStore, bucket: str, folder: Path) -> None:
        self._store = store
        self._bucket = bucket
        self._folder = folder
        self._fetches = FolderBlobs(folder)

    def find(self, declared: Table, wanted: Mapping[str, str]) -> list[Path]:
        """Files whose folders have the `wanted` values."""
        prefix = f"{declared.name}/"
        for column in declared.partition_columns:
            if column not in wanted:
                break
            prefix += f"{column}={wanted[column]}/"
        found = self._store.list(self._bucket, prefix)
        placed = [(key, etag) for key, etag in found if set(declared.partition_columns) <= set(_folders(key))]
        return [self._fetched(key, etag) for key, etag in placed if _matches(key, wanted)]

    def _fetched(self, key: str, etag: str) -> Path:
        version = hashlib.sha256(etag.encode()).hexdigest()[:12]
        folder, _, name = key.rpartition("/")
        kept = f"{version}/{folder}/{name.removesuffix('.parquet')}.parquet"
        path = self._folder / kept
        if not path.exists():
            self._fetches.put(kept, self._store.get(self._bucket, key))
        return path


def _matches(key: str, wanted: Mapping[str, str]) -> bool:
    folders = _folders(key)
    return all(folders.get(column) == value for column, value in wanted.items())


def _folders(key: str) -> dict[str, str]:
    """The values that the folders of a key say; notes beside the rows lie in none."""
    return dict(part.split("=", 1) for part in key.split("/")[:-1] if "=" in part)
