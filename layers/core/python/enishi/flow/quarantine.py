"""Bad rows come back: repaired by people, retried under a corrected mapping or when a parent has come, or discarded.

A row that is closed stays, with its state, by whom and why. What fails again stays open.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from enishi.flow import loading
from enishi.identity.normalise import NORMALISERS
from enishi.ingest.log import REPAIRED, Past
from enishi.ingest.mapping import Mapping
from enishi.ingest.order import Place
from enishi.ingest.queries import ask
from enishi.ingest.references import awaited, parents_in
from enishi.ingest.repair import Entry, Small, edited, export, small_file
from enishi.ingest.report import LoadReport, Status
from enishi.ingest.sources import Sources
from enishi.ingest.stage import Staged, stage
from enishi.ingest.tombstones import Tombstones
from enishi.ingest.watch import Watch
from enishi.lake import schema
from enishi.ports import Services, Warehouse


@dataclass(frozen=True)
class Closing:
    """How rows are closed: state, by whom, why."""

    state: str
    by: str
    why: str = ""


def counts(services: Services) -> list[dict[str, Any]]:
    """What lies in the quarantine by source, state, reason and column; no row's content."""
    return ask(services.warehouse, "bad_counts").to_pylist()


def bad_rows(warehouse: Warehouse, source: str = "", reason: str = "") -> list[Entry]:
    """The rows that nobody has closed."""
    return [_entry(row) for row in ask(warehouse, "bad_rows", source=source, reason=reason).to_pylist()]


def _entry(row: dict[str, Any]) -> Entry:
    columns = tuple(json.loads(row["columns"] or "[]"))
    return Entry(
        row["load_id"],
        row["source_id"],
        row["file"],
        row["row_no"],
        row["column"] or "",
        row["reason"],
        columns,
        row["source_order"] or "",
        row["scope"] or "",
        row["raw"],
    )


def exported(services: Services, mapping: Mapping, reason: str = "") -> tuple[bytes, int]:
    """A source's open rows as a file to edit, and how many they are."""
    entries = bad_rows(services.warehouse, mapping.id, reason)
    return export(mapping, entries), len(entries)


def repair(
    services: Services, mapping: Mapping, data: bytes, where: str, by: str, erased: Tombstones
) -> list[LoadReport]:
    """Load the rows of an edited export in the place of those that were refused.

    Raises:
        SourceFileError: the file is no export of the quarantine.
    """
    changed = edited(mapping, data, where)
    entries = [
        replace(entry, raw=changed[entry.load_id, entry.row_no])
        for entry in bad_rows(services.warehouse, mapping.id)
        if (entry.load_id, entry.row_no) in changed
    ]
    return again(services, mapping, entries, Closing("repaired", by), erased)


def retry(services: Services, mapping: Mapping, by: str, erased: Tombstones, *, reason: str = "") -> list[LoadReport]:
    """Read a source's open rows again as they are: the mapping was corrected, or a parent has come."""
    entries = bad_rows(services.warehouse, mapping.id, reason)
    return again(services, mapping, entries, Closing("retried", by), erased)


def discard(services: Services, source: str, by: str, why: str, *, reason: str = "") -> int:
    """Close rows that nobody will repair; how many."""
    entries = bad_rows(services.warehouse, source, reason)
    _close(services, entries, Closing("discarded", by, why), None)
    return len(entries)


def retry_waiting(services: Services, known: Sources, tables: Iterable[str], erased: Tombstones) -> list[LoadReport]:
    """Rows that were kept back until a parent stands in one of `tables`."""
    waiting = awaited(known.values())
    sources = sorted({source for table in tables for source in waiting.get(table, ())})
    return [
        report
        for source in sources
        for report in retry(services, known[source], source, erased, reason="awaits_parent")
    ]


def again(
    services: Services, mapping: Mapping, entries: Sequence[Entry], closing: Closing, erased: Tombstones
) -> list[LoadReport]:
    """Load rows anew, each file's in that file's place among the others, and close those that are good now."""
    ordered = sorted(entries, key=lambda entry: (entry.origin, entry.row_no))
    return [
        _one(services, mapping, list(group), closing, erased)
        for _, group in groupby(ordered, key=lambda entry: entry.origin)
    ]


def _one(
    services: Services, mapping: Mapping, entries: list[Entry], closing: Closing, erased: Tombstones
) -> LoadReport:
    small, first = small_file(mapping, entries), entries[0]
    with TemporaryDirectory(prefix="enishi-repair-") as folder:
        staged = _staged(services, small, first, Path(folder), erased)
        place = Place(first.source_order, first.scope) if first.source_order else None
        judged = loading.judge(services, staged, Past(), accept=closing.state, place_of=place)
        report = loading.load(services, judged, status=Status.REPAIRED, logged=REPAIRED)
        bad = {row for batch in staged.rejects.batches() for row in batch.column("row_no").to_pylist()}
    good = [entry for entry in entries if entry.row_no not in bad]
    _close(services, good, closing, report.load_id)
    return report


def _staged(services: Services, small: Small, first: Entry, folder: Path, erased: Tombstones) -> Staged:
    watch = Watch(small.mapping, parents_in(services.warehouse), numbers=small.numbers, nameless=True)
    return stage(
        small.mapping,
        io.BytesIO(small.data),
        first.file,
        small.content,
        normalisers=NORMALISERS,
        zone=services.settings.tz,
        folder=folder,
        tombstones=erased,
        watch=watch,
    )


def _close(services: Services, entries: Sequence[Entry], closing: Closing, load: str | None) -> None:
    if not entries:
        return
    now = services.clock.now().replace(tzinfo=None)
    said = {"state": closing.state, "closed_at": now, "closed_by": closing.by, "why": closing.why or None}
    rows = [
        {"load_id": entry.load_id, "file": entry.file, "row_no": entry.row_no, "repaired_load_id": load, **said}
        for entry in entries
    ]
    form = schema.table("quarantine").arrow
    fields = pa.schema([form.field(name) for name in form.names if name in rows[0]])
    services.warehouse.upsert("pii.quarantine", pa.Table.from_pylist(rows, schema=fields))
