"""The demo's loop: generate → ingest → unify → a business day of scenarios and their waits → reactions → report.

Every station is the product's own flow; what is the demo's is the order and the clock. Run again on the same home, each
station finds its work done: files are loaded once, runs are finished, nobody is written to twice.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from enishi.clock import ManualClock, to_text
from enishi.flow.report import write_report
from enishi.flow.tasks import perform
from enishi.local.demo.datasets import Dataset
from enishi.local.demo.days import Days
from enishi.local.demo.samples import write_samples
from enishi.local.demo.summary import Summary, outbox_size, summarise
from enishi.local.machine import Execution, Machine, Status
from enishi.local.notices import LocalNotices
from enishi.local.scheduler import Scheduler
from enishi.local.services import local_services
from enishi.local.side_by_side import SideBySide
from enishi.local.workers import SELDOM, Workers, cores
from enishi.ports import Services
from enishi.scenario.library import library
from enishi.scenario.model import Scenario
from enishi.settings import Settings, remember

OPENING = time(6)
"""When the night's files have arrived and the business day begins."""
CHUNK = 200
"""People whom one process sends to at a time: a step of some hundreds keeps every core busy."""


@dataclass(frozen=True)
class Stage:
    """Progress of one station: `done` of `total` things; `note` says what it is at."""

    title: str
    done: int
    total: int
    note: str = ""


Watcher = Callable[[Stage], None]


def run_demo(settings: Settings, dataset: Dataset, watch: Watcher) -> Summary:
    """Run the loop in `settings.home`; returns what came out.

    Raises:
        EnishiError: a station cannot go on; what is done stays done, and the same call goes on from there.
    """
    settings = remember(settings, tenant=dataset.tenant, zone=dataset.zone, currency=dataset.currency)
    settings = settings.model_copy(update={"chunk_size": min(settings.chunk_size, CHUNK)})
    clock = ManualClock(_at(dataset.day, OPENING, settings))
    services = local_services(settings, clock)
    before = outbox_size(settings.home)
    with _rare_collections(), Workers(settings, cores()) as workers:
        late = _bring(services, workers, dataset, watch)
        executions = _live(services, clock, workers, dataset, late, watch)
    perform(services, "attribute", {"at": to_text(clock.now()), "days": dataset.days_after + 3})
    _tell(services, dataset, watch)
    remember(settings, present=clock.now())
    return summarise(services, executions, sent_now=outbox_size(settings.home) - before)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for garbage seldom, and not among what is loaded: trees of SQL come and go by the million, and
    a third of the time went into looking at them."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _bring(services: Services, workers: Workers, dataset: Dataset, watch: Watcher) -> list[str]:
    """Raw files into the drop, the lake, and onto one customer axis; the keys of files that arrive during the day."""
    loads = workers.loads(services.clock.now())
    late: list[str] = []
    dataset.write(
        services,
        lambda done, total: watch(Stage("Raw files", done, total)),
        lambda key: late.append(key) if _source(key) in dataset.later else loads.begin(key),
    )
    watch(Stage("Ingest", 0, loads.begun))
    loads.finish(services.notices, lambda done: watch(Stage("Ingest", done, loads.begun)))
    watch(Stage("Unify", 0, 1))
    perform(services, "unify", {})
    watch(Stage("Unify", 1, 1))
    return late


def _live(
    services: Services, clock: ManualClock, workers: Workers, dataset: Dataset, late: Sequence[str], watch: Watcher
) -> Sequence[Execution]:
    """The business day's runs, the days of their waits, and what people do meanwhile."""
    tasks = SideBySide(services, workers)
    stage = Machine(tasks, clock, services.work)
    scheduler = Scheduler(services, stage, _scenarios(services, dataset))
    opening, closing = _at(dataset.day, time(0), services.settings), _at(_next(dataset.day), time(0), services.settings)
    scheduler.plan(opening - timedelta(microseconds=1), closing - timedelta(microseconds=1))
    _deliver(services, stage, scheduler, dataset, late)
    days = Days(services, workers, dataset.world, scheduler.awaits)
    tasks.first(days.settle)
    total = dataset.days_after + 1
    for number in range(total):
        day = dataset.day + timedelta(days=number)
        stage.at(_at(_next(day), time(5), services.settings), partial(days.end, day))
    for number in range(total + 1):
        day = dataset.day + timedelta(days=number)
        watch(Stage("Scenarios and reactions", number, total + 1, day.isoformat()))
        stage.run(_at(_next(day), OPENING, services.settings))
    stage.run()
    days.settle()
    watch(Stage("Scenarios and reactions", total + 1, total + 1))
    return tuple(stage.executions.values())


def _deliver(services: Services, stage: Machine, scheduler: Scheduler, dataset: Dataset, late: Sequence[str]) -> None:
    """Plan the files that arrive during the business day; their tables start the scenarios that wait for them."""
    notices = services.notices
    if isinstance(notices, LocalNotices):
        notices.listen(scheduler.table_loaded)
    for key in late:
        arrival = _at(dataset.day, dataset.later[_source(key)], services.settings)
        stage.at(arrival, partial(perform, services, "ingest", {"key": key}))


def _source(key: str) -> str:
    return key.split("/")[1]


def _tell(services: Services, dataset: Dataset, watch: Watcher) -> None:
    watch(Stage("Report", 0, 1))
    home = services.settings.home
    write_report(services, home / "report.html", write_samples(home), dataset.retailer)
    watch(Stage("Report", 1, 1))


def _scenarios(services: Services, dataset: Dataset) -> list[Scenario]:
    known = library(services.settings)
    return [known.load(name) for name in dataset.scenarios]


def failures(executions: Sequence[Execution]) -> list[Execution]:
    """Executions that did not succeed."""
    return [execution for execution in executions if execution.status is not Status.SUCCEEDED]


def _at(day: date, clock_time: time, settings: Settings) -> datetime:
    return datetime.combine(day, clock_time, settings.tz)


def _next(day: date) -> date:
    return day + timedelta(days=1)
