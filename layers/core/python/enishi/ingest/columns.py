"""One column of a target: from the block's columns to typed cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa

from enishi.ingest import paths, steps
from enishi.ingest.block import Block
from enishi.ingest.casting import Form, cast
from enishi.ingest.cells import Array, Cells, pc, text_of
from enishi.ingest.lines import Lines
from enishi.ingest.mapping import Column, Word
from enishi.ingest.steps import Tools, word

_TEXT = pa.string()
_FACTOR = pa.decimal128(18, 4)


@dataclass(frozen=True)
class Plan:
    """A target column ready to run: what the mapping says, the type to reach, whether it is of the key."""

    name: str
    spec: Column
    form: Form
    key: bool
    tools: Tools

    @cached_property
    def signature(self) -> str:
        """Equal for columns that compute the same (the same id in eight targets is hashed once)."""
        return f"{self.spec.model_dump_json()}{self.form.kind}{self.key}"


def compute(plan: Plan, block: Block, lines: Mapping[str, Lines]) -> Cells:
    """Typed values of the block's rows; problems name rows by position."""
    if plan.spec.const is not None:
        return Cells(_repeated(plan.spec.const, plan.form.kind, block.rows))
    typed = cast(steps.run(_start(plan, block, lines), plan.spec, plan.tools), plan.form)
    checked = steps.checked(steps.defaulted(typed, plan.spec), plan.spec)
    return steps.required(checked, plan.spec, plan.key)


def _repeated(const: Word, kind: pa.DataType, rows: int) -> Array:
    value: Any = pa.scalar(word(const)).cast(kind)
    return pa.repeat(value, rows)


def _start(plan: Plan, block: Block, lines: Mapping[str, Lines]) -> Cells:
    spec = plan.spec
    if spec.line_of:
        return Cells(lines[plan.name].number([source(block, name) for name in spec.line_of]))
    if spec.occurrence:
        return Cells(_occurrence(plan, block, lines[plan.name]))
    if spec.add:
        return _folded(plan, block, spec.add, pc.add)
    if spec.times:
        return _folded(plan, block, spec.times, pc.multiply)
    return Cells(_joined(plan, [source(block, name) for name in spec.from_]))


def _occurrence(plan: Plan, block: Block, lines: Lines) -> Array:
    """The row's content and which of the equal rows of the file it is: a key for rows that have none."""
    names = sorted(block.columns) if plan.spec.occurrence == ["*"] else plan.spec.occurrence
    parts = [pc.fill_null(text_of(source(block, name)), "") for name in names]
    content = pc.binary_join_element_wise("=", *parts, "=", "\x1f")
    return pc.binary_join_element_wise(content, pc.cast(lines.number([content]), _TEXT), "\x1f")


def source(block: Block, name: str) -> Array:
    """A source column; one that the block lacks is empty. `tags[0]` and `items[0].sku` look into lists."""
    found = block.columns.get(name)
    if found is None and "[" in name:
        return paths.inside(block, name)
    return pa.nulls(block.rows, _TEXT) if found is None else found


def _joined(plan: Plan, values: list[Array]) -> Array:
    """One value as it is, several as one text: a missing part empties an id or a key, and is left out elsewhere."""
    if len(values) == 1:
        return values[0]
    separator = plan.spec.join or ("\x1f" if plan.spec.id else "")
    texts = [text_of(value) for value in values]
    if plan.spec.id or plan.key:
        return pc.binary_join_element_wise(*texts, separator)
    joined = texts[0]
    for text in texts[1:]:
        joined = pc.coalesce(pc.binary_join_element_wise(joined, text, separator), joined, text)
    return joined


def _folded(plan: Plan, block: Block, names: list[str], combine: Callable[[Array, Array], Array]) -> Cells:
    """Sum or product as decimals, rounded to the target's scale; a missing addend is 0, a missing factor empties."""
    parts = [_factor(plan, block, name) for name in names]
    total = parts[0].values
    for part in parts[1:]:
        total = combine(total, part.values)
    whole = Cells(pc.round(total, getattr(plan.form.kind, "scale", 0), round_mode="half_towards_infinity"))
    for problem in (problem for part in parts for problem in part.problems):
        whole = whole.flag(problem.rows, problem.reason)
    return whole


def _factor(plan: Plan, block: Block, name: str) -> Cells:
    values = source(block, name.removeprefix("-"))
    given = Cells(text_of(values) if pa.types.is_string(values.type) else values)
    cells = cast(given, replace(plan.form, kind=_FACTOR))
    filled = pc.fill_null(cells.values, 0) if plan.spec.add else cells.values
    return cells.become(pc.negate(filled) if name.startswith("-") else filled)
