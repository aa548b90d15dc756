"""Look into buckets for deliveries: a retailer's own bucket, and files that are whole once nobody writes to them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from sqlglot import exp

from enishi.errors import NotSupportedError
from enishi.flow import arrive
from enishi.flow.ingest import DROP
from enishi.ingest.connectors import drops
from enishi.ingest.connectors.declaration import Drops
from enishi.ingest.connectors.drops import Folder, Listed
from enishi.ingest.mapping import Mapping
from enishi.lake import sql
from enishi.ports import Blobs, Services

CHECKING = "checking/"
_COPY = 1 << 22


def pick_up(services: Services, source: Mapping, declared: Drops, *, load: bool = True) -> dict[str, Any]:
    """Copy complete deliveries out of the retailer's bucket, then load what waits in the drop folder.

    Returns `{"source", "copied", "loaded", "waiting"}`: numbers of files. With `load` false the copies are left to the
    inbox, and only files that had to rest are loaded here.

    Raises:
        ConnectorError: a control file does not read.
        SourceFileError: a file is not what its manifest or trigger says; it was not copied.
        NotSupportedError: there are no buckets of others here.
    """
    copied = [_copy(services, source, store, one) for store, one in _complete(services, source, declared)]
    rests = not declared.bucket and declared.complete is not None and declared.complete.stable is not None
    loaded, waiting = _load(services, source) if load or rests else (0, 0)
    return {"source": source.id, "copied": len(copied), "loaded": loaded, "waiting": waiting}


def _complete(services: Services, source: Mapping, declared: Drops) -> Iterator[tuple[Blobs, Listed]]:
    """Files of complete deliveries in the retailer's bucket that are not here yet."""
    if not declared.bucket:
        return
    if services.buckets is None:
        raise NotSupportedError("there are no buckets of others here", where=f"source {source.id}")
    store = services.buckets(declared.bucket)
    keys = store.list(declared.prefix)
    wanted = [key for key in keys if source.takes(PurePosixPath(key).name)]
    for key in [key for key in wanted if _is_new(services, source, store, key)]:
        folder = Folder(store, declared.bucket, services.clock.now(), drops.beside(key, keys))
        found = drops.arrival(declared.complete, key, folder)
        yield from ((store, one) for one in found.load if one.key == key)


def _is_new(services: Services, source: Mapping, store: Blobs, key: str) -> bool:
    """Not copied yet, or written again since."""
    target = _target(source, key)
    if target not in services.raw.list(target):
        return True
    ours, theirs = services.raw.stat(target), store.stat(key)
    return theirs.size != ours.size or theirs.modified > ours.modified


def _target(source: Mapping, key: str) -> str:
    return f"{DROP}{source.id}/{PurePosixPath(key).name}"


def _copy(services: Services, source: Mapping, store: Blobs, one: Listed) -> str:
    """Into the drop folder; what is promised of the file is compared beside it, where nothing loads by itself."""
    target = _target(source, one.key)
    if one.size is not None or one.rows is not None or one.digest:
        aside = f"{CHECKING}{source.id}/{PurePosixPath(one.key).name}"
        _stream(store, one.key, services.raw, aside)
        try:
            arrive.compare(services, source, replace(one, key=aside))
        finally:
            services.raw.delete(aside)
    _stream(store, one.key, services.raw, target)
    return target


def _stream(store: Blobs, key: str, other: Blobs, target: str) -> None:
    with store.open(key) as there, other.create(target) as here:
        shutil.copyfileobj(there, here, _COPY)


def _load(services: Services, source: Mapping) -> tuple[int, int]:
    """Files of the drop folder that no load has met: how many were loaded, how many wait."""
    known = _loaded_files(services, source)
    loaded = waiting = 0
    complete = source.origin.complete if source.origin else None
    for key in services.raw.list(f"{DROP}{source.id}/"):
        if key in known or drops.is_control(complete, key):
            continue
        found = arrive.arrival(services, source, key)
        ready = [one for one in found.load if one.key not in known]
        arrive.load(services, source, drops.Arrival(tuple(ready)))
        known |= {one.key for one in ready}
        loaded, waiting = loaded + len(ready), waiting + bool(found.waits)
    return loaded, waiting


def _loaded_files(services: Services, source: Mapping) -> set[str]:
    mine = exp.EQ(this=sql.column("", "source_id"), expression=sql.literal(source.id))
    query = exp.select(sql.column("", "file")).distinct().from_(sql.table_ref("load_log")).where(mine)
    return {str(file) for file in services.warehouse.query(query).column(0).to_pylist()}
