"""Read a whole file, make its rows, put them aside: the lake is not touched before the last byte is found good."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ids import stable_id
from enishi.ingest import groups, targets
from enishi.ingest.block import Block, Reject
from enishi.ingest.cells import Array, Cells, Mask, pc
from enishi.ingest.mapping import Group, instant_for
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.paths import head
from enishi.ingest.readers import READERS
from enishi.ingest.spill import Spill
from enishi.ingest.steps import Normaliser
from enishi.ingest.targets import Settled, TargetPlan
from enishi.ingest.tombstones import NOBODY, Tombstones
from enishi.ingest.watch import MARKS, Watch
from enishi.lake import schema

_HASH_BLOCK = 1 << 20
_FREE_IN_COLUMNS = ("jsonl", "json")
"""Kinds whose rows each name their own columns."""
REJECTS: pa.Schema = pa.schema(
    [
        pa.field(name, kind)
        for name, kind in {
            "file": pa.string(),
            "row_no": pa.int64(),
            "column": pa.string(),
            "reason": pa.string(),
            "raw": pa.binary(),
        }.items()
    ]
)
Progress = Callable[[int], None]


@dataclass
class Pile:
    """The rows of one target of one file, on disk."""

    plan: TargetPlan
    spill: Spill
    newest: datetime | None = None

    @property
    def table(self) -> str:
        return self.plan.target.table

    @property
    def how(self) -> dict[str, Group]:
        marks: dict[str, Group] = dict.fromkeys(MARKS, "last")
        return marks | {name: column.group for name, column in self.plan.target.columns.items()}


@dataclass
class Staged:
    """A file that was read to its end: rows by target, rejects, and what was noticed."""

    mapping: SourceMapping
    file: str
    content: str
    piles: list[Pile]
    rejects: Spill
    watch: Watch
    rows_in: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    new_columns: tuple[str, ...] = ()
    tombstones: Tombstones = NOBODY
    tombstoned: list[int] = field(default_factory=list)
    """Numbers of the rows that name an erased person: counted, kept nowhere."""

    @property
    def load_id(self) -> str:
        """The same content under the same mapping is the same load."""
        return load_id(self.mapping, self.content)

    @property
    def rejected(self) -> int:
        return self.rejects.rows


def load_id(mapping: SourceMapping, content: str) -> str:
    return stable_id("L", mapping.id, mapping.version, content)


def table_load_id(load: str, table: str) -> str:
    """The key of a table's row in `load_log`."""
    return f"{load}.{table}"


def content_hash(stream: BinaryIO) -> str:
    """SHA-256 of a file's bytes, in constant memory."""
    found = hashlib.sha256()
    while data := stream.read(_HASH_BLOCK):
        found.update(data)
    return found.hexdigest()


def stage(
    mapping: SourceMapping,
    stream: BinaryIO,
    file: str,
    content: str,
    *,
    normalisers: Mapping[str, Normaliser],
    zone: ZoneInfo,
    folder: Path,
    progress: Progress = lambda _rows: None,
    tombstones: Tombstones = NOBODY,
    watch: Watch | None = None,
) -> Staged:
    """Read `stream` to its end and spill its rows into `folder`; rows of erased people go nowhere.

    Raises:
        SourceFileError: the file as a whole cannot be read as its mapping says.
        MappingError: the mapping asks for what does not exist.
    """
    plans = targets.plan(mapping, normalisers, zone)
    piles = [Pile(plan, Spill(folder / f"{place}.arrow")) for place, plan in enumerate(plans)]
    seen = watch or Watch(mapping)
    staged = Staged(mapping, file, content, piles, Spill(folder / "rejects.arrow"), seen, tombstones=tombstones)
    for block in _checked(READERS[mapping.format.kind](stream, mapping.format, file), staged):
        _take(staged, block)
        progress(staged.rows_in)
    for spill in (staged.rejects, *(pile.spill for pile in piles)):
        spill.close()
    return staged


def _checked(blocks: Iterator[Block], staged: Staged) -> Iterator[Block]:
    """The blocks, once the first one of each file has every column that the mapping needs."""
    seen: dict[str, None] = {}
    files: set[str] = set()
    for block in map(staged.watch.renamed, _members(blocks)):
        if block.file not in files and staged.mapping.format.kind not in _FREE_IN_COLUMNS:
            _check_columns(staged.mapping, block, block.file or staged.file)
        files.add(block.file)
        seen |= dict.fromkeys(name for name in block.columns if name not in staged.mapping.inputs)
        yield block
    staged.new_columns = tuple(name for name in seen if name.split(".")[0] not in staged.mapping.inputs)


