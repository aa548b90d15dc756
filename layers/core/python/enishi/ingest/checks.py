"""Checks of a whole file: what its trailer, or a control file beside it, says against what it holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath

from enishi.errors import MappingError
from enishi.ingest.report import Check, Verdict
from enishi.ingest.rules import Control
from enishi.ingest.stage import Staged

_ABSENT = "not told"
_CLUTTER = str.maketrans("", "", ",¥ ")


@dataclass(frozen=True)
class Told:
    """What is known of a file beside its rows: fields of trailer and control file, its day, its bytes' hashes."""

    fields: Mapping[str, str]
    day: date | None
    today: date
    hashed: Callable[[str], str]


def control_key(control: Control, key: str) -> str:
    """Where the control file of a raw file lies."""
    path = PurePosixPath(key)
    name = control.file.format(name=path.name, stem=path.name.partition(".")[0])
    return str(path.with_name(name))


def read_control(control: Control, data: bytes, where: str) -> dict[str, str]:
    """The named groups of its pattern; nothing when the file is not like it.

    Raises:
        MappingError: the pattern is no regular expression.
    """
    try:
        found = re.search(control.pattern, data.decode(control.encoding, errors="replace"))
    except re.error as error:
        raise MappingError("checks.control.pattern is no regular expression", where=where) from error
    return {name: value for name, value in found.groupdict().items() if value is not None} if found else {}


def digest_of(algorithm: str, blocks: Iterator[bytes]) -> str:
    """A file's hash, as a core system's control files tell it (md5 among them: it is no secret and no signature)."""
    found = hashlib.new(algorithm, usedforsecurity=False)
    for block in blocks:
        found.update(block)
    return found.hexdigest()


def checks(staged: Staged, told: Told) -> list[Check]:
    """Every check that the mapping declares, with what was measured."""
    return [check for one in _CHECKS for check in one(staged, told)]


def _count(staged: Staged, told: Told) -> Iterator[Check]:
    name = staged.mapping.checks.count or ("count" if "count" in staged.watch.trailer else "")
    if name:
        expected = _number(told.fields.get(name))
        rows = Decimal(staged.rows_in)
        yield _check("number of rows", expected == rows, f"{rows:,}", _shown(expected))


def _range(staged: Staged, _told: Told) -> Iterator[Check]:
    asked, rows = staged.mapping.checks, staged.rows_in
    if asked.least is not None:
        yield _check("number of rows", rows >= asked.least, f"{rows:,}", f"at least {asked.least:,}")
    if asked.most is not None:
        yield _check("number of rows", rows <= asked.most, f"{rows:,}", f"at most {asked.most:,}")


def _totals(staged: Staged, told: Told) -> Iterator[Check]:
    for total in staged.mapping.checks.totals:
        expected, found = _number(told.fields.get(total.says)), staged.watch.sums.get(total.column)
        holds = found is not None and expected == found
        yield _check(f"total of {total.column}", holds, _shown(found, "no number"), _shown(expected))


def _checksum(staged: Staged, told: Told) -> Iterator[Check]:
    if algorithm := staged.mapping.checks.checksum:
        expected, found = told.fields.get(algorithm, "").lower(), told.hashed(algorithm)
        yield _check(algorithm, expected == found, found[:12], expected[:12] or _ABSENT)


def _fresh(staged: Staged, told: Told) -> Iterator[Check]:
    fresh = staged.mapping.checks.fresh
    if fresh is None:
        return
    age = None if told.day is None else (told.today - told.day).days
    holds = age is not None and age <= fresh.days
    bad = Verdict.STOPS if fresh.otherwise == "stop" else Verdict.WARNS
    shown = _ABSENT if age is None else f"{age} days"
    yield Check("age of the file", Verdict.HOLDS if holds else bad, shown, f"at most {fresh.days} days")


_CHECKS: tuple[Callable[[Staged, Told], Iterator[Check]], ...] = (_count, _range, _totals, _checksum, _fresh)


def _check(name: str, holds: bool, measured: str, limit: str) -> Check:
    return Check(name, Verdict.HOLDS if holds else Verdict.STOPS, measured, limit)


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text.translate(_CLUTTER))
    except InvalidOperation:
        return None


def _shown(number: Decimal | None, otherwise: str = _ABSENT) -> str:
    return otherwise if number is None else f"{number:,}"
