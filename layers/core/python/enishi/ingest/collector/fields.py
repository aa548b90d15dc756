"""The fields of an event as data (`fields.yaml`), and how each kind of value is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from enishi.data_files import data_of

MASKED = "***"
_MAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_CODE = re.compile(r"[^\s@]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")


@dataclass(frozen=True)
class Field:
    """One field: its column, how it is read, the longest or largest value, and whether it ties events to a person."""

    name: str
    kind: str
    most: int = 2**31 - 1
    pattern: str = ""
    linking: bool = False


class Unfit(ValueError):  # noqa: N818 - never leaves the collector; it is a verdict, not a fault
    """A value that is none of its field: `reason` is a code of the quarantine."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@cache
def fields() -> Mapping[str, Field]:
    """Every field by name, in the order of the file."""
    data: dict[str, Any] = data_of("enishi.ingest.collector", "fields.yaml")
    return MappingProxyType({name: Field(name, **said) for name, said in data.items()})


def read(field: Field, value: Any) -> str | int | None:
    """The value as it is kept; None for nothing.

    Raises:
        Unfit: not_text, not_a_number, out_of_range, does_not_fit.
    """
    return None if value is None or value == "" else READERS[field.kind](field, value)


def plain(value: Any, most: int) -> str:
    """One line of text of at most `most` characters, without control characters and without mail addresses."""
    return _MAIL.sub(MASKED, _CONTROL.sub("", value))[:most].strip()


def _text(field: Field, value: Any) -> str | None:
    return plain(_said(value), field.most) or None


def _code(field: Field, value: Any) -> str:
    text = _said(value)
    if len(text) > field.most or not _CODE.fullmatch(text) or _CONTROL.search(text):
        raise Unfit("does_not_fit")
    return text


def _match(field: Field, value: Any) -> str:
    text = _said(value)
    if not re.fullmatch(field.pattern, text):
        raise Unfit("does_not_fit")
    return text


def _path(field: Field, value: Any) -> str:
    """A path always begins with a slash; what stands after ? or # is kept only if the page chose to send it."""
    text = plain(_said(value), field.most)
    return text if text.startswith("/") else f"/{text}"


def _host(field: Field, value: Any) -> str:
    text = _said(value).lower()
    if len(text) > field.most or not _HOST.fullmatch(text):
        raise Unfit("does_not_fit")
    return text


def _count(field: Field, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if type(value) is not int:
        raise Unfit("not_a_number")
    if not 0 <= value <= field.most:
        raise Unfit("out_of_range")
    return value


def _said(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unfit("not_text")
    return str(value)


READERS: Mapping[str, Callable[[Field, Any], str | int | None]] = MappingProxyType(
    {"text": _text, "code": _code, "match": _match, "path": _path, "host": _host, "count": _count}
)