def _members(blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks; each file of a zip against its own trailer, which says nothing of the zip as a whole."""
    counted: Counter[str] = Counter()
    for block in blocks:
        counted[block.file] += block.rows + len(block.rejects)
        said = (block.trailer or {}).get("count") if block.file else None
        if said is not None and said.lstrip("0") != str(counted[block.file] or ""):
            raise SourceFileError(
                f"the trailer counts {said} rows, the file has {counted[block.file]:,}",
                where=block.file,
                remedy="Send the file again whole.",
            )
        yield replace(block, trailer=None) if block.file else block


def _check_columns(mapping: SourceMapping, block: Block, file: str) -> None:
    missing = {name: target for name, target in mapping.needed.items() if head(name) not in block.columns}
    if missing:
        names = ", ".join(f"{name!r} (for {target})" for name, target in missing.items())
        raise SourceFileError(
            f"the file lacks the column {names}; it has {', '.join(block.columns)}",
            where=file,
            remedy=_lacking_remedy(list(missing), list(block.columns), mapping),
        )


def _lacking_remedy(missing: list[str], names: list[str], mapping: SourceMapping) -> str:
    """Which delimiter it looks like, or which new column the missing one may be now."""
    other = [mark for mark in ";\t,|" if len(names) == 1 and mark in names[0]]
    if other:
        return f"The header looks delimited by {other[0]!r}: set delimiter in the mapping."
    new = [name for name in names if name not in mapping.inputs]
    for name in missing:
        if near := get_close_matches(name, new, n=1, cutoff=0.4):
            return f"If {near[0]!r} is its new name, add aliases: {{{name}: [{near[0]}]}} to the mapping."
    return "Send the column, correct the mapping, or mark the column optional: true."


def _take(staged: Staged, block: Block) -> None:
    settled: list[Settled] = []
    troubles = targets.refused(block, staged.mapping.refused)
    shared: dict[str, Cells] = {}
    for pile in staged.piles:
        rows, found = pile.plan.settle(block, shared)
        settled.append(rows)
        troubles += found
    made = [pile.plan.target for pile in staged.piles]
    troubles += staged.watch.troubles(block, made, settled)
    gone = _erased(staged, block, settled)
    refused, good = targets.rejects(block, [trouble for trouble in troubles if not gone[trouble.position]])
    good &= ~gone
    marks = staged.watch.take(block, made, settled, good)
    for pile, rows in zip(staged.piles, settled, strict=True):
        kept = rows if good.all() else targets.only(rows, good[rows.origin])
        _write(pile, kept, marks)
    _refuse(staged, (*_unnamed(staged, block.rejects), *refused), block.file or staged.file)
    staged.rows_in += block.rows + len(block.rejects)


def _erased(staged: Staged, block: Block, settled: Sequence[Settled]) -> Mask:
    """The source rows that name an erased person in any of the rows that they become."""
    gone = np.zeros(block.rows, dtype=bool)
    if staged.tombstones.known:
        for pile, rows in zip(staged.piles, settled, strict=True):
            hit = staged.tombstones.refuses(pile.plan.target.declared, rows.columns, len(rows.origin))
            gone[rows.origin[hit]] = True
        staged.tombstoned += [int(number) for number in block.row_no[gone]]
    return gone


def _unnamed(staged: Staged, rejects: Iterable[Reject]) -> Iterator[Reject]:
    """Rejects that may be kept: a row that could not be cut into columns is looked at cell by cell."""
    known, mapping = staged.tombstones, staged.mapping
    for reject in rejects:
        if known.known and known.names(reject.raw, mapping.format.encoding, mapping.namespace):
            staged.tombstoned.append(reject.row_no)
        else:
            yield reject


def _write(pile: Pile, rows: Settled, marks: Mapping[str, Array]) -> None:
    declared = pile.plan.target.declared
    names = [name for name in declared.names if name in rows.columns]
    table = pa.table({name: rows.columns[name] for name in names}).cast(declared.arrow_of(names))
    pile.newest = newest(pile.newest, table, declared)
    for name, values in marks.items():
        table = table.append_column(pa.field(name, MARKS[name]), values.take(pa.array(rows.origin)))
    if pile.plan.target.group_by:
        table = groups.collapse(table, pile.plan.target.group_by, pile.how)
    if table.num_rows:
        pile.spill.write(table)


def newest(known: datetime | None, rows: pa.Table, table: schema.Table) -> datetime | None:
    """The watermark: the newest event of the table's own clock, be it an instant or a day."""
    column = _clock(rows, table)
    latest: datetime | None = pc.max(pc.cast(rows.column(column), pa.timestamp("us"))).as_py() if column else None
    return latest if known is None or (latest is not None and latest > known) else known


def _clock(rows: pa.Table, table: schema.Table) -> str | None:
    days = [name for name in table.partition_columns if name in rows.column_names]
    instant = instant_for(days[0], tuple(rows.column_names)) if days else None
    instants = [field.name for field in rows.schema if pa.types.is_timestamp(field.type)]
    return instant or next(iter([*days, *instants]), None)


def _refuse(staged: Staged, refused: Iterable[Reject], file: str) -> None:
    found = sorted(refused, key=lambda reject: reject.row_no)
    if not found:
        return
    staged.reasons.update((reject.column, reject.reason) for reject in found)
    columns = [
        [file] * len(found),
        [reject.row_no for reject in found],
        [reject.column or None for reject in found],
        [reject.reason for reject in found],
        [reject.raw for reject in found],
    ]
    staged.rejects.write(pa.table(columns, schema=REJECTS))
