"""The lake's tables as data: `tables/<name>.yaml`, read once, checked, frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from enishi.data_files import parsed
from enishi.errors import LakeError
from enishi.lake import types
from enishi.lake.types import Type

Database = Literal["lake", "pii", "work"]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Declared):
    """One column: its name, its type as written and what it means."""

    name: str
    type: str
    meaning: str
    rising: bool = False
    """Whether an array's numbers rise: a laptop's files keep the differences, which are read in half the time."""

    @property
    def kind(self) -> Type:
        return types.parse(self.type)


class Monthly(_Declared):
    """Partitioned by the month or the day of a date column."""

    column: str
    by: Literal["month", "day"]
    fixed: bool = False
    """A row of one key never moves by more than a day: a merge need not look at other days. True for logs alone."""


class Folders(_Declared):
    """Plain Parquet in hive folders of these columns (work tables)."""

    folders: tuple[str, ...]


Partition = Monthly | Folders


Id = Literal["customer", "visitor", "guest", "household", "identity", "message", "order", "cart", "subscription"]
"""What a column that leads to a person holds: the id of a record, or of something that belongs to a person."""


class Person(_Declared):
    """How a table speaks of people, and what an erasure does to their rows (docs/erasure.md).

    A row is a person's when the column of kind `customer` names one of their records; where that column is null or the
    table has none, when another column of `by` holds an id that belongs to them.
    """

    by: dict[str, Id] = {}
    gives: dict[str, Id] = {}
    """Columns of a person's rows that hold further ids of theirs."""
    words: tuple[str, ...] = ()
    """Columns that hold clear values by which the person would be recognised anywhere: numbers, full names."""
    erase: Literal["delete", "anonymise", "edit", "rewrite"]
    """delete the row · anonymise: keep it and clear `clear` · edit: take the ids out of a text that lists people ·
    rewrite: work files, written anew without the person."""
    clear: tuple[str, ...] = ()
    ja: str
    """What the table is kept for, as the person reads it."""


class History(_Declared):
    """How a table answers for a past day (docs/as-of.md), and how long its snapshots and rows are kept."""

    kind: Literal["events", "versions", "snapshots", "current"]
    """events: rows carry the moment they happened · versions: rows carry their span · snapshots: rows are written over,
    a past day is an Iceberg snapshot · current: written over and never asked for the past."""
    since: str | None = None
    """Column with the moment (or day) from which a row holds."""
    until: str | None = None
    """Column with the moment (or day, inclusive) up to which it holds."""
    snapshot_days: int = 7
    row_days: int | None = None


class Table(_Declared):
    """One table as declared: Japanese name, grain, key, partition, where it lives, why it exists, its columns."""

    name: str
    ja: str
    grain: str
    key: tuple[str, ...]
    partition: Partition | None
    database: Database
    why: str
    person: Person | None = None
    history: History | None = None
    columns: tuple[Column, ...]

    @model_validator(mode="after")
    def _coherent(self) -> Table:
        names = [column.name for column in self.columns]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"column {sorted(twice)[0]} stands twice")
        for used in (*self.key, *self.partition_columns):
            if used not in names:
                raise ValueError(f"{used} is in the key or the partition and is no column")
        for used in self._named_elsewhere:
            if used not in names:
                raise ValueError(f"{used} is named by `person` or `history` and is no column")
        for column in self.columns:
            types.parse(column.type)
        return self

    def __hash__(self) -> int:
        """Tables are keys of caches; what they declare holds mappings, which have no hash."""
        return hash((self.database, self.name))

    @property
    def people(self) -> Person:
        """How it speaks of people; of nobody, when it does not say."""
        return self.person or Person(erase="delete", ja="")

    @property
    def _named_elsewhere(self) -> tuple[str, ...]:
        person = (*self.person.by, *self.person.gives, *self.person.words, *self.person.clear) if self.person else ()
        spans = (self.history.since, self.history.until) if self.history else ()
        return (*person, *(name for name in spans if name))

    @property
    def partition_columns(self) -> tuple[str, ...]:
        match self.partition:
            case Monthly(column=column):
                return (column,)
            case Folders(folders=folders):
                return folders
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def qualified(self) -> str:
        """How SQL names it: bare in the lake, with its schema elsewhere."""
        return self.name if self.database == "lake" else f"{self.database}.{self.name}"

    def column(self, name: str) -> Column:
        """The column called `name`.

        Raises:
            LakeError: no such column; the closest names are named.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise LakeError(f"there is no column {name}", where=self.name, remedy=_nearest(name, self.names))

    @property
    def arrow(self) -> pa.Schema:
        """The table's rows as Arrow; every column may be null."""
        return _arrow(self.columns)

    def arrow_of(self, names: Iterable[str]) -> pa.Schema:
        """The same, cut to some of its columns, in the order given."""
        whole = self.arrow
        return pa.schema([whole.field(name) for name in names])


@cache
def _arrow(columns: tuple[Column, ...]) -> pa.Schema:
    return pa.schema([pa.field(column.name, types.to_arrow(column.kind)) for column in columns])


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."


def read_table(text: str, where: str) -> Table:
    """A declaration from YAML.

    Raises:
        LakeError: the declaration does not hold together.
    """
    try:
        return Table.model_validate(parsed(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise LakeError(f"the table declaration does not hold: {error}", where=where, remedy="Correct it.") from error


STAGED_LOAD = "staged_load"
"""The folder column of staged rows; `load_id` is a column of `load_log`, which is staged too."""
SPILL = "spill_"
"""How the names of tables begin that live while one statement runs, beside the staged rows."""


@cache
def tables() -> Mapping[str, Table]:
    """Every declared table by name, sorted by name."""
    folder: Traversable = files("enishi.lake") / "tables"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    read = [read_table(path.read_text("utf-8"), path.name) for path in paths]
    return MappingProxyType({table.name: table for table in read})


def table(name: str) -> Table:
    """The table called `name`.

    Raises:
        LakeError: no such table; the closest names are named.
    """
    if found := tables().get(name):
        return found
    raise LakeError(f"there is no table {name}", remedy=_nearest(name, tuple(tables())))


def staged(declared: Table) -> Table:
    """The staging table of a table: its columns as Parquet in one folder a load, beside the work tables."""
    load = Column(name=STAGED_LOAD, type="string", meaning="One load.")
    return declared.model_copy(
        update={
            "name": f"staging/{declared.name}",
            "columns": (*declared.columns, load),
            "partition": Folders(folders=(STAGED_LOAD,)),
            "database": "work",
        }
    )


def named(schema: str, name: str) -> Table:
    """The table that SQL names: bare = lake, `pii.` and `work.` theirs, `staging.` rows on their way into a table.

    Raises:
        LakeError: no such table there; says how it is called.
    """
    found = table(name)
    if schema == "staging":
        return staged(found)
    if (schema or "lake") != found.database:
        shown = f"{schema}.{name}" if schema else name
        raise LakeError(f"there is no table {shown}", remedy=f"It is called {found.qualified}.")
    return found
