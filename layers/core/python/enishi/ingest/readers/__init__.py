"""Readers of file formats, by kind. A new format is a function here: bytes → blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from enishi.ingest.block import Block
from enishi.ingest.mapping import Format, Kind
from enishi.ingest.readers import delimited, excel, fixed, json_array, jsonl, parquet
from enishi.ingest.readers.opening import Part, parts

Reader = Callable[[BinaryIO, Format, str], Iterator[Block]]
_PartReader = Callable[[Part, Format], Iterator[Block]]

_OF_A_PART: dict[Kind, _PartReader] = {
    "csv": delimited.read,
    "tsv": delimited.read,
    "fixed": fixed.read,
    "jsonl": jsonl.read,
    "json": json_array.read,
    "parquet": parquet.read,
    "xlsx": excel.read,
}


def _read(reader: _PartReader, stream: BinaryIO, form: Format, where: str) -> Iterator[Block]:
    """The blocks of every file in `stream`, packed or not."""
    for part in parts(stream, form, where):
        for block in reader(part, form):
            yield block if part.where == where else replace(block, file=part.where)


READERS: dict[Kind, Reader] = {kind: partial(_read, reader) for kind, reader in _OF_A_PART.items()}
"""Kind of file → blocks of its rows; what is packed is unpacked on the way."""
