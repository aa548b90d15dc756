"""A write-back as its YAML says it: which rows, in whose member numbers, as what file (docs/core-system.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from enishi.errors import MappingError
from enishi.ids import digest
from enishi.ingest import plain_yaml
from enishi.ingest.connectors.declaration import Length, Schedule
from enishi.results.writeback.templates import fields_of

Word = str | int | float | bool
Encoding = Literal["utf-8", "utf-8-sig", "cp932", "euc_jp"]
AT_THE_END = frozenset({"rows", "bytes", "sha256", "md5"})
"""Fields that are known once the rows are written; totals are, too."""
ALWAYS = frozenset({"day", "at", "sequence", "file"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Rows(_Model):
    """Where rows come from: a packaged set by name, a segment's members, or a query."""

    set: str = ""
    segment: str = ""
    query: str = Field(default="", description="Athena SQL with customer_id and happened_at; :since :until :first_day")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"set": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Rows:
        if sum(map(bool, (self.set, self.segment, self.query))) != 1:
            raise ValueError("names exactly one of set, segment, query")
        return self


class Numbers(_Model):
    """Whose member numbers, and whether a person with several gets a row for one or for each."""

    system: str
    which: Literal["one", "all"] = "one"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"system": value} if isinstance(value, str) else value


class Column(_Model):
    """One column of the file: where its value comes from, and how it is written."""

    from_: str = Field(default="", alias="from")
    const: str | None = None
    map: dict[Word, Word] = Field(default_factory=dict, description="word → code; '*' is every other word")
    format: str = Field(default="", description="strftime, for days and instants")
    decimals: int | None = Field(default=None, ge=0, le=9)
    null: str = ""
    width: int | None = Field(default=None, ge=1, description="bytes in the file's encoding")
    align: Literal["left", "right"] = "left"
    pad: str = Field(default=" ", pattern=r"^[ -~]$", description="one ASCII character")
    overflow: Literal["refuse", "cut"] = "refuse"

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if bool(self.from_) == (self.const is not None):
            raise ValueError("needs exactly one of from, const")
        return self


def _short_column(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class Format(_Model):
    """How the bytes of the file are written."""

    kind: Literal["csv", "tsv", "fixed"] = "csv"
    encoding: Encoding = "utf-8"
    unmappable: Literal["refuse", "replace"] = "refuse"
    replacement: str = Field(default="〓", min_length=1, max_length=1)
    line_end: Literal["crlf", "lf"] = "crlf"
    delimiter: str = Field(default="", max_length=1)
    quote: Literal["all", "needed", "none"] = "needed"
    header: bool = True

    @property
    def separator(self) -> str:
        return "" if self.kind == "fixed" else self.delimiter or ("\t" if self.kind == "tsv" else ",")

    @property
    def newline(self) -> str:
        return "\r\n" if self.line_end == "crlf" else "\n"

    @field_validator("encoding", mode="before")
    @classmethod
    def _spelling(cls, value: Any) -> Any:
        known = {"sjis": "cp932", "shift_jis": "cp932", "ms932": "cp932", "euc-jp": "euc_jp", "utf8": "utf-8"}
        return known.get(str(value).lower(), value)


class Control(_Model):
    """A file that is written last: its being there says that the data file is whole."""

    file: str = "{file}.ctl"
    lines: tuple[str, ...] = ("{file},{rows},{bytes},{sha256}",)


class WriteBack(_Model):
    """One kind of file for the core system."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = ""
    rows: Rows
    members: Numbers
    key: tuple[str, ...] = Field(default=(), description="what makes a row one row; none = the whole list each time")
    order: tuple[str, ...] = ()
    columns: dict[str, Annotated[Column, BeforeValidator(_short_column)]] = Field(min_length=1)
    format: Format = Field(default_factory=Format)
    file: str
    head: str = Field(default="", description="a record before the rows")
    trailer: str = Field(default="", description="a record after the rows")
    control: Control | None = None
    lookback: Length = Field(default="3 days", validate_default=True)
    acknowledge: Literal["written", "receipt"] = "written"
    empty: Literal["write", "skip"] = Field(default="write", description="whether a file without rows is written")
    schedule: Schedule | None = None

    version: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _fixed_has_widths(self) -> WriteBack:
        if self.format.kind == "fixed" and (bare := [name for name, one in self.columns.items() if one.width is None]):
            raise ValueError(f"a fixed layout needs the width of {bare[0]}")
        return self

    @model_validator(mode="after")
    def _templates_hold(self) -> WriteBack:
        totals = {f"total.{name}" for name, one in self.columns.items() if one.from_}
        late = ALWAYS | {"rows"} | totals
        for key, text, known in (
            ("file", self.file, ALWAYS - {"file"}),
            ("head", self.head, ALWAYS),
            ("trailer", self.trailer, late),
            ("control.file", self.control.file if self.control else "", ALWAYS),
            *(("control.lines", line, late | AT_THE_END) for line in (self.control.lines if self.control else ())),
        ):
            if unknown := sorted(fields_of(text) - known):
                raise ValueError(f"{key} names {{{unknown[0]}}}; known there are {', '.join(sorted(known))}")
        return self

    @property
    def incremental(self) -> bool:
        """Whether each row goes out once."""
        return bool(self.key)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Columns of the rows that the file, its order or its key needs, besides the member number and the moment."""
        named = [column.from_ for column in self.columns.values() if column.from_]
        found = dict.fromkeys([*named, *self.order, *self.key])
        return tuple(name for name in found if name not in ("member_number", "happened_at"))


def parse(text: str, where: str) -> WriteBack:
    """A write-back from YAML.

    Raises:
        MappingError: not YAML, or a key that does not hold; file and key are named.
    """
    try:
        declared = WriteBack.model_validate(plain_yaml.load(text))
    except yaml.YAMLError as error:
        raise MappingError("the write-back is not YAML", where=where, remedy="Correct the indentation.") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
        what = first["msg"].removeprefix("Value error, ")
        raise MappingError(what, where=f"{where}: {path}", remedy="docs/core-system.md lists the keys.") from error
    return declared.model_copy(update={"version": digest(text)[:12]})
