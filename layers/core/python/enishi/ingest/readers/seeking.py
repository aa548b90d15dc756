"""Formats that begin at their end (Parquet, Excel) need a file that can be read from anywhere."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from enishi.ingest.readers.opening import Part


@contextmanager
def seekable(part: Part) -> Iterator[BinaryIO]:
    """The part's stream, or its bytes on disk when it comes out of a packed file."""
    if part.stream.seekable():
        yield part.stream
        return
    with tempfile.TemporaryFile(prefix="enishi-unpacked-") as copy:
        shutil.copyfileobj(part.stream, copy, 1 << 20)
        copy.seek(0)
        yield cast(BinaryIO, copy)
