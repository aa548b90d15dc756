"""One column of a target: from the block's columns to typed cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from enishi.ingest import steps
from enishi.ingest.block import Block
from enishi.ingest.casting import Form, cast
from enishi.ingest.cells import Array, Cells, Problem, pc, text_of
from enishi.ingest.lines import Lines
from enishi.ingest.mapping import Column
from enishi.ingest.steps import Tools, word

_TEXT = pa.string()
_FACTOR = pa.decimal128(18, 4)
_WIDE = pa.decimal128(38, 8)


@dataclass(frozen=True)
class Plan:
    """A target column ready to run: what the mapping says, the type to reach, whether it is of the key."""

    name: str
    spec: Column
    form: Form
    key: bool
    tools: Tools


def compute(plan: Plan, block: Block, lines: Mapping[str, Lines]) -> Cells:
    """Typed values of the block's rows; problems name rows by position."""
    origin = _start(plan, block, lines)
    typed = cast(steps.run(origin, plan.spec, plan.tools), plan.form)
    checked = steps.checked(steps.defaulted(typed, plan.spec), plan.spec)
    return steps.required(checked, plan.spec, plan.key)


def _start(plan: Plan, block: Block, lines: Mapping[str, Lines]) -> Cells:
    spec = plan.spec
    if spec.const is not None:
        return Cells(pa.repeat(pa.scalar(word(spec.const)), block.rows))
    if spec.line_of:
        return Cells(lines[plan.name].number([source(block, name) for name in spec.line_of]))
    if spec.add:
        return _folded(plan, block, spec.add, pc.add)
    if spec.times:
        return _folded(plan, block, spec.times, pc.multiply)
    return Cells(_joined(plan, [source(block, name) for name in spec.from_]))


def source(block: Block, name: str) -> Array:
    """A source column; one that the block lacks is empty."""
    found = block.columns.get(name)
    return pa.nulls(block.rows, _TEXT) if found is None else found


def _joined(plan: Plan, values: list[Array]) -> Array:
    """One value as it is, several as one text: a missing part empties an id or a key, and is left out elsewhere."""
    if len(values) == 1:
        return values[0]
    whole = bool(plan.spec.id or plan.key)
    separator = plan.spec.join or ("\x1f" if plan.spec.id else "")
    handling = "emit_null" if whole else "skip"
    return pc.binary_join_element_wise(*map(text_of, values), separator, null_handling=handling)


def _folded(plan: Plan, block: Block, names: list[str], combine: Callable[[Any, Any], Any]) -> Cells:
    """Sum or product as decimals; a missing addend is 0, a missing factor leaves nothing."""
    total: Array | None = None
    problems: tuple[Problem, ...] = ()
    for name in names:
        cells = cast(Cells(text_of(source(block, name.removeprefix("-")))), _number_form(plan))
        value = pc.fill_null(cells.values, 0) if plan.spec.add else cells.values
        value = pc.negate(value) if name.startswith("-") else value
        total = value if total is None else pc.cast(combine(total, value), _WIDE)
        problems += cells.problems
    cells = Cells(total if total is not None else pa.nulls(block.rows, _FACTOR), problems)
    return _emptied(cells)


def _emptied(cells: Cells) -> Cells:
    if not cells.problems:
        return cells
    return cells.become(pc.if_else(pa.array(cells.bad), pa.scalar(None, cells.values.type), cells.values))


def _number_form(plan: Plan) -> Form:
    return Form(_FACTOR, (), plan.form.zone, plan.form.day_zone)
