"""The mapping language: one YAML file says how one of the retailer's own layouts becomes tables (docs/sources.md)."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from enishi.errors import LakeError, MappingError
from enishi.ids import digest
from enishi.ingest import plain_yaml
from enishi.ingest.connectors.declaration import DueBy, Origin, Schedule
from enishi.ingest.format import Format as Format
from enishi.ingest.format import Kind as Kind
from enishi.ingest.rules import Checks, Limits, Load, Reference
from enishi.lake import schema

Word = str | int | float | bool
Group = Literal["first", "last", "sum", "min", "max"]
Condition = Literal["present", "absent"] | list[Word] | dict[Literal["not"], list[Word]]

GUARDED = ("merged_into",)
"""Columns of customers that only unification writes."""


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_one_or_many)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Column(_Model):
    """One target column: where the value comes from, then steps in this order, then checks.

    strip → empty → extract → normalise → map → hash / id → prefix → type (format) → default → checks
    (values, min, max, required).
    """

    from_: Names = Field(default_factory=list, alias="from")
    join: str = ""
    add: Names = Field(default_factory=list, description="sum of numeric columns; a leading - subtracts")
    times: Names = Field(default_factory=list, description="product of numeric columns")
    const: Word | None = None
    line_of: Names = Field(default_factory=list, description="1, 2, 3 … within the rows that share these columns")
    occurrence: Names = Field(
        default_factory=list, description="these columns and 1, 2, 3 … of equal ones: a key for rows that have none"
    )

    strip: str = Field(default="", description="characters to take out of the text")
    empty: Annotated[list[str], BeforeValidator(_one_or_many)] = Field(default_factory=list)
    extract: str = Field(default="", description="regular expression with one group: what is kept")
    normalise: str = ""
    map: dict[Word, Word | None] = Field(default_factory=dict)
    hash: bool = False
    id: str = Field(default="", description="prefix of a stable id")
    system: str = ""
    prefix: str = ""
    format: Names = Field(default_factory=list)
    business_day: bool = Field(default=False, description="a day out of an instant: cut in the business zone")
    default: Word | None = None

    required: bool = False
    values: list[Word] = Field(default_factory=list)
    min: Word | None = None
    max: Word | None = None
    pattern: str = Field(default="", description="regular expression that the whole text meets")
    references: Reference | None = None
    optional: bool = Field(default=False, description="the file may lack the source column")
    group: Group = "first"

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        given = [name for name in ("from_", "add", "times", "line_of", "occurrence") if getattr(self, name)]
        given += ["const"] if self.const is not None else []
        if len(given) != 1:
            raise ValueError("needs exactly one of from, add, times, const, line_of, occurrence")
        if self.times and len(self.times) != 2:
            raise ValueError("times takes two columns")
        return self

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The source columns that it reads."""
        return tuple(
            name.removeprefix("-")
            for name in (*self.from_, *self.add, *self.times, *self.line_of, *self.occurrence)
            if name != "*"
        )


def _short(value: Any) -> Any:
    return {"from": value} if isinstance(value, str | list) else value


class Target(_Model):
    """One kind of row that a source row becomes."""

    table: str
    columns: dict[str, Annotated[Column, BeforeValidator(_short)]]
    when: dict[str, Condition] = Field(default_factory=dict, description="only source rows that meet all of it")
    needs: Names = Field(default_factory=list, description="no row unless these target columns have a value")
    explode: str = Field(default="", description="one row an element of this list (JSON Lines)")
    group_by: Names = Field(default_factory=list, description="one row a group of source rows, by target columns")
    attributes: bool | list[str] = False

    @model_validator(mode="after")
    def _fits_table(self) -> Target:
        try:
            table = schema.table(self.table)
            for name in (*self.columns, *self.needs, *self.group_by, *(["attributes"] if self.attributes else [])):
                table.column(name)
        except LakeError as error:
            raise ValueError(f"{error.what}. {error.remedy}") from error
        self._check_keys(table)
        return self

    def _check_keys(self, table: schema.Table) -> None:
        if missing := [name for name in table.key if name not in self.columns and not self._derives(name)]:
            raise ValueError(f"{table.name} needs its key column {missing[0]}")
        if guarded := [name for name in GUARDED if name in self.columns and table.name == "customers"]:
            raise ValueError(f"{guarded[0]} is written by unification alone")

    def _derives(self, name: str) -> bool:
        return name.endswith("_date") and instant_for(name, tuple(self.columns)) is not None

    @property
    def declared(self) -> schema.Table:
        return schema.table(self.table)


def instant_for(date_column: str, columns: tuple[str, ...]) -> str | None:
    """The `*_at` column whose business day `date_column` is: changed_date ← changed_at, order_date ← ordered_at."""
    stem = date_column.removesuffix("_date")
    found = [name for name in columns if name.endswith("_at") and name.removesuffix("_at").startswith(stem)]
    return found[0] if found else None


