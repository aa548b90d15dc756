"""Blocks → rows of the target tables: pure, one block at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from enishi.errors import SourceFileError
from enishi.ingest import attributes, dates
from enishi.ingest.block import Block, Positions, Reject
from enishi.ingest.casting import Form
from enishi.ingest.cells import Array, Cells, Mask, indices, mask, pc, text_of
from enishi.ingest.columns import Plan, compute
from enishi.ingest.conditions import holds
from enishi.ingest.lines import Lines
from enishi.ingest.mapping import Column, Target, instant_for
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.steps import Normaliser, Tools
from enishi.lake.types import to_arrow


@dataclass(frozen=True)
class Settled:
    """Rows of one target out of one block, before bad source rows are taken out: `rows[i]` came from `origin[i]`."""

    columns: dict[str, Array]
    origin: Positions


@dataclass(frozen=True)
class Trouble:
    """A bad source row: its position, the source column and the reason."""

    position: int
    column: str
    reason: str


@dataclass
class TargetPlan:
    """A target ready to run over blocks; remembers line numbers between blocks."""

    target: Target
    plans: tuple[Plan, ...]
    day_zone: ZoneInfo
    own: Callable[[str], bool]
    lines: dict[str, Lines] = field(default_factory=dict)

    def settle(self, block: Block, shared: dict[str, Cells]) -> tuple[Settled, list[Trouble]]:
        """The block's rows as rows of the table, and the source rows that cannot be.

        `shared` holds what other targets computed for the whole block.
        """
        whole = block
        block, origin = _exploded(block, self.target.explode)
        kept = holds(block, self.target.when)
        if not kept.all():
            block, origin = block.keep(kept), origin[kept]
        known = shared if block is whole else {}
        cells = {plan.name: self._cells(plan, block, known) for plan in self.plans}
        columns = {name: found.values for name, found in cells.items()}
        self._derive_days(columns)
        if self.target.attributes:
            columns["attributes"] = attributes.pack(self._own(block), block.rows)
        troubles = _troubles(self.plans, cells, origin)
        return self._needed(Settled(columns, origin)), troubles

    def _cells(self, plan: Plan, block: Block, known: dict[str, Cells]) -> Cells:
        if plan.signature not in known:
            known[plan.signature] = compute(plan, block, self.lines)
        return known[plan.signature]

    def _derive_days(self, columns: dict[str, Array]) -> None:
        for column in self.target.declared.columns:
            if column.type == "date" and column.name.endswith("_date") and column.name not in columns:
                instant = instant_for(column.name, tuple(columns))
                if instant:
                    columns[column.name] = dates.business_days(columns[instant], self.day_zone)

    def _own(self, block: Block) -> dict[str, Array]:
        asked = self.target.attributes
        if isinstance(asked, list):
            return {name: block.columns[name] for name in asked if name in block.columns}
        return {name: column for name, column in block.columns.items() if self.own(name)}

    def _needed(self, settled: Settled) -> Settled:
        kept = np.ones(len(settled.origin), dtype=bool)
        for name in self.target.needs:
            kept &= mask(pc.is_valid(settled.columns[name]))
        return settled if kept.all() else only(settled, kept)


def only(settled: Settled, kept: Mask) -> Settled:
    """The rows for which `kept` is true."""
    columns = {name: column.filter(pa.array(kept)) for name, column in settled.columns.items()}
    return Settled(columns, settled.origin[kept])


def plan(mapping: SourceMapping, normalisers: Mapping[str, Normaliser], zone: ZoneInfo) -> list[TargetPlan]:
    """A plan a target of the mapping; `zone` is the environment's business zone.

    Raises:
        MappingError: a date pattern that the parser does not know.
    """
    return [_target(mapping, target, place, normalisers, zone) for place, target in enumerate(mapping.tables)]


def _target(
    mapping: SourceMapping, target: Target, place: int, normalisers: Mapping[str, Normaliser], zone: ZoneInfo
) -> TargetPlan:
    day_zone = ZoneInfo(mapping.day_zone) if mapping.day_zone else zone
    where = f"{mapping.id}: tables.{place}.columns"
    plans = tuple(
        _column(mapping, target, name, spec, day_zone, Tools(normalisers, mapping.namespace, f"{where}.{name}"))
        for name, spec in target.columns.items()
    )
    lines = {name: Lines() for name, spec in target.columns.items() if spec.line_of or spec.occurrence}
    return TargetPlan(target, plans, day_zone, lambda name: name not in mapping.inputs, lines)


def _column(mapping: SourceMapping, target: Target, name: str, spec: Column, day_zone: ZoneInfo, tools: Tools) -> Plan:
    for text in spec.format:
        dates.check_format(text, tools.where)
    table = target.declared
    kind = to_arrow(table.column(name).kind)
    form = Form(kind, tuple(spec.format), ZoneInfo(mapping.zone), day_zone, spec.business_day)
    return Plan(name, spec, form, name in table.key and name not in target.needs, tools)


def _exploded(block: Block, column: str) -> tuple[Block, Positions]:
    """One row an element of a list column; the element's fields become columns `<list>.<field>`."""
    if not column:
        return block, np.arange(block.rows, dtype=np.int64)
    lists = block.columns.get(column)
    if lists is None:
        return block.keep(np.zeros(block.rows, dtype=bool)), np.empty(0, dtype=np.int64)
    if not pa.types.is_list(lists.type):
        raise SourceFileError(f"{column} is not a list of objects", where=column, remedy="Correct `explode`.")
    origin = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), dtype=np.int64)
    columns = {name: values.take(indices(origin)) for name, values in block.columns.items() if name != column}
    columns |= _fields(column, pc.list_flatten(lists))
    return Block(columns, block.row_no[origin], lambda asked: block.raw([int(origin[i]) for i in asked])), origin


def _fields(column: str, items: Array) -> dict[str, Array]:
    rows: list[dict[str, Any]] = [dict(item or ()) for item in items.to_pylist()]
    names = dict.fromkeys(name for row in rows for name in row)
    return {f"{column}.{name}": pa.array([row.get(name) for row in rows], pa.string()) for name in names}


def _troubles(plans: tuple[Plan, ...], cells: Mapping[str, Cells], origin: Positions) -> list[Trouble]:
    return [
        Trouble(int(origin[row]), "+".join(plan.spec.inputs) or plan.name, problem.reason)
        for plan in plans
        for problem in cells[plan.name].problems
        for row in np.flatnonzero(problem.rows)
    ]


def refused(block: Block, column: str) -> list[Trouble]:
    """The rows that the file's own writer refused: `column` says `<source column>:<reason>` there."""
    said = block.columns.get(column)
    if not column or said is None:
        return []
    found = ((place, *text.partition(":")) for place, text in enumerate(text_of(said).to_pylist()) if text)
    return [Trouble(place, name, reason) for place, name, _, reason in found]


def rejects(block: Block, troubles: list[Trouble]) -> tuple[list[Reject], Mask]:
    """One reject a bad source row (its first trouble), and which rows of the block are good."""
    first: dict[int, Trouble] = {}
    for trouble in troubles:
        first.setdefault(trouble.position, trouble)
    places = sorted(first)
    raws = block.raw(places) if places else []
    found = [
        Reject(int(block.row_no[place]), first[place].column, first[place].reason, raw)
        for place, raw in zip(places, raws, strict=True)
    ]
    good = np.ones(block.rows, dtype=bool)
    good[places] = False
    return found, good
