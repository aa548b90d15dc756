"""What a mapping says about a file's way into the tables: how it is put together, what is checked, what stops it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Word = str | int | float | bool
Gone = Literal["keep", "delete"] | dict[str, Word]
"""What becomes of a row that is gone: it stays, it is deleted, or these columns of it are set."""
Condition = Literal["present", "absent"] | list[Word] | dict[Literal["not"], list[Word]]
Otherwise = Literal["quarantine", "warn"]

_HOLE = re.compile(r"\\\{(\w+)\\\}")
_HOLES = {"date": r"\d{8}|\d{4}-\d{2}-\d{2}", "seq": r"\d+", "version": r"\d+"}


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_one_or_many)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Flag(_Model):
    """A column of a delta file that says what a row does. A row with another word, or none, is bad."""

    column: str
    insert: list[Word] = Field(default_factory=list)
    update: list[Word] = Field(default_factory=list)
    delete: list[Word] = Field(default_factory=list)


class Load(_Model):
    """How the files of a source are put together into the tables.

    With an order, a snapshot, deltas or versions of a file, the state of a table is what all files say, whatever the
    order in which they arrive: of two statements about a row the later one holds (docs/decisions/0008).
    """

    mode: Literal["upsert", "append", "snapshot", "delta"] = "upsert"
    name: str = Field(default="", description="what a file's name says: URIAGE_{date}_{store}_{version}.csv")
    order: Names = Field(default_factory=list, description="fields of the name or of the trailer, the first rules")
    order_column: str = Field(default="", description="source column by which rows are ordered")
    restates: Names = Field(default_factory=list, description="files that agree in these fields are versions of one")
    scope: Names = Field(default_factory=list, description="source columns: a snapshot speaks for their values alone")
    missing: Gone = Field(default="keep", description="what becomes of rows that a snapshot does not have")
    flag: Flag | None = None
    deleted: Gone = Field(default="delete", description="what becomes of a row that a delta deletes")

    @property
    def tracked(self) -> bool:
        """Whether it matters which file said what: then each load leaves its statements in `row_versions`."""
        return bool(self.mode in ("snapshot", "delta") or self.order or self.order_column or self.restates)

    @property
    def by_row(self) -> bool:
        """Whether rows of one file may speak of one row of a table one after the other."""
        return bool(self.order_column or self.flag)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The file's name as a pattern with a named group a hole; `*` is anything."""
        if not self.name:
            return None
        text = _HOLE.sub(lambda found: f"(?P<{found[1]}>{_HOLES.get(found[1], '[^_]+?')})", re.escape(self.name))
        return re.compile(text.replace(r"\*", ".*"))

    @property
    def fields(self) -> list[str]:
        return list(self.pattern.groupindex) if self.pattern else []

    @property
    def ordered_by(self) -> list[str]:
        """The fields that order files: as declared, else date, seq and version as far as the name has them."""
        return self.order or [name for name in ("date", "seq", "version") if name in self.fields]

    @property
    def columns(self) -> list[str]:
        """The source columns that say how a row is loaded."""
        single = [self.order_column, self.flag.column if self.flag else ""]
        return [*self.scope, *(name for name in single if name)]

    @property
    def gone(self) -> Gone:
        """What becomes of a row that is gone, by whichever of the ways the mode has."""
        if self.restates:
            return "delete"
        return self.deleted if self.mode == "delta" else self.missing

    @model_validator(mode="after")
    def _coherent(self) -> Load:
        if self.mode == "snapshot" and "missing" not in self.model_fields_set:
            raise ValueError("a snapshot needs `missing`: keep, delete, or columns to set")
        if (self.mode == "delta") != (self.flag is not None):
            raise ValueError("mode: delta and flag go together")
        if unknown := [name for name in self.restates if name not in self.fields]:
            raise ValueError(f"restates: {unknown[0]} is no field of `name`")
        if self.order_column and (self.mode == "snapshot" or self.restates):
            raise ValueError("a snapshot and versions of a file are ordered by file, not by a column of its rows")
        if self.restates and self.mode not in ("upsert", "append"):
            raise ValueError("restates goes with upsert and append: a snapshot and a delta have their own way")
        if self.scope and self.mode != "snapshot":
            raise ValueError("scope is a snapshot's")
        return self


class RowRule(_Model):
    """A condition that rows must meet: where `if` holds, `then` must hold; source columns, in the words of `when`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="the reason in the quarantine")
    given: dict[str, Condition] = Field(default_factory=dict, alias="if")
    then: dict[str, Condition] = Field(min_length=1)
    otherwise: Otherwise = "quarantine"


class Control(_Model):
    """A small file beside the data file that says what it holds."""

    file: str = Field(description="its name: {name}.ctl, {stem}.txt")
    pattern: str = Field(description=r"named groups: rows=(?P<rows>\d+)")
    encoding: str = "utf-8"


class Total(_Model):
    """A sum over a column that the trailer or the control file tells under the name `says`."""

    column: str
    says: str


class Fresh(_Model):
    """How old a file may be: its own date (field `date` of the name) against the day on which it is loaded."""

    days: int = Field(ge=0)
    otherwise: Literal["stop", "warn"] = "stop"


class Checks(_Model):
    """What must hold of a file, beside what each column says."""

    rows: list[RowRule] = Field(default_factory=list)
    control: Control | None = None
    count: str = Field(default="", description="field of trailer or control file that tells the number of rows")
    least: int | None = Field(default=None, ge=0, description="fewest rows")
    most: int | None = Field(default=None, ge=0, description="most rows")
    totals: list[Total] = Field(default_factory=list)
    checksum: Literal["", "sha256", "md5"] = Field(default="", description="field of the control file, so called")
    fresh: Fresh | None = None

    @property
    def columns(self) -> list[str]:
        """The source columns that are looked at."""
        ruled = [name for rule in self.rows for name in (*rule.given, *rule.then)]
        return [*ruled, *(total.column for total in self.totals)]


class Limits(_Model):
    """Alarm thresholds: beyond, nothing of the file is loaded until somebody accepts it. null = no limit."""

    quarantined: float | None = Field(default=0.2, ge=0, le=1, description="share of rows that are bad")
    fewer: float | None = Field(default=None, ge=0, le=1, description="rows over the median of earlier loads, at least")
    more: float | None = Field(default=None, ge=1, description="the same, at most")
    nulls: float | None = Field(default=0.5, ge=0, le=1, description="rise of a column's share of empty values")
    changed: float | None = Field(default=None, ge=0, le=1, description="share of known rows with other values")
    gone: float | None = Field(default=0.2, ge=0, le=1, description="share of a snapshot's rows that disappear")
    of: int = Field(default=10, ge=1, description="how many earlier loads count")
    after: int = Field(default=3, ge=1, description="earlier loads that there must be")
    small: int = Field(default=100, ge=0, description="rows below which shares say nothing")


class Reference(_Model):
    """The value must be the key of a row of another table, or be null."""

    table: str
    column: str
    missing: Literal["warn", "quarantine", "wait"] = "quarantine"
