"""One snapshot that swaps files, made of pyiceberg's own parts.

pyiceberg's transaction copies the metadata whole at every step and reads back what it has just written: a commit of one
file took 30 ms, and a day of scenarios makes hundreds. Here a commit writes one manifest, the list of manifests and the
metadata file, each once. Any Iceberg reader finds the same table.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pyiceberg.manifest import DataFile, ManifestEntry, ManifestEntryStatus, ManifestFile
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRef, SnapshotRefType
from pyiceberg.table.snapshots import (
    MetadataLogEntry,
    Operation,
    Snapshot,
    SnapshotLogEntry,
    SnapshotSummaryCollector,
    Summary,
    update_snapshot_summaries,
)

from enishi.clock import to_text
from enishi.local.warehouse_manifests import ListWriter, ManifestWriter

KEPT_SNAPSHOTS = 8
"""Last snapshots that a table keeps, beside the last one of each day for `as of`."""
KEPT_DAYS = 35
AT = "enishi.at"
"""Key of a snapshot's summary: the instant of the workspace's clock, ISO 8601, UTC. It decides what a past day saw."""
_KEPT_METADATA = 5
_MANIFESTS = 16
"""So many manifests are merged into one by the next commit."""
_CODEC: Literal["deflate"] = "deflate"


@dataclass(frozen=True)
class Manifest:
    """A manifest of the current snapshot and those of its entries that are alive."""

    file: ManifestFile
    entries: tuple[ManifestEntry, ...]


@dataclass(frozen=True)
class Swap:
    """Files that go and files that come in one commit of `table`."""

    table: IcebergTable
    remove: Collection[str]
    add: Sequence[DataFile]
    number: int
    """The snapshot's id."""
    at: str = ""
    """Instant of the commit by the workspace's clock."""

    @property
    def sequence(self) -> int:
        return self.table.metadata.next_sequence_number()


def manifests_of(table: IcebergTable, known: Sequence[Manifest] = ()) -> tuple[Manifest, ...]:
    """What the current snapshot lists; a manifest never changes, so those that are `known` are not read again."""
    snapshot = table.current_snapshot()
    found = snapshot.manifests(table.io) if snapshot else []
    read = {manifest.file.manifest_path: manifest for manifest in known}
    return tuple(
        read.get(file.manifest_path) or Manifest(file, tuple(file.fetch_manifest_entry(table.io))) for file in found
    )


def staged(
    table: IcebergTable,
    manifests: Sequence[Manifest],
    remove: Collection[str],
    add: Sequence[DataFile],
    at: str = "",
) -> tuple[IcebergTable, tuple[Manifest, ...]]:
    """The table after the swap, its metadata file written but nowhere named yet, and its manifests."""
    swap = Swap(table, remove, add, table.metadata.new_snapshot_id(), at)
    listed = _listed(swap, manifests)
    metadata = _metadata(swap, _snapshot(swap, manifests, [manifest.file for manifest in listed]))
    location = table.location_provider().new_table_metadata_file_location(_version(table.metadata_location) + 1)
    ToOutputFile.table_metadata(metadata, table.io.new_output(location))
    return IcebergTable(table.name(), metadata, location, table.io, table.catalog), listed


def forget(before: IcebergTable, after: IcebergTable) -> None:
    """Remove the metadata files that `after` no longer lists."""
    kept = {entry.metadata_file for entry in after.metadata.metadata_log}
    for entry in before.metadata.metadata_log:
        if entry.metadata_file not in kept:
            before.io.delete(entry.metadata_file)


def _version(location: str) -> int:
    return int(location.rpartition("/")[2].partition("-")[0])


