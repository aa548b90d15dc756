"""Land one file of providers' events: permissions first, then the ledger, then the lake.

A file may come twice; a repeat changes nothing. Events of messages that nobody here sent go to the quarantine.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlglot import exp

from enishi.channels.settlement import OPEN_STATES
from enishi.clock import business_day
from enishi.content.links import LinkBook
from enishi.flow.payload import Data
from enishi.lake import sql
from enishi.ports import Channel, Entry, Services
from enishi.results import landing
from enishi.results.breaker import Health, Thresholds, stop, trips
from enishi.results.events import EventType, ProviderEvent
from enishi.results.landing import UNKNOWN_MESSAGE, BadLine, Owner
from enishi.results.machines import machines
from enishi.results.queries import ask
from enishi.results.settled import carry_settled, in_doubt, slices

DOUBT = timedelta(days=60)
"""How long an event may still settle a message whose outcome is unknown."""

_ALARMS = frozenset({EventType.HARD_BOUNCE, EventType.COMPLAINT})


class Payload(Data):
    """`key`: a file of JSON Lines in the raw store, plain or `.gz`."""

    key: str


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"events", "settled", "refused", "quarantined", "stopped"}`: how many of each."""
    found = landing.read(_lines(services, payload.key))
    entries = _entries(services, [event.send_id for _, _, event in found.events])
    owners = _owners(services, [event.send_id for _, _, event in found.events], entries)
    events = [event for _, _, event in found.events if event.send_id in owners]
    strangers = [BadLine(n, UNKNOWN_MESSAGE, raw) for n, raw, event in found.events if event.send_id not in owners]
    changes = landing.permission_changes(events, owners)
    services.permissions.record(changes)
    settled = _settle(services, events, entries)
    _write(services, payload.key, events, owners, [*found.bad, *strangers])
    return {
        "events": len(events),
        "settled": settled,
        "refused": len(changes),
        "quarantined": len(found.bad) + len(strangers),
        "stopped": _break(services, events, owners),
    }


def _lines(services: Services, key: str) -> Iterator[bytes]:
    with services.raw.open(key) as stream:
        yield from gzip.GzipFile(fileobj=stream) if key.endswith(".gz") else stream


def _entries(services: Services, send_ids: Sequence[str]) -> dict[str, Entry]:
    known: dict[str, Entry] = {}
    for part in slices(list(dict.fromkeys(send_ids))):
        known |= services.ledger.find(part)
    return known


def _owners(services: Services, send_ids: Sequence[str], entries: Mapping[str, Entry]) -> dict[str, Owner]:
    """Whose message each id is: the ledger knows the recent ones, the lake all."""
    owners = {i: Owner(entry.customer_id, entry.channel, entry.run_id) for i, entry in entries.items()}
    older = [send_id for send_id in dict.fromkeys(send_ids) if send_id not in owners]
    for part in slices(older):
        owners |= {row["message_id"]: _owner(row) for row in services.warehouse.query(_sent(part)).to_pylist()}
    return owners


def _sent(message_ids: Sequence[str]) -> exp.Query:
    columns = [sql.column("m", name) for name in ("message_id", "customer_id", "channel", "execution_id")]
    among = exp.In(this=sql.column("m", "message_id"), expressions=sql.literals(message_ids))
    sent = exp.In(this=sql.column("m", "status"), expressions=sql.literals(["sent", "unknown"]))
    return exp.select(*columns).from_(sql.table_ref("messages", "m")).where(among, sent)


def _owner(row: Mapping[str, Any]) -> Owner:
    return Owner(row["customer_id"], Channel(row["channel"]), row["execution_id"] or "")


def _settle(services: Services, events: Sequence[ProviderEvent], entries: Mapping[str, Entry]) -> int:
    """Messages in doubt take the outcome that an event proves; any sign of life outweighs a rejection."""
    doubtful = [event for event in events if event.send_id in entries and entries[event.send_id].state in OPEN_STATES]
    ordered = sorted(doubtful, key=lambda event: event.type is not EventType.REJECTED)
    receipts = {event.send_id: landing.receipt_of(event) for event in ordered}
    services.ledger.settle_all(receipts, services.clock.now())
    return len(receipts)


def _write(
    services: Services, key: str, events: Sequence[ProviderEvent], owners: Mapping[str, Owner], bad: Sequence[BadLine]
) -> None:
    zone, settings = services.settings.tz, services.settings
    links = LinkBook(settings.secret.get_secret_value().encode(), settings.tenant, settings.public_url)
    today = business_day(services.clock.now(), zone)
    tables = {
        "message_events": landing.event_rows(events, machines(), links, zone),
        "consents": landing.consent_rows(events, owners, zone),
        "quarantine": landing.quarantine_rows(key, bad, today),
    }
    for table, rows in tables.items():
        if rows.num_rows:
            services.warehouse.upsert(table, rows)
    doubtful = in_doubt(services.warehouse, today - DOUBT)
    settled = doubtful & {event.send_id for event in events}
    carry_settled(services.warehouse, services.ledger, sorted(settled))


def _break(services: Services, events: Sequence[ProviderEvent], owners: Mapping[str, Owner]) -> int:
    """Stop the runs whose mails bounce or are called spam too often; how many were stopped now."""
    alarmed = {owners[event.send_id].run_id for event in events if event.type in _ALARMS} - {""}
    return sum(stop(services.work, run_id) for run_id in sorted(alarmed) if _is_sick(services, run_id))


def _is_sick(services: Services, run_id: str) -> bool:
    [row] = ask(services.warehouse, "run_health", run=run_id)
    return trips(Health(row["delivered"], row["bounced"], row["complained"]), Thresholds())
