"""A file that was read to its end → the lake: judged first, then written. Files and repaired rows both come here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from enishi.clock import business_day
from enishi.errors import LoadStoppedError
from enishi.flow.permissions import carry_consents
from enishi.ingest import commit, outcome, settling
from enishi.ingest.checks import Told, checks, control_key, digest_of, read_control
from enishi.ingest.commit import Written
from enishi.ingest.log import LOADED, Past
from enishi.ingest.order import Place, place
from enishi.ingest.outcome import Facts
from enishi.ingest.report import LoadReport, Status, Verdict
from enishi.ingest.settling import Settled
from enishi.ingest.stage import Staged
from enishi.ingest.superseding import close_older, is_superseded
from enishi.ingest.thresholds import alarms, asks_for_changes
from enishi.ports import Services

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Judged:
    """A staged file, what it comes to among the source's other files, and what its checks say."""

    staged: Staged
    settled: Settled | None
    facts: Facts
    compared: Written | None = None


def judge(
    services: Services,
    staged: Staged,
    past: Past,
    *,
    accept: str = "",
    dry_run: bool = False,
    place_of: Place | None = None,
) -> Judged:
    """Measure everything that may stop the load. No effects.

    `place_of`: where the file stands that the rows once came in, for rows out of the quarantine.

    Raises:
        SourceFileError: the file's name, or its trailer, does not say what orders the files.
    """
    mapping, now = staged.mapping, services.clock.now()
    facts = Facts(now, services.settings.tz, past, accepted=accept)
    where = place_of or place(mapping.load, staged.file, staged.content, now, staged.watch.trailer)
    settled = None
    if mapping.load.tracked:
        settled = settling.settle(staged, services.warehouse, where)
        facts = replace(facts, place=settled.place, superseded=is_superseded(settled))
    asked = dry_run or asks_for_changes(staged)
    compared = commit.compare(staged, settled, services.warehouse) if asked else None
    found = [
        *checks(staged, _told(services, staged, where, facts)),
        *alarms(staged, past, commit.change(settled, compared)),
    ]
    return Judged(staged, settled, replace(facts, checks=tuple(found)), compared)


def _told(services: Services, staged: Staged, where: Place, facts: Facts) -> Told:
    control = staged.mapping.checks.control
    fields = dict(staged.watch.trailer)
    if control is not None:
        key = control_key(control, staged.file)
        found = services.raw.get(key) if key in services.raw.list(key) else b""
        fields |= read_control(control, found, key)
    today = business_day(facts.now, facts.zone)
    return Told(fields, where.day, today, lambda algorithm: digest_of(algorithm, _blocks(services, staged.file)))


def _blocks(services: Services, key: str) -> Iterator[bytes]:
    with services.raw.open(key) as stream:
        while data := stream.read(_BLOCK):
            yield data


def dry(judged: Judged) -> LoadReport:
    """What a load would do, as a report."""
    return outcome.report(judged.staged, Status.DRY, judged.compared or Written(()), judged.facts)


def load(services: Services, judged: Judged, *, status: Status = Status.LOADED, logged: str = LOADED) -> LoadReport:
    """Write what holds. Each effect may be repeated; the log's row is the last one.

    Raises:
        LoadStoppedError: a check or a threshold stops it; nothing was loaded, and the log says why.
    """
    staged, facts, warehouse = judged.staged, judged.facts, services.warehouse
    _refuse(services, judged)
    day = business_day(facts.now, facts.zone)
    if judged.settled is not None:
        settling.record(judged.settled, warehouse, day)
    written = commit.write(staged, judged.settled, warehouse)
    carry_consents(services, staged)
    if status is Status.LOADED:
        _set_aside(services, judged)
    warehouse.upsert("load_log", outcome.logged(staged, written.loads, facts, logged))
    report = outcome.report(staged, status, written, facts)
    for table in report.changed:
        services.notices.table_loaded(table, facts.now)
    return report


def _refuse(services: Services, judged: Judged) -> None:
    stops = [check for check in judged.facts.checks if check.verdict is Verdict.STOPS]
    if not stops or judged.facts.accepted:
        return
    services.warehouse.upsert("load_log", outcome.logged_stop(judged.staged, judged.facts, stops))
    raise LoadStoppedError(
        f"the load was stopped and nothing was loaded: {'; '.join(check.sentence for check in stops)}",
        where=judged.staged.file,
        remedy='Send a whole file, or let it pass with --accept "why".',
    )


def _set_aside(services: Services, judged: Judged) -> None:
    if judged.staged.rejected:
        services.warehouse.upsert("quarantine", outcome.quarantined(judged.staged, judged.facts))
    if judged.settled is not None:
        close_older(judged.settled, services.warehouse, judged.facts.now)
