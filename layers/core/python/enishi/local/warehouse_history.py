"""The past of local Iceberg tables: which snapshots stay, and the files that none of them needs swept away.

Expiring a snapshot only forgets it; its files stay on the disk until they are swept, and so would a person in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

from enishi.clock import to_text
from enishi.lake.schema import Table
from enishi.local.catalog import LocalCatalog
from enishi.local.warehouse_commit import instant_of
from enishi.local.warehouse_lock import lake_lock
from enishi.local.warehouse_reads import local_path
from enishi.privacy.ports import Pruned

Keep = Callable[[Sequence[Snapshot]], set[int]]
"""Snapshots, oldest first → ids of those that stay beside the current one."""


class LocalPast:
    """The snapshots of one home folder. Implements `enishi.privacy.ports.Past`."""

    def __init__(self, home: Path) -> None:
        self._catalog = LocalCatalog(home)
        self._lock = lake_lock(home)

    def close(self) -> None:
        self._catalog.close()

    def forget(self, declared: Table) -> int:
        return self.prune(declared, lambda _snapshots: set()).files

    def keep_since(self, declared: Table, oldest: datetime, *, dry_run: bool = False) -> Pruned:
        return self.prune(declared, lambda snapshots: _since(snapshots, to_text(oldest)), dry_run=dry_run)

    def drop_left(self, oldest: datetime, *, dry_run: bool = False) -> int:  # noqa: ARG002
        """None: a statement of this engine makes no tables for itself."""
        return 0

    def prune(self, declared: Table, keep: Keep, *, dry_run: bool = False) -> Pruned:
        """Forget all snapshots but the current one and those that `keep` names, and sweep the table's folder."""
        if not self._catalog.location(declared):
            return Pruned()
        with self._lock.alone():
            table = self._catalog.open(declared)
            stays = keep(table.metadata.snapshots) | {table.metadata.current_snapshot_id or 0}
            gone = [found for found in table.metadata.snapshots if found.snapshot_id not in stays]
            left = _without(table, stays)
            swept = [path for path in _orphans(left) if path != Path(local_path(table.metadata_location))]
            size = sum(path.stat().st_size for path in swept)
            if not dry_run and (gone or swept):
                self._commit(table, left, swept)
        return Pruned(len(gone), len(swept), size)

    def _commit(self, before: IcebergTable, after: IcebergTable, swept: list[Path]) -> None:
        ToOutputFile.table_metadata(after.metadata, after.io.new_output(after.metadata_location))
        self._catalog.swap(after, before.metadata_location)
        for path in [*swept, Path(local_path(before.metadata_location))]:
            path.unlink(missing_ok=True)


def _since(snapshots: Sequence[Snapshot], oldest: str) -> set[int]:
    older = [found.snapshot_id for found in snapshots if instant_of(found) < oldest]
    return {found.snapshot_id for found in snapshots if instant_of(found) >= oldest} | set(older[-1:])


def _without(table: IcebergTable, stays: set[int]) -> IcebergTable:
    """The table with the snapshots `stays` alone and no memory of earlier metadata files."""
    before = table.metadata
    snapshots = [
        found if found.parent_snapshot_id in stays else found.model_copy(update={"parent_snapshot_id": None})
        for found in before.snapshots
        if found.snapshot_id in stays
    ]
    log = [entry for entry in before.snapshot_log if entry.snapshot_id in stays]
    metadata = before.model_copy(update={"snapshots": snapshots, "snapshot_log": log, "metadata_log": []})
    version = int(table.metadata_location.rpartition("/")[2].partition("-")[0]) + 1
    location = table.location_provider().new_table_metadata_file_location(version)
    return IcebergTable(table.name(), metadata, location, table.io, table.catalog)


def _orphans(table: IcebergTable) -> list[Path]:
    """Files of the table's folder that none of its snapshots needs; older metadata files are among them."""
    needed = set(_needed(table))
    folder = Path(local_path(table.location()))
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in needed)


def _needed(table: IcebergTable) -> Iterator[Path]:
    yield Path(local_path(table.metadata_location))
    for snapshot in table.metadata.snapshots:
        yield Path(local_path(snapshot.manifest_list))
        for manifest in snapshot.manifests(table.io):
            yield Path(local_path(manifest.manifest_path))
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                if entry.status != ManifestEntryStatus.DELETED:
                    yield Path(local_path(entry.data_file.file_path))
