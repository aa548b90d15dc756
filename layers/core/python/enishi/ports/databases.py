"""The retailer's databases as sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Range:
    """The rows of a fetch: those whose `column` lies from `since` to `until`, both included, as the database writes
    the values. `since` None = from the beginning."""

    column: str
    kind: str
    since: str | None
    until: str


@dataclass(frozen=True)
class Question:
    """What is asked of a retailer's database: one table (some columns or all) or one query, whole or a range of it.

    `place` is where: the connector's own words (workgroup and database, or project and location …).
    """

    source: str
    place: Mapping[str, str]
    table: str = ""
    query: str = ""
    columns: tuple[str, ...] = ()
    range: Range | None = None


@dataclass(frozen=True)
class Extracted:
    """Files that an extraction wrote to the raw store, and its rows (None when the database does not say)."""

    files: tuple[str, ...]
    rows: int | None


class Database(Protocol):
    """A retailer's own database. Every method raises ConnectorError with what to do about it."""

    def check(self, question: Question) -> list[str]:
        """Try what an extraction needs without taking rows; the columns that it would bring."""
        ...

    def newest(self, question: Question, column: str) -> str | None:
        """The greatest value of `column`, as the database writes it; None when there is none."""
        ...

    def extract(self, question: Question, folder: str, mark: str) -> Extracted:
        """Write the rows as Parquet under `folder` of the raw store, and last `folder/manifest`.

        `mark` names the extraction: one that already runs under it is waited for, and not started twice.
        """
        ...
