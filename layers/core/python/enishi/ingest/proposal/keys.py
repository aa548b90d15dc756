"""Candidate keys: which column, or which two, tell every row apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa

from enishi.ingest.cells import pc
from enishi.ingest.proposal.kinds import Kind
from enishi.ingest.proposal.sampling import Rows

SINGLE = frozenset({"code", "integer", "text"})
PAIRED = frozenset({"code", "integer", "text", "date", "time"})
_MOST = 5


@dataclass(frozen=True)
class Key:
    """Columns that are different in every row, and over how many rows that was measured."""

    columns: tuple[str, ...]
    rows: int
    whole: bool

    @property
    def says(self) -> str:
        over = "all" if self.whole else "only a sample of"
        return f"{' + '.join(self.columns)}: different in {over} {self.rows:,} rows"


def distinct(rows: Rows) -> dict[str, int]:
    """Number of different values a column, empty ones left out; lists are not counted."""
    plain = {name: column for name, column in rows.columns.items() if not pa.types.is_nested(column.type)}
    return {name: pc.count_distinct(column, mode="only_valid").as_py() for name, column in plain.items()}


def candidates(rows: Rows, kinds: Mapping[str, Kind], counts: Mapping[str, int]) -> list[Key]:
    """Single columns that are unique, the leftmost first; else the first pairs of columns that are."""
    single = [
        Key((name,), rows.count, rows.whole)
        for name, count in counts.items()
        if kinds[name].name in SINGLE and count == rows.count
    ]
    return single or _pairs(rows, kinds, counts)


def _pairs(rows: Rows, kinds: Mapping[str, Kind], counts: Mapping[str, int]) -> list[Key]:
    """Pairs whose counts could reach the number of rows at all are counted, the most telling first."""
    usable = sorted((name for name in counts if kinds[name].name in PAIRED), key=lambda name: -counts[name])[:_MOST]
    found = []
    for pair in combinations(usable, 2):
        if counts[pair[0]] * counts[pair[1]] >= rows.count and _together(rows, pair) == rows.count:
            found.append(Key(tuple(name for name in rows.columns if name in pair), rows.count, rows.whole))
    return found


def _together(rows: Rows, names: tuple[str, str]) -> int:
    table = pa.table({name: rows.columns[name] for name in names})
    return pa.TableGroupBy(table, list(names), use_threads=False).aggregate([]).num_rows
