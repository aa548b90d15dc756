"""Consents that a load brought in → the fast record of who said no, which is asked at the moment of sending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from enishi.flow.queries import query
from enishi.ingest.stage import Staged
from enishi.ports import Channel, PermissionChange, Services

_ASKED_AT_ONCE = 1_000
_REASONS = {"opt_out": "opt_out", "blocked": "blocked", "invalid": "bounce"}
"""State of a consent → reason of the refusal; opt_in lifts one."""
_CHANNELS = {channel.value: channel for channel in Channel}


@dataclass(frozen=True)
class Change:
    customer_id: str
    channel: Channel
    state: str
    at: datetime


def carry_consents(services: Services, staged: Staged) -> int:
    """Refuse and allow as the newest row per customer and channel says; returns how many entries were written.

    A consent speaks for the person: a refusal is written for the customer's own id and for the survivor of a merge, and
    at the send the refusals of all records count. A permission lifts those of the person's other records only where it
    was given after the merge: before it, nobody knew that she spoke for them.
    """
    newest = _newest(_changes(staged))
    if not newest:
        return 0
    merges = _merges(services)
    changes = [change for found in newest for change in _for_person(found, merges)]
    services.permissions.record(refusals := _refusals(changes))
    services.permissions.record(permissions := _permissions(services, changes))
    return len(refusals) + len(permissions)


def _changes(staged: Staged) -> Iterator[Change]:
    for pile in staged.piles:
        if pile.table != "consents":
            continue
        for batch in pile.spill.batches():
            columns = [batch.column(name).to_pylist() for name in ("customer_id", "channel", "state", "changed_at")]
            for customer, channel, state, at in zip(*columns, strict=True):
                if channel in _CHANNELS:
                    yield Change(customer, _CHANNELS[channel], state, at.replace(tzinfo=UTC))


def _newest(changes: Iterator[Change]) -> list[Change]:
    """The last word per customer and channel; a refusal wins over a permission of the same instant."""
    found: dict[tuple[str, Channel], Change] = {}
    for change in changes:
        known = found.get((change.customer_id, change.channel))
        if known is None or (change.at, change.state != "opt_in") >= (known.at, known.state != "opt_in"):
            found[change.customer_id, change.channel] = change
    return list(found.values())


@dataclass(frozen=True)
class Merges:
    """Who absorbed whom, and since when: absorbed record → survivor, survivor → absorbed records, record → instant."""

    survivor: Mapping[str, str]
    absorbed: Mapping[str, Sequence[str]]
    since: Mapping[str, datetime]


def _merges(services: Services) -> Merges:
    survivor: dict[str, str] = {}
    absorbed: dict[str, list[str]] = defaultdict(list)
    since: dict[str, datetime] = {}
    for row in services.warehouse.query(query("merges")).to_pylist():
        survivor[row["customer_id"]] = row["merged_into"]
        absorbed[row["merged_into"]].append(row["customer_id"])
        if row["merged_at"] is not None:
            since[row["customer_id"]] = row["merged_at"].replace(tzinfo=UTC)
    return Merges(survivor, absorbed, since)


def _for_person(change: Change, merges: Merges) -> Iterator[Change]:
    own = change.customer_id
    yield change
    person = merges.survivor.get(own, own)
    if change.state != "opt_in":
        others = [person] if person != own else []
    else:
        family = [person, *merges.absorbed.get(person, ())]
        others = [record for record in family if record != own and _knew(change, record, merges)]
    for record in others:
        yield Change(record, change.channel, change.state, change.at)


def _knew(change: Change, record: str, merges: Merges) -> bool:
    """Whether the two records were one person when the permission was given."""
    moments = [merges.since[one] for one in (change.customer_id, record) if one in merges.since]
    return all(change.at > moment for moment in moments)


def _refusals(changes: Sequence[Change]) -> list[PermissionChange]:
    return [
        PermissionChange(change.customer_id, change.channel, _REASONS[change.state], change.at)
        for change in changes
        if change.state in _REASONS
    ]


def _permissions(services: Services, changes: Sequence[Change]) -> list[PermissionChange]:
    """Only where a refusal is known: most members of a first load never refused anything."""
    by_channel: dict[Channel, list[Change]] = defaultdict(list)
    for change in changes:
        if change.state == "opt_in":
            by_channel[change.channel].append(change)
    known = {channel: _known(services, channel, found) for channel, found in by_channel.items()}
    return [
        PermissionChange(change.customer_id, channel, None, change.at)
        for channel, found in by_channel.items()
        for change in found
        if change.customer_id in known[channel]
    ]


def _known(services: Services, channel: Channel, changes: Sequence[Change]) -> set[str]:
    people = [change.customer_id for change in changes]
    starts = range(0, len(people), _ASKED_AT_ONCE)
    return {
        refused
        for start in starts
        for refused in services.permissions.refusals(people[start : start + _ASKED_AT_ONCE], channel)
    }