class Mapping(_Model):
    """A source: one layout of the retailer, and the tables that its rows become."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = ""
    files: Names = Field(default_factory=list, description="patterns of file names, as in a shell")
    origin: Origin | None = Field(default=None, alias="from", description="a connector that brings the files")
    schedule: Schedule | None = Field(default=None, description="when the connector fetches")
    due_by: DueBy | None = Field(default=None, description="by when a delivery is expected")
    format: Format = Field(default_factory=Format)
    zone: str = "Asia/Tokyo"
    day_zone: str | None = Field(default=None, description="zone of business days; None = the environment's")
    system: str = Field(default="", description="namespace of stable ids; default the source's id")
    private: Names = Field(default_factory=list, description="columns that go nowhere unless a target names them")
    refused: str = Field(default="", description="column in which the writer itself says why a row is no good")
    aliases: dict[str, Names] = Field(default_factory=dict, description="column → other names that files give it")
    load: Load = Field(default_factory=Load)
    checks: Checks = Field(default_factory=Checks)
    limits: Limits = Field(default_factory=Limits)
    tables: list[Target] = Field(min_length=1)

    version: str = Field(default="", exclude=True, description="hash of the mapping's text; filled when it is read")

    @model_validator(mode="before")
    @classmethod
    def _tables_are_parquet(cls, value: Any) -> Any:
        """What is fetched from a database comes as Parquet."""
        asked = isinstance(value, dict) and isinstance(value.get("from"), dict) and set(value["from"]) - {"s3"}
        return {"format": {"kind": "parquet"}, **value} if asked else value

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> Mapping:
        if not self.files and self.origin is None:
            raise ValueError("needs files (patterns of names), or from (a connector)")
        if self.schedule and self.origin is None:
            raise ValueError("schedule is a connector's; say from, or due_by for files that others bring")
        return self

    @field_validator("zone", "day_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value} is not an IANA zone such as Asia/Tokyo") from error

    @model_validator(mode="after")
    def _can_be_undone(self) -> Mapping:
        """What marks a row as gone must come back with the row."""
        for gone in (self.load.missing, self.load.deleted):
            for target in self.tables if isinstance(gone, dict) else ():
                if unmapped := [name for name in gone if name not in target.columns]:
                    raise ValueError(f"{target.table} does not map {unmapped[0]}, which marks its rows as gone")
        return self

    @property
    def namespace(self) -> str:
        return self.system or self.id

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Every source column (top level for nested ones) that some target takes."""
        named = [name for target in self.tables for column in target.columns.values() for name in column.inputs]
        named += [name for target in self.tables for name in (*target.when, *([target.explode] * bool(target.explode)))]
        named += [self.refused] if self.refused else []
        named += [self.load.flag.column] if self.load.flag else []
        return frozenset(named) | {re.split(r"[.\[]", name)[0] for name in named} | frozenset(self.private)

    @cached_property
    def needed(self) -> dict[str, str]:
        """Source column → target column, for the source columns without which a file is refused."""
        found: dict[str, str] = dict.fromkeys(self.load.columns, "load")
        for target in self.tables:
            for name, column in target.columns.items():
                if not column.optional:
                    found |= dict.fromkeys(column.inputs, f"{target.table}.{name}")
        return found

    @property
    def holds_facts(self) -> bool:
        """Whether some target is a table of events (partitioned by a day), which refer to masters."""
        return any(target.declared.partition is not None for target in self.tables)

    def takes(self, file: str) -> bool:
        """Whether a file's name (without folders) meets one of the patterns."""
        return any(fnmatchcase(file, pattern) for pattern in self.files)


def parse(text: str, where: str) -> Mapping:
    """A mapping from YAML.

    Raises:
        MappingError: not YAML, or a key that the language does not have; file and key are named.
    """
    try:
        mapping = Mapping.model_validate(plain_yaml.load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise MappingError(
            "the mapping is not YAML", where=f"{where}{line}", remedy="Correct the indentation."
        ) from error
    except ValidationError as error:
        raise MappingError(*_first(error), where=f"{where}: {_path(error)}", remedy=_remedy(error)) from error
    return mapping.model_copy(update={"version": digest(text)[:12]})


def _first(error: ValidationError) -> tuple[str]:
    return (error.errors()[0]["msg"].removeprefix("Value error, "),)


def _path(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors()[0]["loc"] if not str(part).startswith("function-"))


def _remedy(error: ValidationError) -> str:
    unknown = error.errors()[0]["type"] == "extra_forbidden"
    return "docs/sources.md lists the keys." if unknown else "Correct that key of the mapping."
