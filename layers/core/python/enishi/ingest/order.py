"""Where a file stands among the files of its source: told by its name, its trailer, or the moment it came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

from enishi.errors import SourceFileError
from enishi.ids import digest
from enishi.ingest.rules import Load

BETWEEN = "\x1f"
_DIGITS = re.compile(r"\d+")
_WIDE = 20
_PART = "/"


@dataclass(frozen=True)
class Place:
    """A file among the others.

    `order` compares as text with that of every other file of the source; `scope` is what the versions of one file
    share ("" where files have no versions); `day` is the business day that its name tells.
    """

    order: str
    scope: str = ""
    day: date | None = None


def natural(text: str) -> str:
    """Numbers inside the text made equally wide, so that 9 comes before 10 and 2026/4/9 before 2026/11/21."""
    return _DIGITS.sub(lambda found: found[0].zfill(_WIDE), text)


def fields_of(load: Load, file: str) -> dict[str, str]:
    """What the name of a file says, by the holes of `name`.

    Raises:
        SourceFileError: the name is not as the mapping says.
    """
    if load.pattern is None:
        return {}
    name = PurePosixPath(file).name
    for candidate in (name, name.rpartition("!")[2]):
        if found := load.pattern.fullmatch(candidate):
            return {**found.groupdict(), **_plain_date(found.groupdict())}
    raise SourceFileError(
        f"the file's name is not like {load.name}", where=file, remedy="Rename the file, or correct load.name."
    )


def _plain_date(fields: Mapping[str, str]) -> dict[str, str]:
    return {"date": fields["date"].replace("-", "")} if fields.get("date") else {}


def identity(load: Load, file: str, content: str) -> str:
    """What makes a load that load: its content, and the place that its name gives it.

    A snapshot that says the same as one of last week is another statement, at another place.
    """
    said = fields_of(load, file)
    told = [said[name] for name in dict.fromkeys((*load.ordered_by, *load.restates)) if name in said]
    return digest(BETWEEN.join([content, *told])) if told else content


def place(load: Load, file: str, content: str, now: datetime, trailer: Mapping[str, str]) -> Place:
    """The file's place. Of two files with one order the hash of their content decides: the same on every machine.

    Raises:
        SourceFileError: the name, or the trailer, does not say what orders the files.
    """
    said = {**trailer, **fields_of(load, file)}
    if lacking := [name for name in (*load.ordered_by, *load.restates) if not said.get(name)]:
        what = f"neither the name nor the trailer says {lacking[0]}, which orders the files"
        raise SourceFileError(what, where=file, remedy="Rename the file, or correct load.order.")
    parts = [natural(said[name]) for name in load.ordered_by]
    if not parts and not load.order_column:
        parts = [now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")]
    scope = BETWEEN.join(said[name] for name in load.restates)
    return Place(_PART.join([*parts, content[:12]]), scope, _day(said, file))


def of_row(order_of_row: str, file: str, row: int) -> str:
    """The order of a row's own statement, where rows are ordered one by one."""
    return _PART.join([*([order_of_row] if order_of_row else []), file, f"{row:012d}"])


def _day(said: Mapping[str, str], file: str) -> date | None:
    text = said.get("date", "")
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date() if text else None
    except ValueError as error:
        raise SourceFileError(
            "the file's name holds an impossible date", where=file, remedy="Rename the file."
        ) from error
