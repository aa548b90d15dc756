"""What is noticed of a file while it is read: checks of its rows, and what the checks of the whole file need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa

from enishi.ingest.block import Block, Positions
from enishi.ingest.cells import Array, Mask, mask, pc, text_of
from enishi.ingest.columns import source
from enishi.ingest.conditions import holds
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.mapping import Target
from enishi.ingest.order import BETWEEN, natural
from enishi.ingest.references import Parents, no_parents
from enishi.ingest.rules import RowRule
from enishi.ingest.steps import each, word
from enishi.ingest.targets import Settled, Trouble

ORDER, ROW, SCOPE, GONE = "_order", "_row", "_scope", "_gone"
"""Columns that a row carries beside its table's own until it is written: order of the row, its number, the scope that
it belongs to, whether it deletes."""
MARKS: Mapping[str, pa.DataType] = {ORDER: pa.string(), ROW: pa.int64(), SCOPE: pa.string(), GONE: pa.bool_()}
_WORD = pa.string()
_CLUTTER = str.maketrans("", "", ",¥ ")


@dataclass
class Watch:
    """Of one file. `troubles` and `take` are called block by block, in the file's order."""

    mapping: SourceMapping
    parents: Parents = field(default_factory=no_parents)
    numbers: Positions | None = None
    """The numbers that the rows had in their file, where they come out of the quarantine."""
    columns: tuple[str, ...] = ()
    trailer: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    nameless: bool = False
    """Whether a bad row's key is not known: then nothing can be concluded from a row's absence."""
    sums: dict[str, Decimal | None] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    offered: Counter[str] = field(default_factory=Counter)
    warned: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Table, key and scope of the rows that a bad source row would have become."""

    def renamed(self, block: Block) -> Block:
        """The block under the names that the mapping uses, where the file has another declared one."""
        self.trailer |= dict(block.trailer or {})
        block = self._renumbered(block)
        taken = {
            other: name
            for name, others in self.mapping.aliases.items()
            if name not in block.columns
            for other in [known for known in others if known in block.columns][:1]
        }
        if not self.columns:
            self.columns = tuple(taken.get(name, name) for name in block.columns)
        if not taken:
            return block
        return replace(block, columns={taken.get(name, name): values for name, values in block.columns.items()})

    def _renumbered(self, block: Block) -> Block:
        if self.numbers is None:
            return block
        known = self.numbers
        rejects = tuple(replace(reject, row_no=int(known[reject.row_no - 1])) for reject in block.rejects)
        return replace(block, row_no=known[block.row_no - 1], rejects=rejects)

    def troubles(self, block: Block, targets: Sequence[Target], settled: Sequence[Settled]) -> list[Trouble]:
        """Bad rows by the rules that look at more than one column; what only warns is counted."""
        found = [*self._by_load(block)]
        for rule in self.mapping.checks.rows:
            found += self._by_rule(block, rule)
        for target, rows in zip(targets, settled, strict=True):
            found += self._by_reference(target, rows)
        for total in self.mapping.checks.totals:
            self._add(total.column, source(block, total.column))
        return found

    def _by_load(self, block: Block) -> Iterator[Trouble]:
        load = self.mapping.load
        if load.flag:
            words = [word(value) for value in (*load.flag.insert, *load.flag.update, *load.flag.delete)]
            given = text_of(source(block, load.flag.column))
            wrong = pc.invert(pc.is_in(given, value_set=pa.array(words, _WORD)))
            yield from _flagged(mask(wrong), load.flag.column, "unknown_code")
        if load.order_column:
            yield from _flagged(
                mask(pc.is_null(text_of(source(block, load.order_column)))), load.order_column, "missing"
            )

    def _by_rule(self, block: Block, rule: RowRule) -> Iterator[Trouble]:
        broken = holds(block, rule.given) & ~holds(block, rule.then)
        column = "+".join(rule.then)
        if rule.otherwise == "warn":
            self.warned[column, rule.name] += int(broken.sum())
        else:
            yield from _flagged(broken, column, rule.name)

    def _by_reference(self, target: Target, rows: Settled) -> Iterator[Trouble]:
        for name, column in target.columns.items():
            if column.references is None:
                continue
            orphans = self.parents.unknown(column.references, rows.columns[name])
            shown = "+".join(column.inputs) or name
            if column.references.missing == "warn":
                self.warned[shown, "no_parent"] += int(orphans.sum())
            else:
                reason = "awaits_parent" if column.references.missing == "wait" else "no_parent"
                yield from (Trouble(int(rows.origin[place]), shown, reason) for place in np.flatnonzero(orphans))

    def _add(self, column: str, values: Array) -> None:
        """Sum exactly; a value that is no number makes the sum unknown."""
        known = self.sums.get(column, Decimal(0))
        try:
            texts = text_of(values).to_pylist()
            added = sum((Decimal(text.translate(_CLUTTER)) for text in texts if text), Decimal(0))
        except InvalidOperation:
            known = None
        self.sums[column] = None if known is None else known + added

    def take(self, block: Block, targets: Sequence[Target], settled: Sequence[Settled], good: Mask) -> dict[str, Array]:
        """Count what the good rows become; the marks of every source row of the block."""
        placed = np.zeros(block.rows, dtype=bool)
        for target, rows in zip(targets, settled, strict=True):
            placed[rows.origin] = True
            self._count(target, rows)
        self.skipped += int((good & ~placed).sum())
        marks = self._marks(block)
        if self.mapping.load.tracked and not good.all():
            self._note_bad(targets, settled, good, marks)
        self.nameless |= bool(block.rejects)
        return marks

    def _count(self, target: Target, rows: Settled) -> None:
        for name in target.columns:
            shown = f"{target.table}.{name}"
            self.offered[shown] += len(rows.origin)
            self.filled[shown] += len(rows.origin) - rows.columns[name].null_count

    def _note_bad(
        self, targets: Sequence[Target], settled: Sequence[Settled], good: Mask, marks: dict[str, Array]
    ) -> None:
        for target, rows in zip(targets, settled, strict=True):
            bad = ~good[rows.origin]
            if bad.any():
                keys = key_text(rows.columns, target.declared.key).filter(pa.array(bad))
                scopes = (
                    marks[SCOPE].take(pa.array(rows.origin[bad])).to_pylist() if SCOPE in marks else [""] * len(keys)
                )
                self.nameless |= bool(keys.null_count)
                self.seen += [
                    (target.table, key, scope or "") for key, scope in zip(keys.to_pylist(), scopes, strict=True) if key
                ]

    def _marks(self, block: Block) -> dict[str, Array]:
        load = self.mapping.load
        marks: dict[str, Array] = {ROW: pa.array(block.row_no)} if load.tracked else {}
        if load.order_column:
            marks[ORDER] = each(text_of(source(block, load.order_column)), natural)
        if load.scope:
            parts = [pc.fill_null(text_of(source(block, name)), "") for name in load.scope]
            marks[SCOPE] = pc.binary_join_element_wise(*parts, BETWEEN)
        if load.flag:
            words = pa.array([word(value) for value in load.flag.delete], _WORD)
            marks[GONE] = pc.is_in(text_of(source(block, load.flag.column)), value_set=words)
        return marks


def key_text(columns: Mapping[str, Array], key: Sequence[str]) -> Array:
    """The key of each row as one text, its parts joined; null where a part is."""
    parts = [pc.cast(columns[name], _WORD) for name in key]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, BETWEEN)


def _flagged(rows: Mask, column: str, reason: str) -> Iterable[Trouble]:
    return (Trouble(int(place), column, reason) for place in np.flatnonzero(rows))
