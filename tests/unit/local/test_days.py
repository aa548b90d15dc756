"""The ends of virtual days: what loads while the next day passes, and who waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest

from enishi.clock import ManualClock, from_text
from enishi.errors import RunError
from enishi.local.demo.days import Days
from enishi.local.services import local_services
from enishi.local.workers import Loaded, Loads, Workers
from enishi.ports import Services
from enishi.settings import from_environment

AT = from_text("2026-11-22T20:00:00Z")
SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
POINTS = "drop/points/POINT_MOTOCHO_20261121_live.csv"
RECEIPTS = "drop/receipts/POS_URIAGE_20261121_live.tsv"
MARKERS = "demo/days/"


class Held(Workers):
    """Workers whose loads are done when the test says so, or are `failing` as soon as they begin."""

    def __init__(self, failing: RunError | None = None) -> None:
        self.begun: dict[str, Future[list[Loaded]]] = {}
        self._failing = failing

    def loads(self, at: datetime) -> Loads:  # noqa: ARG002
        def begin(key: str) -> Future[list[Loaded]]:
            self.begun[key] = Future()
            if self._failing:
                self.begun[key].set_exception(self._failing)
            return self.begun[key]

        return Loads(begin)


@dataclass(frozen=True)
class Diary:
    """A world whose days are known beforehand."""

    files: Mapping[date, list[str]]
    asked: list[date] = field(default_factory=list)

    def end(self, _services: Services, day: date) -> Iterator[str]:
        self.asked.append(day)
        yield from self.files[day]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return local_services(from_environment(home=tmp_path), ManualClock(AT))


def _days(services: Services, workers: Held, awaits: Callable[[str], bool]) -> Days:
    return Days(services, workers, Diary({SATURDAY: [POINTS], SUNDAY: [RECEIPTS]}), awaits)


def test_days_load_while_the_next_one_passes_and_are_marked_when_they_are_in(services: Services) -> None:
    workers = Held()
    days = _days(services, workers, lambda _table: False)
    days.end(SATURDAY)
    days.end(SUNDAY)
    assert list(workers.begun) == [POINTS, RECEIPTS]
    assert list(services.work.list(MARKERS)) == []
    for load in workers.begun.values():
        load.set_result([])
    days.settle()
    assert sorted(services.work.list(MARKERS)) == [f"{MARKERS}{SATURDAY}.json", f"{MARKERS}{SUNDAY}.json"]


def test_a_day_that_did_not_load_is_brought_in_again(services: Services) -> None:
    workers = Held()
    days = _days(services, workers, lambda _table: False)
    days.end(SATURDAY)
    workers.begun[POINTS].set_exception(RunError("the disk is full", remedy="Make room."))
    with pytest.raises(RunError):
        days.settle()
    world = Diary({SATURDAY: [POINTS]})
    Days(services, Held(), world, lambda _table: False).end(SATURDAY)
    assert world.asked == [SATURDAY]


def test_a_day_whose_new_rows_start_a_scenario_is_settled_at_once(services: Services) -> None:
    workers = Held(failing=RunError("the disk is full", remedy="Make room."))
    days = _days(services, workers, lambda table: table == "order_lines")
    days.end(SATURDAY)
    with pytest.raises(RunError):
        days.end(SUNDAY)
