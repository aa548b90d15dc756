"""A dropped file that names an erased person: their rows stay out of the lake, and go from the raw file, too.

A file of which single rows cannot be taken out (a workbook, a packed file) goes whole: it is in the lake by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
from sqlglot import exp

from enishi.errors import EnishiError
from enishi.flow.reading import reading
from enishi.ingest.log import STOPPED
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.order import identity
from enishi.ingest.stage import Staged, content_hash, load_id
from enishi.ingest.tombstones import Tombstones
from enishi.lake import sql
from enishi.lake.schema import table
from enishi.ports import Services
from enishi.privacy.rewrite import without_places, without_rows


def read(services: Services, mapping: SourceMapping, key: str, content: str, erased: Tombstones) -> Staged:
    """What a raw file says, read to its end as a load would; its rows are gone when this returns.

    Raises:
        SourceFileError: the file as a whole cannot be read.
    """
    with reading(services, mapping, key, content, erased) as staged:
        return staged


def rows_out_of(data: bytes, mapping: SourceMapping, rows: frozenset[int]) -> bytes | None:
    """A file without the rows of these numbers; None when single rows cannot be taken out of it."""
    rewrite = _REWRITERS.get(mapping.format.kind)
    return rewrite(data, mapping, rows) if rewrite else None


def hold_back(services: Services, staged: Staged) -> None:
    """Take the rows of erased people out of the raw file, and say so in the log. Done twice it changes nothing."""
    if not staged.tombstoned:
        return
    gone, key = frozenset(staged.tombstoned), staged.file
    kept = rows_out_of(services.raw.get(key), staged.mapping, gone)
    if kept is not None:
        services.raw.put(key, kept)
    content = _checked(services, staged, len(gone)) if kept is not None else None
    if content is None:
        services.raw.delete(key)
    what = f"{len(gone)} rows of erased people held back"
    where = "taken out of the file" if content is not None else "the file was taken away"
    _log(services, staged, content, f"{what}, {where}")


def _checked(services: Services, staged: Staged, gone: int) -> str | None:
    """The content of the rewritten file, once it reads as the same file with so many rows less; else None."""
    with services.raw.open(staged.file) as stream:
        content = identity(staged.mapping.load, staged.file, content_hash(stream))
    try:
        again = read(services, staged.mapping, staged.file, content, staged.tombstones)
    except EnishiError:
        return None
    return content if not again.tombstoned and again.rows_in == staged.rows_in - gone else None


def _log(services: Services, staged: Staged, content: str | None, note: str) -> None:
    """A note on the load's lines; the rewritten file counts as loaded, since the load has what it says."""
    prefix = exp.StartsWith(this=sql.column("", "load_id"), expression=sql.literal(f"{staged.load_id}."))
    names = table("load_log").names
    query = exp.select(*(sql.column("", name) for name in names)).from_(sql.table_ref("load_log")).where(prefix)
    lines = [_noted(line, note) for line in services.warehouse.query(query).to_pylist()]
    if content is not None:
        own, rewritten = f"{staged.load_id}.", f"{load_id(staged.mapping, content)}."
        held = [line for line in lines if line["status"] != STOPPED]
        lines += [{**line, "load_id": str(line["load_id"]).replace(own, rewritten)} for line in held]
    if lines:
        services.warehouse.upsert("load_log", pa.Table.from_pylist(lines, schema=table("load_log").arrow))


def _noted(line: dict[str, object], note: str) -> dict[str, object]:
    said = str(line["note"] or "")
    return line if note in said else {**line, "note": f"{said}; {note}" if said else note}


def _text_without(data: bytes, mapping: SourceMapping, rows: frozenset[int]) -> bytes | None:
    quote = mapping.format.quote if mapping.format.kind in ("csv", "tsv") else None
    return without_rows(data, rows, quote)


_REWRITERS: Mapping[str, Callable[[bytes, SourceMapping, frozenset[int]], bytes | None]] = {
    "csv": _text_without,
    "tsv": _text_without,
    "jsonl": _text_without,
    "fixed": _text_without,
    "parquet": lambda data, _mapping, rows: without_places(data, rows),
}
"""Formats of which single rows can be taken out; files of others are taken away whole, once loaded they are copies."""
