"""The write-backs in force: packaged ones, and over them those of the retailer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib.resources.abc import Traversable

from enishi.errors import MappingError
from enishi.ports import Blobs
from enishi.results.writeback.declaration import WriteBack, parse

FOLDER = "writebacks/"
"""Where a retailer's own write-backs lie in the raw store."""


def from_folder(folder: Traversable) -> dict[str, WriteBack]:
    """Every write-back `*.yaml` of a folder, by id.

    Raises:
        MappingError: one that is wrong; file and key are named.
    """
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return _by_id(parse(path.read_text("utf-8"), path.name) for path in paths)


def from_store(raw: Blobs) -> dict[str, WriteBack]:
    """Every write-back under `writebacks/` of the raw store, by id.

    Raises:
        MappingError: one that is wrong; file and key are named.
    """
    keys = [key for key in raw.list(FOLDER) if key.endswith(".yaml")]
    return _by_id(parse(raw.get(key).decode(), key) for key in keys)


def named(known: Mapping[str, WriteBack], name: str) -> WriteBack:
    """The write-back called `name`.

    Raises:
        MappingError: there is none; near names are named.
    """
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "`enishi writeback list` shows them."
    raise MappingError(f"there is no write-back {name!r}", remedy=remedy)


def _by_id(found: Iterable[WriteBack]) -> dict[str, WriteBack]:
    return {one.id: one for one in found}
