"""A folder that behaves like a bucket. Implements `enishi.ports.Blobs`."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from enishi.errors import LakeError
from enishi.ports import Stat

_TEMPORARY = ".writing-"


class FolderBlobs:
    """Keys are paths under `root`. Writers of several processes never see half an object."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def put(self, key: str, data: bytes) -> None:
        temporary = self._written(key, data)
        temporary.replace(self._path(key))

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Linking a finished file is atomic and fails when the name exists."""
        path = self._path(key)
        if path.exists():
            return False
        temporary = self._written(key, data)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
        return True

    def get(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError):
            raise LakeError("there is no such object", where=key, remedy="Check the key.") from None

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{_TEMPORARY}{uuid.uuid4().hex}")
        try:
            with temporary.open("wb") as stream:
                yield stream
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def stat(self, key: str) -> Stat:
        try:
            found = self._path(key).stat()
        except FileNotFoundError:
            raise LakeError("there is no such object", where=key, remedy="Check the key.") from None
        return Stat(found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def list(self, prefix: str) -> list[str]:
        """Every key that starts with `prefix`, which may end inside a name, as in a bucket."""
        folder = self._path(prefix.rpartition("/")[0])
        paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(_TEMPORARY))
        keys = (path.relative_to(self._root).as_posix() for path in paths)
        return sorted(key for key in keys if key.startswith(prefix))

    def delete(self, prefix: str) -> int:
        keys = self.list(prefix)
        for key in keys:
            self._path(key).unlink(missing_ok=True)
        folder = self._path(prefix)
        if folder.is_dir() and folder != self._root and not self.list(f"{prefix.rstrip('/')}/"):
            shutil.rmtree(folder, ignore_errors=True)
        return len(keys)

    def _written(self, key: str, data: bytes) -> Path:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{_TEMPORARY}{uuid.uuid4().hex}")
        temporary.write_bytes(data)
        return temporary

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root) or key.startswith("/"):
            raise LakeError("a key may not leave its folder", where=key, remedy="Use a relative key without '..'.")
        return path
