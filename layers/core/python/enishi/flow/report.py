"""The report of what came of the scenarios, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from enishi.clock import business_day
from enishi.flow.import_due import expectations
from enishi.flow.ingest import catalogue
from enishi.ingest.connectors.due import Expectation
from enishi.ports import Services
from enishi.results import report
from enishi.results.queries import ask
from enishi.scenario.library import library

Samples = Mapping[str, Sequence[tuple[str, str]]]


def write_report(services: Services, path: Path, samples: Samples | None = None, retailer: str = "") -> None:
    """Write the page to `path`; `samples` are (label, relative link) of messages to open, by scenario."""
    scenarios = library(services.settings).readable()
    heading = report.Heading(
        title="シナリオの成果",
        retailer=retailer or services.settings.tenant,
        first_day=_first_day(services),
        currency=services.settings.currency,
        titles={scenario.id: scenario.title for scenario in scenarios},
        purposes={scenario.id: scenario.purpose for scenario in scenarios},
        samples=samples or {},
        deliveries=_deliveries(services),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.build(services.warehouse, heading), encoding="utf-8")


def _deliveries(services: Services) -> list[report.Delivery]:
    """How the last delivery of every source that says when it is due stands, and when the next one is due."""
    zone, known = services.settings.tz, catalogue(services)
    expected: dict[str, list[Expectation]] = {}
    for one in expectations(services):
        expected.setdefault(one.source, []).append(one)
    return [
        report.Delivery(
            source=source,
            title=known[source].title or source,
            due_at=last.due_at.astimezone(zone),
            standing=str(last.standing),
            arrived_at=last.arrived_at and last.arrived_at.astimezone(zone),
            next_at=following.due_at.astimezone(zone),
        )
        for source, (last, following) in expected.items()
    ]


def _first_day(services: Services) -> date:
    days = [row["sent_date"] for row in ask(services.warehouse, "daily")]
    return min(days) if days else business_day(services.clock.now(), services.settings.tz)
