"""A file stands in the raw store: load it, or wait until what belongs to it is there.

Most files are a delivery of their own. Where a source declares what makes a delivery complete, parts wait for their
manifest, last file or trigger, and are compared with what it promises before anything is loaded.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from enishi.errors import SourceFileError
from enishi.flow import ingest as flow
from enishi.flow.ingest import Payload, catalogue
from enishi.ingest.connectors import drops
from enishi.ingest.connectors.drops import Arrival, Folder, Listed
from enishi.ingest.mapping import Mapping
from enishi.ports import Services

__all__ = ["Payload", "arrival", "compare", "load", "run"]

_BLOCK = 1 << 20


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """The task: what was loaded of the delivery that this file belongs to, or what it waits for."""
    source = catalogue(services).of_key(payload.key)
    if source.origin is None or source.origin.complete is None:
        return dict(flow.run(services, payload))
    found = arrival(services, source, payload.key)
    if found.waits:
        return {"source": source.id, "file": payload.key, "status": "waiting", "waits": found.waits}
    reports = load(services, source, found)
    return {"source": source.id, "file": payload.key, "status": "loaded", "loads": reports}


def arrival(services: Services, source: Mapping, key: str) -> Arrival:
    """What may be loaded now that `key` is there.

    Raises:
        ConnectorError: a control file does not read.
    """
    beside = drops.beside(key, services.raw.list(f"{key.rpartition('/')[0]}/"))
    folder = Folder(services.raw, services.settings.raw_bucket, services.clock.now(), beside)
    return drops.arrival(source.origin.complete if source.origin else None, key, folder)


def load(services: Services, source: Mapping, found: Arrival) -> list[dict[str, Any]]:
    """Compare each file with what was promised of it, then load all of them; the reports.

    Raises:
        SourceFileError: a file is not what its manifest or trigger says; nothing of the delivery was loaded.
    """
    for one in found.load:
        compare(services, source, one)
    return [flow.ingest(services, source, one.key).as_dict() for one in found.load]


def compare(services: Services, source: Mapping, promised: Listed) -> None:
    """Compare a file of the raw store with what was promised of it.

    Raises:
        SourceFileError: it differs; what, and by how much.
    """
    if promised.size is not None and (size := services.raw.stat(promised.key).size) != promised.size:
        raise _differs(promised.key, "bytes", size, promised.size)
    if promised.digest:
        name, digits = promised.digest
        if (found := _digest(services, promised.key, name)) != digits:
            raise _differs(promised.key, name, found, digits)
    if promised.rows is not None and (rows := _rows(services, source, promised.key)) != promised.rows:
        raise _differs(promised.key, "rows", rows, promised.rows)


def _digest(services: Services, key: str, name: str) -> str:
    found = hashlib.new(name, usedforsecurity=False)
    with services.raw.open(key) as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _rows(services: Services, source: Mapping, key: str) -> int:
    """Parquet says it in its footer; of text a record may span lines, so it is read dry."""
    if source.format.kind != "parquet":
        return flow.ingest(services, source, key, dry_run=True).rows_in
    with services.raw.open(key) as stream:
        try:
            return int(pq.ParquetFile(stream).metadata.num_rows)
        except (pa.ArrowInvalid, OSError) as error:
            remedy = "Send the file again."
            raise SourceFileError("the file is not Parquet, or is damaged", where=key, remedy=remedy) from error


def _differs(key: str, what: str, found: object, promised: object) -> SourceFileError:
    return SourceFileError(
        f"the file has {what} {found}, and {promised} were promised",
        where=key,
        remedy="Send the file and what speaks of it again; nothing was loaded.",
    )
