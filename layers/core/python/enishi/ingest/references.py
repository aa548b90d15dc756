"""Parents: the keys of other tables that rows of a file refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from sqlglot import exp

from enishi.ingest.cells import Array, Mask, mask, pc
from enishi.ingest.mapping import Mapping as SourceMapping
from enishi.ingest.rules import Reference
from enishi.lake import schema, sql
from enishi.ports import Warehouse

Fetch = Callable[[Reference], Array]


@dataclass
class Parents:
    """Keys of parent tables, fetched when a file first refers to them: as they were when the file was begun."""

    fetch: Fetch
    _known: dict[Reference, Array] = field(default_factory=dict)

    def unknown(self, reference: Reference, values: Array) -> Mask:
        """Rows whose value is no parent's key; no value is no reference."""
        if not len(values):
            return np.zeros(0, dtype=bool)
        if reference not in self._known:
            self._known[reference] = self.fetch(reference)
        known = pc.is_in(pc.cast(values, pa.string()), value_set=self._known[reference])
        return mask(pc.and_(pc.is_valid(values), pc.invert(known)))


def no_parents() -> Parents:
    """Where no lake is at hand: nobody has a parent."""
    return Parents(lambda _reference: pa.array([], pa.string()))


def parents_in(warehouse: Warehouse) -> Parents:
    """Parents as the lake has them."""

    def fetch(reference: Reference) -> Array:
        table = schema.table(reference.table)
        keys = exp.select(sql.column("", reference.column)).distinct().from_(sql.table_ref(table.qualified))
        return pc.cast(warehouse.query(keys).column(0), pa.string()).combine_chunks()

    return Parents(fetch)


def awaited(mappings: Iterable[SourceMapping]) -> dict[str, set[str]]:
    """Table → sources that keep rows back until their parent stands there."""
    found: dict[str, set[str]] = {}
    for mapping in mappings:
        for reference in references(mapping):
            if reference.missing == "wait":
                found.setdefault(reference.table, set()).add(mapping.id)
    return found


def references(mapping: SourceMapping) -> list[Reference]:
    """Every reference that a mapping declares."""
    columns = [column for target in mapping.tables for column in target.columns.values()]
    return [column.references for column in columns if column.references is not None]
