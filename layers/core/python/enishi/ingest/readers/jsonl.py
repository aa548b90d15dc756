"""JSON Lines: one object a line. Scalars become text columns, lists of objects stay Python values for `explode`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from enishi.ingest.block import Block, Reject
from enishi.ingest.mapping import Format
from enishi.ingest.readers.encodings import texts, unpacked

LIST_TEXT = pa.list_(pa.map_(pa.string(), pa.string()))


def read(stream: BinaryIO, form: Format, where: str) -> Iterator[Block]:
    """Blocks of text columns by dotted path; a list of objects is a column of lists of maps.

    Raises:
        SourceFileError: the file as a whole cannot be read as declared.
    """
    row, pending = 1, ""
    for text in texts(unpacked(stream, form, where), form, where):
        whole, _, rest = (pending + text).rpartition("\n")
        if whole:
            lines = whole.split("\n")
            yield _block(lines, row, form)
            row += len(lines)
        pending = rest
    if pending:
        yield _block([pending], row, form)


def _block(lines: Sequence[str], row: int, form: Format) -> Block:
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    for number, line in enumerate(lines, row):
        if not line or line.isspace():
            continue
        reason, value = _object(line)
        if reason:
            rejects.append(Reject(number, "", reason, line.encode(form.encoding)))
        else:
            objects.append(value)
            numbers.append(number)
    row_no = np.array(numbers, dtype=np.int64)
    return Block(
        _columns(objects),
        row_no,
        lambda asked: [lines[numbers[i] - row].encode(form.encoding) for i in asked],
        tuple(rejects),
    )


def _object(line: str) -> tuple[str, dict[str, Any]]:
    try:
        value = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return "not_json", {}
    if not isinstance(value, dict):
        return "not_an_object", {}
    return ("nul", {}) if "\\u0000" in line or "\0" in line else ("", value)


def _columns(objects: Sequence[dict[str, Any]]) -> dict[str, pa.Array[Any]]:
    names = dict.fromkeys(name for value in objects for name in value)
    columns: dict[str, pa.Array[Any]] = {}
    for name in names:
        values = [value.get(name) for value in objects]
        columns |= _column(name, values)
    return columns


def _column(name: str, values: list[Any]) -> dict[str, pa.Array[Any]]:
    """One column a scalar; one a dotted path for nested objects; lists of objects as lists of maps."""
    try:
        return {name: pa.array(values, pa.string())}
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = {type(value) for value in values} - {type(None)}
    if kinds == {dict}:
        inner = _columns([value or {} for value in values])
        return {f"{name}.{path}": column for path, column in inner.items()}
    if kinds == {list} and all(isinstance(item, dict) for value in values if value for item in value):
        return {name: _lists(values)}
    return {name: pa.array([_text(value) for value in values], pa.string())}


def _lists(values: list[Any]) -> pa.Array[Any]:
    pairs = [
        None if value is None else [[(key, _text(inner)) for key, inner in item.items()] for item in value]
        for value in values
    ]
    return pa.array(pairs, LIST_TEXT)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
