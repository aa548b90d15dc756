"""When a delivery of several files is all there: by a manifest, a last file, a trigger beside each file, or rest.

Pure: from the names in a folder (and what control files say) to the files that may be loaded now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from enishi.errors import ConnectorError
from enishi.ingest.connectors.declaration import Complete
from enishi.ports import Blobs, Stat

_S3 = re.compile(r"^s3a?://([^/]+)/(.+)$")


@dataclass(frozen=True)
class Listed:
    """A data file that a control file speaks of, and what it promises of it."""

    key: str
    size: int | None = None
    rows: int | None = None
    digest: tuple[str, str] | None = None
    """Name of the hash (md5, sha256) and the hex digits."""


@dataclass(frozen=True)
class Arrival:
    """What an arrived file means: files to load now, or why to wait."""

    load: tuple[Listed, ...] = ()
    waits: str = ""


@dataclass(frozen=True)
class Folder:
    """The files beside an arrived one, the store they lie in, and the present."""

    store: Blobs = field(repr=False)
    bucket: str
    now: datetime
    keys: tuple[str, ...]


def arrival(complete: Complete | None, key: str, folder: Folder) -> Arrival:
    """What may be loaded now that `key` is there.

    Raises:
        ConnectorError: a control file does not read, or speaks of files elsewhere.
    """
    if complete is None:
        return Arrival((Listed(key),))
    return next(rule for sign, rule in _RULES.items() if getattr(complete, sign))(complete, key, folder)


def is_control(complete: Complete | None, key: str) -> bool:
    """Whether a file only says something about others."""
    name = PurePosixPath(key).name
    if complete is None:
        return False
    patterns = [pattern for pattern in (complete.manifest, complete.success) if pattern]
    patterns += [f"*{complete.trigger}"] if complete.trigger else []
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def listed(content: bytes, where: str, bucket: str) -> list[Listed]:
    """The files of an UNLOAD manifest: `{"entries": [{"url": "s3://…", "meta": {"content_length": …}}]}`.

    Raises:
        ConnectorError: not such a manifest, or a file in another bucket.
    """
    try:
        entries = json.loads(content)["entries"]
        return [_entry(entry, where, bucket) for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        remedy = 'Write {"entries": [{"url": "s3://bucket/key"}]}, as UNLOAD … MANIFEST does.'
        raise ConnectorError("the manifest does not read", where=where, remedy=remedy) from error


def _entry(entry: dict[str, object], where: str, bucket: str) -> Listed:
    url = str(entry["url"])
    found = _S3.match(url)
    if found and bucket and found[1] != bucket:
        raise ConnectorError(
            "the manifest names a file of another bucket", where=where, remedy=f"Unload into {bucket}."
        )
    meta = entry.get("meta")
    said = meta if isinstance(meta, dict) else {}
    key = found[2] if found else str(PurePosixPath(where).parent / url)
    return Listed(key, said.get("content_length"), said.get("record_count"))


def _by_manifest(complete: Complete, key: str, folder: Folder) -> Arrival:
    manifests = [one for one in folder.keys if fnmatchcase(PurePosixPath(one).name, complete.manifest)]
    if not manifests:
        return Arrival(waits=f"for {complete.manifest}")
    chosen = key if key in manifests else manifests[-1]
    files = listed(folder.store.get(chosen), chosen, folder.bucket)
    if key != chosen and key not in {one.key for one in files}:
        return Arrival(waits=f"for {complete.manifest} to name it")
    missing = [one.key for one in files if one.key not in folder.keys]
    return Arrival(waits=f"for {len(missing)} of {len(files)} files") if missing else Arrival(tuple(files))


def _by_success(complete: Complete, _key: str, folder: Folder) -> Arrival:
    if not any(fnmatchcase(PurePosixPath(one).name, complete.success) for one in folder.keys):
        return Arrival(waits=f"for {complete.success}")
    return Arrival(tuple(Listed(one) for one in folder.keys if not is_control(complete, one)))


def _by_trigger(complete: Complete, key: str, folder: Folder) -> Arrival:
    data = key.removesuffix(complete.trigger)
    for sign in (f"{data}{complete.trigger}", f"{data.rpartition('.')[0]}{complete.trigger}"):
        if sign in folder.keys:
            return _triggered(complete, key, sign, folder)
    return Arrival(waits=f"for {PurePosixPath(data).name}{complete.trigger}")


def _triggered(complete: Complete, key: str, sign: str, folder: Folder) -> Arrival:
    stem = sign.removesuffix(complete.trigger)
    named = key if key != sign else next((one for one in folder.keys if one != sign and _stem(one, stem)), "")
    if not named:
        return Arrival(waits=f"for {PurePosixPath(stem).name}")
    return Arrival((promised(complete, named, folder.store.get(sign), sign),))


def _stem(key: str, stem: str) -> bool:
    return key == stem or key.rpartition(".")[0] == stem


def promised(complete: Complete, key: str, content: bytes, where: str) -> Listed:
    """What a trigger file's line says of its data file: the fields of `check`, apart by commas, tabs or blanks.

    Raises:
        ConnectorError: fields are missing or are no numbers, or it names another file.
    """
    words = [word for word in re.split(r"[,\t ]+", content.decode("ascii", "replace").strip()) if word]
    said: dict[str, str] = dict(zip(complete.check, words, strict=False))
    if len(said) < len(complete.check):
        raise _unreadable(where, f"has {len(words)} fields where {len(complete.check)} are declared")
    if said.get("file", PurePosixPath(key).name) != PurePosixPath(key).name:
        raise _unreadable(where, "names another file")
    digest = next(((name, said[name].lower()) for name in ("sha256", "md5") if name in said), None)
    return Listed(key, _number(said, "bytes", where), _number(said, "rows", where), digest)


def _number(said: dict[str, str], name: str, where: str) -> int | None:
    if name not in said:
        return None
    if not said[name].isdecimal():
        raise _unreadable(where, f"has no number as {name}")
    return int(said[name])


def _unreadable(where: str, what: str) -> ConnectorError:
    return ConnectorError(f"the trigger file {what}", where=where, remedy="Send it again, or correct from.s3.complete.")


def _by_rest(complete: Complete, key: str, folder: Folder) -> Arrival:
    stat: Stat = folder.store.stat(key)
    rest = complete.stable
    if rest is not None and folder.now - stat.modified < rest:
        return Arrival(waits=f"until nobody has written to it for {rest}")
    return Arrival((Listed(key),))


_RULES: dict[str, Callable[[Complete, str, Folder], Arrival]] = {
    "manifest": _by_manifest,
    "success": _by_success,
    "trigger": _by_trigger,
    "stable": _by_rest,
}


def beside(key: str, keys: Sequence[str]) -> tuple[str, ...]:
    """Of `keys`, those in the folder of `key`."""
    parent = PurePosixPath(key).parent
    return tuple(one for one in keys if PurePosixPath(one).parent == parent)
