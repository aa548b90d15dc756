"""The sources in force: mappings by id, and which of them a dropped file belongs to."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from enishi.errors import MappingError
from enishi.ingest.mapping import Mapping, parse
from enishi.ports import Blobs

FOLDER = "sources/"
"""Where a retailer's own mappings lie in the raw store: in force with the next file, without a deployment."""


class Sources(abc.Mapping[str, Mapping]):
    """Mappings by source id."""

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        self._by_id = {mapping.id: mapping for mapping in mappings}

    def __getitem__(self, source: str) -> Mapping:
        if source in self._by_id:
            return self._by_id[source]
        near = get_close_matches(source, self._by_id, n=3)
        known = f"Did you mean {' or '.join(near)}?" if near else "`enishi sources list` shows them."
        raise MappingError(f"there is no source {source!r}", remedy=known)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._by_id))

    def __len__(self) -> int:
        return len(self._by_id)

    def over(self, other: Sources) -> Sources:
        """Both; of two with one id this one's wins."""
        return Sources((*other._by_id.values(), *self._by_id.values()))

    def of_key(self, key: str) -> Mapping:
        """The source of a dropped file: by its folder `drop/<source>/…`, else by its name.

        Raises:
            MappingError: no source takes it, or several do.
        """
        path = PurePosixPath(key)
        for folder in path.parts[1:-1] if path.parts[0] == "drop" else (path.parent.name,):
            if folder in self._by_id:
                return self._by_id[folder]
        return self.of_name(path.name)

    def of_name(self, file: str) -> Mapping:
        """The one source whose patterns take a file's name.

        Raises:
            MappingError: no source takes it, or several do.
        """
        found = [mapping for mapping in self._by_id.values() if mapping.takes(file)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise MappingError(
                "no source takes this file", where=file, remedy="`enishi sources new FILE` proposes one."
            )
        names = " and ".join(mapping.id for mapping in found)
        raise MappingError(f"both {names} take this file", where=file, remedy="Name the source, or narrow `files`.")


def from_folder(folder: Traversable) -> Sources:
    """Every mapping `*.yaml` of a folder (package data or on disk).

    Raises:
        MappingError: a mapping that is wrong; file and key are named.
    """
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return Sources(_parsed(path.read_text("utf-8"), path.name) for path in paths)


def from_store(raw: Blobs) -> Sources:
    """Every mapping that lies under `sources/` of the raw store.

    Raises:
        MappingError: a mapping that is wrong; file and key are named.
    """
    keys = [key for key in raw.list(FOLDER) if key.endswith(".yaml")]
    return Sources(_parsed(raw.get(key).decode(), key) for key in keys)


@lru_cache(maxsize=256)
def _parsed(text: str, where: str) -> Mapping:
    """Mappings are frozen, and a process that loads many files reads the same ones again and again."""
    return parse(text, where)
