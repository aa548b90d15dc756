"""Small worlds for analyses: rows in the short notation of the segment cases, loaded once, and asked by the runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from enishi import wiring
from enishi.analysis import library, runner
from enishi.analysis.answer import Answer
from enishi.data_files import parsed
from enishi.ports import Services
from enishi.settings import Settings
from tests.unit.segment.small_lake import Lake

CASES = Path(__file__).parents[2] / "cases" / "analyses"
PRESENT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""Noon of 2026-11-22 in Tokyo: yesterday, the default as_of, is 2026-11-21."""


@cache
def read(path: Path) -> Any:
    """A file of cases, by libyaml where it is there: there are hundreds. Not to be changed."""
    return parsed(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Shop:
    """A lake with known rows, and questions to it."""

    services: Services

    def ask(self, analysis: str, given: Mapping[str, Any]) -> runner.Question:
        return runner.ask(self.services, library.get(analysis), given)

    def answer(self, analysis: str, given: Mapping[str, Any]) -> Answer:
        return runner.run(self.services, self.ask(analysis, given))

    def ids(self, analysis: str, given: Mapping[str, Any], cell: str, **options: Any) -> list[str]:
        """The ids of a cell, sorted as a list so that a double shows."""
        return self.opened(self.ask(analysis, given), cell, **options)

    def opened(self, question: runner.Question, cell: str, **options: Any) -> list[str]:
        """The same of a question that is there already."""
        found = runner.members(self.services, question, cell, **options)
        return sorted(self.services.warehouse.query(found).column(0).to_pylist())


def open_shop(home: Path, tables: Mapping[str, Any], present: datetime = PRESENT) -> Shop:
    """A shop with these rows."""
    services = wiring.services(Settings(home=home, present=present))
    Lake(services.warehouse).fill(tables)  # type: ignore[arg-type]
    return Shop(services)


def tables_of(file: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name under which the file's world is shared, and its rows: a world's, with the file's own added to them."""
    own = file.get("tables", {})
    if "world" not in file:
        return "", own
    world = read(CASES / "worlds" / f"{file['world']}.yaml")
    merged = {name: [*world["tables"].get(name, []), *own.get(name, [])] for name in {**world["tables"], **own}}
    return ("" if own else file["world"]), merged


def plain(value: Any) -> Any:
    """A value as a case writes it: money as numbers, days as dates, doubles to nine places."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return round(value, 9)
        case datetime():
            return value.isoformat(sep=" ")
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def same(given: Any, wanted: Any) -> bool:
    """Whether a cell is what the case says; numbers that a hand works out are compared to six places."""
    given = plain(given)
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(same(one, other) for one, other in zip(given, wanted, strict=True))
    if isinstance(given, int | float) and isinstance(wanted, int | float) and not isinstance(given, bool):
        return abs(given - wanted) <= 1e-6 * max(1, abs(wanted))
    return bool(given == wanted) or (isinstance(given, date) and str(given) == str(wanted))
