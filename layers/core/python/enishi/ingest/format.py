"""`format` of a mapping: how the bytes of a file are to be read."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from enishi.ingest import charsets

Kind = Literal["csv", "tsv", "fixed", "jsonl", "json", "parquet", "xlsx"]
Compression = Literal["auto", "none", "gzip", "zip", "zstd", "bz2"]
WHITESPACE = "whitespace"
_SPELT = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
_HOLE = re.compile(r"\\\{(\w+|\\\*)\\\}")


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Model):
    """Where something stands in a record: `start` counts from 1, both in the format's `unit`."""

    start: int = Field(ge=1)
    width: int = Field(ge=1)

    @property
    def end(self) -> int:
        return self.start - 1 + self.width


class FixedField(Span):
    """A column of a fixed-width record."""

    name: str = Field(min_length=1)


class Format(_Model):
    """How the bytes of a file are to be read; docs/sources.md says which key is for which kind."""

    kind: Kind = "csv"
    encoding: str = "utf-8"
    compression: Compression = "auto"
    members: Annotated[list[str], BeforeValidator(_one_or_many)] = Field(
        default_factory=lambda: ["*"], description="patterns of the files in a zip that are taken"
    )
    delimiter: str | None = Field(default=None, min_length=1)
    quote: str | None = Field(default='"', min_length=1, max_length=1)
    escape: str | None = Field(default=None, min_length=1, max_length=1)
    trailing: bool = Field(default=False, description="every row ends with one more delimiter")
    header: bool = True
    names: list[str] = Field(default_factory=list, description="column names of a file without a header")
    skip: int = Field(default=0, ge=0, description="lines before the header")
    comment: str = Field(default="", description="lines that begin so are left out")
    footer: int = Field(default=0, ge=0, description="lines at the end that are left out")
    trailer: str = Field(default="", description="what the last line looks like: T,{count},{total}")

    unit: Literal["chars", "bytes"] = Field(default="chars", description="what start, width and length count")
    length: int | None = Field(default=None, ge=1, description="of a record, without its line end")
    line_ends: bool = Field(default=True, description="false: records of `length` follow one another")
    fields: list[FixedField] = Field(default_factory=list)
    type_at: Span | None = Field(default=None, description="where a record says its type")
    records: dict[str, list[FixedField]] = Field(default_factory=dict, description="fields by record type")

    sheet: str | int = Field(default=1, description="name of the sheet, or its place from 1")
    root: str = Field(default="", description="path of the array in a JSON file; empty = the file is the array")

    @property
    def separator(self) -> str:
        return _SPELT.get(self.delimiter or "", self.delimiter or ("\t" if self.kind == "tsv" else ","))

    @property
    def blanks(self) -> bool:
        """Whether runs of blanks delimit."""
        return self.delimiter == WHITESPACE

    @cached_property
    def trailer_pattern(self) -> re.Pattern[str] | None:
        """The trailer as a pattern with a named group a hole; `{*}` is anything."""
        if not self.trailer:
            return None
        return re.compile(_HOLE.sub(_group, re.escape(self.trailer)) + r"\s*\Z")

    @property
    def tail(self) -> int:
        """Lines at the end that are no rows."""
        return self.footer + bool(self.trailer)

    @property
    def layouts(self) -> dict[str, list[FixedField]]:
        """Fields by record type; "" where there is only one type."""
        return self.records or {"": self.fields}

    @property
    def record_length(self) -> int:
        """Units of a fixed-width record without its line end."""
        ends = [span.end for fields in self.layouts.values() for span in fields]
        return self.length or max([*ends, self.type_at.end if self.type_at else 0])

    @model_validator(mode="after")
    def _named(self) -> Format:
        if self.kind in ("csv", "tsv", "xlsx") and not self.header and not self.names:
            raise ValueError("a file without a header needs `names`")
        if self.kind == "fixed":
            self._check_fixed()
        return self

    def _check_fixed(self) -> None:
        if not any(self.layouts.values()):
            raise ValueError("a fixed-width file needs `fields`, or `type_at` and `records`")
        if self.records and (self.fields or not self.type_at):
            raise ValueError("`records` needs `type_at`, and no `fields` beside it")
        if not self.line_ends and not self.length:
            raise ValueError("records without line ends need `length`")
        if not self.line_ends and (self.tail or self.skip):
            raise ValueError("skip, footer and trailer need line ends")
        if max(span.end for fields in self.layouts.values() for span in fields) > self.record_length:
            raise ValueError("a field ends after `length`")
        for fields in self.layouts.values():
            if len({field.name for field in fields}) < len(fields):
                raise ValueError("each field needs its own name")

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        if not charsets.known(value):
            raise ValueError(f"{value} is not an encoding; use utf-8, cp932, euc_jp, eucjp-ms, utf-16-le …")
        return value

    @field_validator("delimiter")
    @classmethod
    def _single(cls, value: str | None) -> str | None:
        if value and len(value) > 1 and value != WHITESPACE and value not in _SPELT:
            raise ValueError("a delimiter is one character, or whitespace")
        if value and not value.isascii():
            raise ValueError("a delimiter is an ASCII character")
        return value

    @field_validator("trailer")
    @classmethod
    def _has_holes(cls, value: str) -> str:
        names = _HOLE.findall(re.escape(value))
        if len({name for name in names if name != r"\*"}) < len([name for name in names if name != r"\*"]):
            raise ValueError("each {name} of a trailer may stand once")
        return value


def _group(found: re.Match[str]) -> str:
    return r".*?" if found[1] == r"\*" else rf"(?P<{found[1]}>.*?)"
