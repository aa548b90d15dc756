"""Readers of file formats, by kind. A new format is a function here: bytes → blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from enishi.ingest.block import Block
from enishi.ingest.mapping import Format, Kind
from enishi.ingest.readers import delimited, jsonl, parquet

Reader = Callable[[BinaryIO, Format, str], Iterator[Block]]

READERS: dict[Kind, Reader] = {
    "csv": delimited.read,
    "tsv": delimited.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
}
