"""The fast way for JSON Lines whose objects are flat and alike: Arrow's own parser, whole blocks at a time.

It is taken only when nothing can differ from reading line by line: every line is one object, every field was seen among
objects so far with the same kind, numbers are whole. Whatever Arrow refuses, the careful reader reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.json as pajson

from enishi.ingest import charsets
from enishi.ingest.block import Block, row_numbers
from enishi.ingest.mapping import Format

_LEARNT_FROM = 5_000
_KINDS: dict[type, pa.DataType] = {str: pa.string(), bool: pa.bool_(), int: pa.int64()}


def learn(text: str, known: pa.Schema | None = None) -> pa.Schema | None:
    """`known` with the fields and kinds of objects from all over the text; None when they are not flat and alike."""
    kinds: dict[str, pa.DataType] = {field.name: field.type for field in known or ()}
    lines = text.split("\n")
    try:
        for line in lines[:: -(-len(lines) // _LEARNT_FROM)]:
            for name, value in json.loads(line).items():
                if value is not None and kinds.setdefault(name, _KINDS[type(value)]) != _KINDS[type(value)]:
                    return None
    except (ValueError, KeyError, AttributeError, RecursionError):
        return None
    return pa.schema([pa.field(name, kind) for name, kind in kinds.items()])


def fast(text: str, row: int, schema: pa.Schema, form: Format) -> Block | None:
    """The block, or None when it needs the careful reader."""
    lines = text.count("\n") + 1
    if not _line_an_object(text, lines) or "\\u0000" in text:
        return None
    data = text.encode()
    try:
        table = pajson.read_json(
            cast(IO[Any], pa.BufferReader(data)),
            read_options=pajson.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=pajson.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines:
        return None

    def raw(asked: Sequence[int]) -> list[bytes]:
        split = text.split("\n")
        return [charsets.encode(split[position], form.encoding) for position in asked]

    columns: dict[str, Any] = {name: table.column(name).combine_chunks() for name in table.column_names}
    return Block(columns, row_numbers(row, lines), raw)


def _line_an_object(text: str, lines: int) -> bool:
    """Every line begins with { and ends with }: between two lines then stands the border of two objects."""
    return text.startswith("{") and text.endswith("}") and text.count("}\n{") == lines - 1
