"""A raw file read to its end by its mapping; its rows lie in a folder that lasts as long as they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from enishi.identity.normalise import NORMALISERS
from enishi.ingest.mapping import Mapping
from enishi.ingest.stage import Progress, Staged, stage
from enishi.ingest.tombstones import Tombstones
from enishi.ingest.watch import Watch
from enishi.ports import Services


@contextmanager
def reading(
    services: Services,
    mapping: Mapping,
    key: str,
    content: str,
    erased: Tombstones,
    *,
    progress: Progress = lambda _rows: None,
    watch: Watch | None = None,
) -> Iterator[Staged]:
    """What the raw file `key` says; `content` is the hash that identifies it, `erased` whom no row may name.

    Raises:
        SourceFileError: the file as a whole cannot be read.
        MappingError: the mapping asks for what does not exist.
    """
    with TemporaryDirectory(prefix="enishi-read-") as folder, services.raw.open(key) as stream:
        yield stage(
            mapping,
            stream,
            key,
            content,
            normalisers=NORMALISERS,
            zone=services.settings.tz,
            folder=Path(folder),
            progress=progress,
            tombstones=erased,
            watch=watch,
        )
