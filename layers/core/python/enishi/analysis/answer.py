"""What a run gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from enishi.analysis.cells import Address
from enishi.analysis.model import Analysis, Column


@dataclass(frozen=True)
class Watermark:
    """Up to where an input table was known: its snapshot, and the last business day that it holds (rule LATE)."""

    table: str
    snapshot: str
    last_day: str


@dataclass(frozen=True)
class Answer:
    """The rows of an analysis with everything that is needed to read them and to ask again.

    `cut` is the number of rows beyond the cap; `reason` says why there are none: a table that holds nothing yet, or
    conditions that nothing meets.
    """

    analysis: Analysis
    parameters: Mapping[str, Any]
    rows: pa.Table
    watermarks: tuple[Watermark, ...] = ()
    footnotes: tuple[tuple[str, Any], ...] = ()
    cut: int = 0
    reason: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What planners call the things whose ids it holds (`scenario`, `store` …): thing → id → name."""
    chosen: frozenset[str] = frozenset()
    """The parameters that were given; the others have their defaults."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns with the types and units that they have under the parameters of this answer."""
        return tuple(column.under(self.parameters) for column in self.analysis.columns)

    def column(self, name: str) -> Column:
        return self.analysis.column(name).under(self.parameters)

    def label(self, name: str) -> str:
        """What planners call a column of this answer."""
        return self.labels.get(name, self.analysis.column(name).label_ja)

    def address(self, cell: str, *, complement: bool = False) -> Address:
        """The address of a cell of this answer."""
        return Address(self.analysis.id, cell, self.parameters, complement)
