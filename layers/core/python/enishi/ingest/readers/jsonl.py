"""JSON Lines: one object a line. Scalars become text columns, lists of objects stay Python values for `explode`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ingest import charsets
from enishi.ingest.block import Block, Reject
from enishi.ingest.mapping import Format
from enishi.ingest.readers.edges import LONGEST
from enishi.ingest.readers.encodings import texts
from enishi.ingest.readers.flat_json import fast, learn
from enishi.ingest.readers.opening import Part


class _KeyTwiceError(ValueError):
    """An object has a key twice: which of the two values is meant, nobody can know."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _KeyTwiceError
    return found


_DECODER: Any = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once)
_KINDS = {str: pa.string(), bool: pa.bool_(), type(None): pa.string()}
LIST_TEXT = pa.list_(pa.map_(pa.string(), pa.string()))
_DEEPEST = 16
"""Levels of objects that become paths; what lies deeper stays one text of JSON."""


def read(part: Part, form: Format) -> Iterator[Block]:
    """Blocks of text columns by dotted path; a list of objects is a column of lists of maps.

    Raises:
        SourceFileError: the file as a whole cannot be read as declared.
    """
    row, pending, shape = 1, "", None
    for text in texts(part.stream, form, part.where):
        whole, end, rest = (pending + text).rpartition("\n")
        if end:
            shape, block = _at_once(whole, row, shape, form)
            yield block or careful(whole.split("\n"), row, form)
            row += whole.count("\n") + 1
        pending = rest
        if len(pending) > LONGEST:
            raise SourceFileError(
                f"no line ends within {LONGEST:,} characters",
                where=part.where,
                remedy="Set kind: json when the file is one array.",
            )
    yield careful([pending], row, form)


def _at_once(text: str, row: int, shape: pa.Schema | None, form: Format) -> tuple[pa.Schema | None, Block | None]:
    """The shape of the objects so far, and the block where it has that shape, or one that its own objects add to it."""
    block = fast(text, row, shape, form) if shape else None
    wider = None if block else learn(text, shape)
    if wider is None or wider == shape:
        return shape, block
    return wider, fast(text, row, wider, form)


def careful(lines: Sequence[str], row: int, form: Format) -> Block:
    """One block, line by line: what is not an object is a reject, what is nested becomes paths and lists."""
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    for number, line in enumerate(lines, row):
        value = _object(line)
        if isinstance(value, dict):
            objects.append(value)
            numbers.append(number)
        elif value:
            rejects.append(Reject(number, "", value, charsets.encode(line, form.encoding)))

    def raw(asked: Sequence[int]) -> list[bytes]:
        return [charsets.encode(lines[numbers[position] - row], form.encoding) for position in asked]

    return Block(_columns(objects), np.array(numbers, dtype=np.int64), raw, tuple(rejects))


def _object(line: str) -> dict[str, Any] | str:
    """The line's object, or why it has none ("" = a blank line)."""
    if "\\u0000" in line or "\0" in line:
        return "nul"
    try:
        value, end = _DECODER.scan_once(line, 0)
    except _KeyTwiceError:
        return "key_twice"
    except (StopIteration, ValueError, RecursionError):
        return _second_look(line)
    if end != len(line) and not line[end:].isspace():
        return "not_json"
    if "\\u" in line and not _encodes(value):
        return "not_text"
    return value if isinstance(value, dict) else "not_an_object"


def _encodes(value: Any) -> bool:
    """Whether the text in it is text: half of a surrogate pair is not."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _second_look(line: str) -> dict[str, Any] | str:
    """Blank lines, blanks before the object, and what is really no JSON."""
    stripped = line.lstrip()
    return "" if not stripped else "not_json" if stripped == line else _object(stripped)


def _columns(objects: Sequence[dict[str, Any]], depth: int = 0) -> dict[str, pa.Array[Any]]:
    """Columns by name: all plain ones at once by their usual kind, the others one by one."""
    usual: dict[str, Any] = {}
    for value in objects:
        usual.update(value)
    plain: dict[str, Any] = {name: _KINDS[type(value)] for name, value in usual.items() if type(value) in _KINDS}
    try:
        found: Any = pa.array(objects, pa.struct(list(plain.items())))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        plain = {}
    columns: dict[str, pa.Array[Any]] = {}
    for name in usual:
        if name in plain:
            columns[name] = found.field(name)
        else:
            columns |= _column(name, [value.get(name) for value in objects], depth)
    return columns


def _column(name: str, values: list[Any], depth: int) -> dict[str, pa.Array[Any]]:
    """One column a scalar; one a dotted path for nested objects; lists of objects as lists of maps."""
    try:
        return {name: pa.array(values, pa.string())}
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = {type(value) for value in values} - {type(None)}
    if kinds == {dict} and depth < _DEEPEST and any(values):
        inner = _columns([value or {} for value in values], depth + 1)
        return {f"{name}.{path}": column for path, column in inner.items()}
    if kinds == {list} and any(values) and all(isinstance(item, dict) for value in values if value for item in value):
        return {name: lists(values)}
    return {name: pa.array([_text(value) for value in values], pa.string())}


def lists(values: list[list[dict[str, Any]] | None]) -> pa.Array[Any]:
    """Lists of objects as lists of maps, path → text."""
    pairs = [None if value is None else [list(_leaves(item, "", 0).items()) for item in value] for value in values]
    return pa.array(pairs, LIST_TEXT)


def _leaves(item: dict[str, Any], prefix: str, depth: int) -> dict[str, str | None]:
    """The values of an object by dotted path, as text."""
    found: dict[str, str | None] = {}
    for key, value in item.items():
        if isinstance(value, dict) and value and depth < _DEEPEST:
            found |= _leaves(value, f"{prefix}{key}.", depth + 1)
        else:
            found[prefix + key] = _text(value)
    return found


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
