"""The piles of a staged file as rows of tables: in the order of commits, groups closed, every target's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from enishi.ingest import groups
from enishi.ingest.stage import Pile, Staged
from enishi.ingest.watch import MARKS
from enishi.lake import schema


def by_table(staged: Staged) -> list[tuple[str, list[Pile]]]:
    """Piles by table in the order of commits: masters first, facts last, lines before their headers."""
    names = dict.fromkeys(pile.table for pile in staged.piles)
    ordered = sorted(
        names, key=lambda name: (schema.table(name).partition is not None, -len(schema.table(name).key), name)
    )
    return [(name, [pile for pile in staged.piles if pile.table == name]) for name in ordered]


def form_of(piles: list[Pile], *, marked: bool = False) -> pa.Schema:
    """The columns that any pile of a table has, in the table's order; with `marked` the marks of its rows too."""
    declared = piles[0].plan.target.declared
    found = {name for pile in piles if pile.spill.schema for name in pile.spill.schema.names}
    form = declared.arrow_of(name for name in declared.names if name in found)
    marks = [pa.field(name, kind) for name, kind in MARKS.items() if marked and name in found]
    return pa.schema([*form, *marks])


def staged_rows(piles: list[Pile], *, marked: bool = False) -> Iterator[pa.RecordBatch]:
    """The rows of one table as they will be written, in file order."""
    form = form_of(piles, marked=marked)
    for pile in piles:
        for batch in _closed(pile):
            yield widened(batch, form)


def _closed(pile: Pile) -> Iterator[pa.RecordBatch]:
    """The pile's rows; groups that several blocks held are put together."""
    by = pile.plan.target.group_by
    if not by or pile.spill.schema is None:
        yield from pile.spill.batches()
        return
    whole = pa.Table.from_batches(pile.spill.batches(), pile.spill.schema)
    yield from groups.collapse(whole, by, pile.how).to_batches()


def widened(batch: pa.RecordBatch, form: pa.Schema) -> pa.RecordBatch:
    """The batch with exactly the columns of `form`, null where it lacks one."""
    columns = [
        batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows, field.type)
        for field in form
    ]
    return pa.RecordBatch.from_arrays(columns, schema=form)


def tables_of(staged: Staged) -> Iterable[str]:
    return (table for table, _ in by_table(staged))