def _listed(swap: Swap, manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """The manifests after the swap: one new one, which takes in those that lose a file, and those that stay."""
    live = [manifest for manifest in manifests if manifest.entries]
    crowded = len(live) >= _MANIFESTS
    touched = [manifest for manifest in live if crowded or _loses(manifest, swap.remove)]
    written = _written(swap, [entry for manifest in touched for entry in manifest.entries])
    return (written, *(manifest for manifest in live if manifest not in touched))


def _loses(manifest: Manifest, remove: Collection[str]) -> bool:
    return bool(remove) and any(entry.data_file.file_path in remove for entry in manifest.entries)


def _written(swap: Swap, entries: Sequence[ManifestEntry]) -> Manifest:
    kept = [entry for entry in entries if entry.data_file.file_path not in swap.remove]
    gone = [entry for entry in entries if entry.data_file.file_path in swap.remove]
    metadata = swap.table.metadata
    output = swap.table.io.new_output(_place(swap.table, f"{uuid.uuid4()}-m0.avro"))
    with ManifestWriter(metadata.spec(), metadata.schema(), output, swap.number, _CODEC) as writer:
        for file in swap.add:
            writer.add_entry(_added(swap, file, None))
        for entry in kept:
            writer.existing(entry)
        for entry in gone:
            writer.delete(entry)
    fresh = [_added(swap, file, swap.sequence) for file in swap.add]
    return Manifest(writer.to_manifest_file(), (*fresh, *kept))


def _added(swap: Swap, file: DataFile, sequence: int | None) -> ManifestEntry:
    """An entry of a new file; in the manifest its sequence number is null and comes from the list of manifests."""
    return ManifestEntry.from_args(
        status=ManifestEntryStatus.ADDED,
        snapshot_id=swap.number,
        sequence_number=sequence,
        file_sequence_number=sequence,
        data_file=file,
    )


def _place(table: IcebergTable, name: str) -> str:
    return table.location_provider().new_metadata_location(name)


def _snapshot(swap: Swap, manifests: Sequence[Manifest], files: list[ManifestFile]) -> Snapshot:
    parent = swap.table.metadata.current_snapshot_id
    path = _place(swap.table, f"snap-{swap.number}-0-{uuid.uuid4()}.avro")
    output = swap.table.io.new_output(path)
    with ListWriter(output, swap.number, parent, swap.sequence, _CODEC) as writer:
        writer.add_manifests(files)
    return Snapshot(
        snapshot_id=swap.number,
        parent_snapshot_id=parent,
        manifest_list=path,
        sequence_number=swap.sequence,
        summary=_summary(swap, manifests),
        schema_id=swap.table.metadata.current_schema_id,
    )


def _summary(swap: Swap, manifests: Sequence[Manifest]) -> Summary:
    schema, spec = swap.table.metadata.schema(), swap.table.metadata.spec()
    collector = SnapshotSummaryCollector()
    for file in swap.add:
        collector.add_file(file, schema, spec)
    for entry in (entry for manifest in manifests for entry in manifest.entries):
        if entry.data_file.file_path in swap.remove:
            collector.remove_file(entry.data_file, schema, spec)
    operation = (Operation.OVERWRITE if swap.add else Operation.DELETE) if swap.remove else Operation.APPEND
    before = swap.table.current_snapshot()
    told = {AT: swap.at} if swap.at else {}
    return update_snapshot_summaries(
        Summary(operation, **collector.build(), **told), before.summary if before else None
    )


def _metadata(swap: Swap, snapshot: Snapshot) -> TableMetadata:
    """The table's metadata with `snapshot` as the current one; the oldest are dropped once there are twice as many as
    are kept."""
    before = swap.table.metadata
    snapshots = [*before.snapshots, snapshot]
    if len(snapshots) > 2 * KEPT_SNAPSHOTS:
        snapshots = _youngest(snapshots)
    known = {kept.snapshot_id for kept in snapshots}
    log = [entry for entry in before.snapshot_log if entry.snapshot_id in known]
    left = MetadataLogEntry(metadata_file=swap.table.metadata_location, timestamp_ms=before.last_updated_ms)
    changes: dict[str, Any] = {
        "last_updated_ms": snapshot.timestamp_ms,
        "last_sequence_number": snapshot.sequence_number,
        "current_snapshot_id": snapshot.snapshot_id,
        "snapshots": snapshots,
        "snapshot_log": [*log, SnapshotLogEntry(snapshot_id=snapshot.snapshot_id, timestamp_ms=snapshot.timestamp_ms)],
        "refs": {**before.refs, MAIN_BRANCH: _reference(snapshot)},
        "metadata_log": [*before.metadata_log[1 - _KEPT_METADATA :], left],
    }
    return before.model_copy(update=changes)


def _reference(snapshot: Snapshot) -> SnapshotRef:
    return SnapshotRef.model_validate({"snapshot-id": snapshot.snapshot_id, "type": SnapshotRefType.BRANCH})


def _youngest(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """The last ones, and before them the last of each day; none names a parent that is gone."""
    last_of_day = {day_of(snapshot): snapshot.snapshot_id for snapshot in snapshots}
    days = set(list(last_of_day.values())[-KEPT_DAYS:])
    stays = days | {snapshot.snapshot_id for snapshot in snapshots[-KEPT_SNAPSHOTS:]}
    kept = [snapshot for snapshot in snapshots if snapshot.snapshot_id in stays]
    return [_orphaned(snapshot) if snapshot.parent_snapshot_id not in stays else snapshot for snapshot in kept]


def _orphaned(snapshot: Snapshot) -> Snapshot:
    return snapshot.model_copy(update={"parent_snapshot_id": None})


def instant_of(snapshot: Snapshot) -> str:
    """When it was committed by the workspace's clock, `2026-11-21T01:00:00Z`."""
    said = snapshot.summary.additional_properties.get(AT) if snapshot.summary else None
    return said or to_text(datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC))


def day_of(snapshot: Snapshot) -> str:
    return instant_of(snapshot)[:10]
