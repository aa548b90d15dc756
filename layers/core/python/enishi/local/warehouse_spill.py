"""Where the engine puts what does not fit in memory: a folder for each process, inside the workspace.

The engine's own default is a folder of whoever calls, shared by all: two processes would write over each other's files.
A process that was killed leaves its folder; the next one to open the workspace sweeps it.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import IO

from enishi.local.warehouse_lock import FolderLock

_HELD = ".held"
"""A file that is locked as long as the folder's process lives."""


class SpillFolder:
    """`home/tmp/<name>`; gone after `remove`, or with the process."""

    def __init__(self, home: Path) -> None:
        root = home.resolve() / "tmp"
        with FolderLock(root / ".lock").alone():
            for folder in root.iterdir():
                _sweep(folder)
            self.path = Path(tempfile.mkdtemp(prefix="spill-", dir=root))
            held = (self.path / _HELD).open("w")
            fcntl.flock(held, fcntl.LOCK_EX)
        self.remove = weakref.finalize(self, _remove, self.path, held)


def _remove(folder: Path, held: IO[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    held.close()


def _sweep(folder: Path) -> None:
    """Remove a folder whose process is no more."""
    if not folder.is_dir():
        return
    with (folder / _HELD).open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(folder, ignore_errors=True)
