"""Raw files → tables. A drop in the raw bucket and a file on a laptop take the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from enishi.flow.permissions import carry_consents
from enishi.identity.normalise import NORMALISERS
from enishi.ingest import commit, sources
from enishi.ingest.mapping import Mapping
from enishi.ingest.report import LoadReport, Status
from enishi.ingest.sources import Sources
from enishi.ingest.stage import Progress, Staged, content_hash, load_id, stage
from enishi.ports import Services

DROP = "drop/"


def catalogue(services: Services) -> Sources:
    """The sources in force: the sample retailer's, and over them what lies under `sources/` of the raw store."""
    return sources.from_store(services.raw).over(sources.from_folder(files("enishi.sample") / "sources"))


def ingest(
    services: Services,
    source: Mapping,
    key: str,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _rows: None,
) -> LoadReport:
    """Load the raw file `key` by the mapping `source`; the same content again changes nothing.

    Raises:
        SourceFileError: the file as a whole cannot be read; nothing was loaded.
        MappingError: the mapping asks for what does not exist; nothing was loaded.
    """
    with services.raw.open(key) as stream:
        content = content_hash(stream)
    load, tables = load_id(source, content), {target.table for target in source.tables}
    if not dry_run and commit.already_loaded(services.warehouse, load, tables):
        return LoadReport(source.id, key, load, Status.ALREADY)
    with TemporaryDirectory(prefix="enishi-ingest-") as folder, services.raw.open(key) as stream:
        staged = stage(
            source,
            stream,
            key,
            content,
            normalisers=NORMALISERS,
            zone=services.settings.tz,
            folder=Path(folder),
            progress=progress,
        )
        return _dry(staged) if dry_run else _load(services, staged)


def _dry(staged: Staged) -> LoadReport:
    return commit.report(staged, Status.DRY, commit.planned(staged))


def _load(services: Services, staged: Staged) -> LoadReport:
    now = services.clock.now()
    report = commit.commit(staged, services.warehouse, now, services.settings.tz)
    carry_consents(services, staged)
    for table in report.changed:
        services.notices.table_loaded(table, now)
    return report


def drop(services: Services, source: Mapping, path: Path) -> str:
    """Copy a local file into the raw store, where a drop would have put it; returns its key."""
    key = f"{DROP}{source.id}/{path.name}"
    services.raw.put(key, path.read_bytes())
    return key


def ingest_files(
    services: Services,
    paths: Iterable[Path],
    *,
    source: str | None = None,
    dry_run: bool = False,
    progress: Callable[[Path, int], None] = lambda _path, _rows: None,
) -> list[LoadReport]:
    """Drop and load local files in order; the source of each is given, or found by folder and name."""
    known = catalogue(services)
    reports = []
    for path in paths:
        mapping = known[source] if source else known.of_key(path.as_posix())
        key = drop(services, mapping, path)
        reports.append(
            ingest(services, mapping, key, dry_run=dry_run, progress=lambda rows, path=path: progress(path, rows))  # type: ignore[misc]
        )
    return reports


def run(services: Services, payload: dict[str, Any]) -> dict[str, Any]:
    """The task: `{"key": "drop/<source>/<file>"}` → the report."""
    key = str(payload["key"])
    return ingest(services, catalogue(services).of_key(key), key).as_dict()
