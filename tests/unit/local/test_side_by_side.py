"""A machine's tasks on several processes: what may be under way together, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from enishi.clock import ManualClock, from_text
from enishi.errors import NotSupportedError
from enishi.flow.tasks import TASKS
from enishi.local.services import local_services
from enishi.local.side_by_side import FAMILIES, SideBySide
from enishi.local.workers import Answer, Workers
from enishi.settings import from_environment

AT = from_text("2026-11-21T00:00:00Z")


class Held(Workers):
    """Workers whose tasks are done when the test says so."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, datetime]] = []
        self.works: list[Future[Answer]] = []

    def perform(self, task: str, _payload: Mapping[str, Any], at: datetime) -> Future[Answer]:
        self.begun.append((task, at))
        self.works.append(Future())
        return self.works[-1]


@pytest.fixture
def workers() -> Held:
    return Held()


@pytest.fixture
def tasks(tmp_path: Path, workers: Held) -> SideBySide:
    return SideBySide(local_services(from_environment(home=tmp_path), ManualClock(AT)), workers)


def test_tasks_of_one_family_are_under_way_together(tasks: SideBySide, workers: Held) -> None:
    answers = [tasks(name, {}) for name in ("select", "prepare", "send")]
    assert answers == workers.works
    assert workers.begun == [("select", AT), ("prepare", AT), ("send", AT)]
    assert not any(work.done() for work in workers.works)


@pytest.mark.parametrize("other", ["close_step", "no_such_task"])
def test_a_task_of_another_family_waits(tasks: SideBySide, workers: Held, other: str) -> None:
    tasks("prepare", {})
    [prepare] = workers.works
    Timer(0.05, lambda: prepare.set_result({})).start()
    if other in FAMILIES:
        tasks(other, {})
    else:
        with pytest.raises(NotSupportedError):
            tasks(other, {})
    assert prepare.done()


@pytest.mark.parametrize("name", ["prepare", "close_step"])
def test_what_goes_on_outside_of_the_machine_is_settled_before_any_task(
    tasks: SideBySide, workers: Held, name: str
) -> None:
    begun_when_settled: list[int] = []
    tasks.first(lambda: begun_when_settled.append(len(workers.begun)))
    tasks(name, {})
    assert begun_when_settled == [0]


def test_what_a_task_raised_is_its_own_futures_to_tell(tasks: SideBySide, workers: Held) -> None:
    failing = tasks("prepare", {})
    workers.works[0].set_exception(NotSupportedError("no", remedy="never"))
    assert tasks("close_step", {}) is workers.works[1]
    assert isinstance(failing, Future)
    with pytest.raises(NotSupportedError):
        failing.result()


def test_families_name_tasks_that_exist() -> None:
    assert FAMILIES.keys() <= TASKS.keys()
