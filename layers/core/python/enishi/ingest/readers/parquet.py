"""Parquet files: typed columns as they are, in batches; nested ones by dotted path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from enishi.errors import SourceFileError
from enishi.ingest.block import Block, row_numbers
from enishi.ingest.cells import Array, pc
from enishi.ingest.mapping import Format
from enishi.ingest.readers import jsonl
from enishi.ingest.readers.opening import Part
from enishi.ingest.readers.seeking import seekable

ROWS = 65_536


def read(part: Part, _form: Format) -> Iterator[Block]:
    """Blocks of typed columns; a row's raw bytes are its JSON.

    Raises:
        SourceFileError: the file is not Parquet or is damaged, or a column holds bytes that are no text.
    """
    with seekable(part) as stream:
        try:
            file = pq.ParquetFile(stream)
            row = 1
            for batch in file.iter_batches(batch_size=ROWS):
                yield _block(batch, row, part.where)
                row += batch.num_rows
            if row == 1:
                yield _block(pa.RecordBatch.from_pylist([], schema=file.schema_arrow), 1, part.where)
        except (pa.ArrowException, OSError) as error:
            raise SourceFileError(
                "the file is not Parquet, or is damaged", where=part.where, remedy="Send the file again."
            ) from error


def _block(batch: pa.RecordBatch, row: int, where: str) -> Block:
    def raw(asked: Sequence[int]) -> list[bytes]:
        return [_line(batch.slice(position, 1).to_pylist()[0]) for position in asked]

    columns: dict[str, Array] = {}
    for name in batch.schema.names:
        columns |= _flat(name, batch.column(name), where)
    return Block(columns, row_numbers(row, batch.num_rows), raw)


def _flat(name: str, values: Array, where: str) -> dict[str, Array]:
    """The column under its name; a struct's fields under dotted paths; lists of structs as lists of maps."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _flat(name, values.dictionary_decode(), where)
    if pa.types.is_struct(kind):
        fields = [(kind.field(place).name, pc.struct_field(values, [place])) for place in range(kind.num_fields)]
        return {
            path: column for inner, field in fields for path, column in _flat(f"{name}.{inner}", field, where).items()
        }
    if _is_list(kind) and pa.types.is_struct(kind.value_type):
        return {name: jsonl.lists(values.to_pylist())}
    if pa.types.is_nested(kind) and not pa.types.is_map(kind):
        return {name: pa.array([None if value is None else _json(value) for value in values.to_pylist()], pa.string())}
    return {name: _text(name, values, where)}


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _text(name: str, values: Array, where: str) -> Array:
    """Text of every width as one kind of text; bytes only when they are UTF-8."""
    kind = values.type
    wide = pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    if not (wide or binary or pa.types.is_null(kind)):
        return values
    try:
        return pc.cast(values, pa.string())
    except pa.ArrowInvalid as error:
        raise SourceFileError(
            f"the column {name!r} holds bytes that are no text", where=where, remedy="Send it as text."
        ) from error


def _line(row: dict[str, Any]) -> bytes:
    return _json(row).encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
