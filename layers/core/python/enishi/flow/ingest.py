"""Raw files → tables. A drop in the raw bucket and a file on a laptop take the same way."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from shutil import copyfileobj
from stat import S_ISDIR, S_ISREG
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict

from enishi.clock import business_day
from enishi.errors import MappingError, SettingsError, SourceFileError
from enishi.flow import loading
from enishi.flow.hold_back import hold_back, read
from enishi.flow.quarantine import retry_waiting
from enishi.flow.reading import reading
from enishi.identity.normalise import one
from enishi.ingest import sources
from enishi.ingest.log import past_of
from enishi.ingest.mapping import Mapping
from enishi.ingest.order import identity
from enishi.ingest.references import parents_in
from enishi.ingest.report import LoadReport, Status
from enishi.ingest.sources import Sources
from enishi.ingest.stage import Progress, content_hash, load_id
from enishi.ingest.tombstones import Tombstones, in_force
from enishi.ingest.watch import Watch
from enishi.ports import Services

DROP = "drop/"


def catalogue(services: Services) -> Sources:
    """The sources in force: what lies under `sources/` of the raw store, over the product's and the sample retailer's.

    Raises:
        MappingError: a mapping that is wrong; file and key are named.
    """
    own = sources.from_folder(files("enishi.ingest.collector") / "sources")
    return sources.from_store(services.raw).over(own).over(sources.from_folder(files("enishi.sample") / "sources"))


def ingest(
    services: Services,
    source: Mapping,
    key: str,
    *,
    dry_run: bool = False,
    accept: str = "",
    progress: Progress = lambda _rows: None,
) -> LoadReport:
    """Load the raw file `key` by the mapping `source`; the same content again changes nothing.

    `accept` says why the file may pass although checks or thresholds speak against it; it is kept in the log.

    Raises:
        SourceFileError: the file as a whole cannot be read; nothing was loaded.
        MappingError: the mapping asks for what does not exist; nothing was loaded.
        LoadStoppedError: a check of the whole file or an alarm threshold stops it; nothing was loaded.
    """
    with services.raw.open(key) as stream:
        content = identity(source.load, key, content_hash(stream))
    load, tables = load_id(source, content), {target.table for target in source.tables}
    today = business_day(services.clock.now(), services.settings.tz)
    past = past_of(services.warehouse, source.id, load, today)
    erased = tombstones(services)
    if not dry_run and past.has(load, tables):
        if erased.known:
            hold_back(services, read(services, source, key, content, erased))
        return LoadReport(source.id, key, load, Status.ALREADY)
    watch = Watch(source, parents_in(services.warehouse))
    with reading(services, source, key, content, erased, progress=progress, watch=watch) as staged:
        if dry_run:
            return loading.dry(loading.judge(services, staged, past, accept=accept, dry_run=True))
        try:
            report = loading.load(services, loading.judge(services, staged, past, accept=accept))
        finally:
            hold_back(services, staged)
    if report.changed:
        retry_waiting(services, catalogue(services), report.changed, staged.tombstones)
    return report


def assess(services: Services, source: Mapping, key: str, *, progress: Progress = lambda _rows: None) -> LoadReport:
    """What `ingest` would do with the raw file `key` now: rows by table, quarantine, checks, thresholds. No effects.

    `report.stops` names what would stop the load; `TableLoad` counts new (`inserted`), changed (`updated`) and
    `unchanged` rows against the lake as it is.

    Raises:
        SourceFileError: the file as a whole cannot be read.
        MappingError: the mapping asks for what does not exist.
    """
    return ingest(services, source, key, dry_run=True, progress=progress)


def tombstones(services: Services) -> Tombstones:
    """The erased people whom no load may bring back."""
    return in_force(services.warehouse, services.settings.secret.get_secret_value().encode(), one)


def drop(services: Services, source: Mapping, path: Path) -> str:
    """Copy a local file into the raw store, to where a drop would have put it; returns its key.

    Raises:
        SourceFileError: it is no file, or may not be read.
    """
    key = f"{DROP}{source.id}/{path.name}"
    with readable(path) as given, services.raw.create(key) as kept:
        copyfileobj(given, kept, 1 << 20)
    return key


def readable(path: Path) -> BinaryIO:
    """The file, open. A pipe is refused before it is opened: opening would wait for a writer.

    Raises:
        SettingsError: there is none.
        SourceFileError: it is no file, or may not be read.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            kind = "a folder" if S_ISDIR(mode) else "no regular file"
            raise SourceFileError(f"this is {kind}", where=path.name, remedy="Give the path of a file.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise SettingsError("there is no such file", where=str(path), remedy="Correct the path.") from error
    except OSError as error:
        what = f"the file cannot be read ({error.strerror or type(error).__name__})"
        raise SourceFileError(what, where=path.name, remedy="Check its path and its permissions.") from error


def matching(known: Sources, folder: Path) -> list[tuple[Mapping, Path]]:
    """The files under `folder` that a source takes, in the order to load them: masters before facts, by name."""
    found = [(mapping, path) for path in sorted(folder.rglob("*")) for mapping in _takers(known, path)]
    return sorted(found, key=lambda pair: (pair[0].holds_facts, pair[0].id, pair[1].as_posix()))


def _takers(known: Sources, path: Path) -> Iterator[Mapping]:
    if not path.is_file():
        return
    try:
        mapping = known.of_key(path.as_posix())
    except MappingError:
        return
    if mapping.takes(path.name):
        yield mapping


class Payload(BaseModel):
    """What the task takes: the key of a raw file, `drop/<source>/<file>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """The task: load one dropped file; the answer is its report."""
    return ingest(services, catalogue(services).of_key(payload.key), payload.key).as_dict()
