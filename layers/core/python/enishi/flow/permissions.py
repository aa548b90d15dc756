"""Consents that a load brought in → the fast record of who said no, which is asked at the moment of sending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from enishi.ingest import guard
from enishi.ingest.stage import Staged
from enishi.ports import Channel, PermissionChange, Services

_ASKED_AT_ONCE = 1_000
_REASONS = {"opt_out": "opt_out", "blocked": "blocked", "invalid": "bounce"}
"""State of a consent → reason of the refusal; opt_in lifts one."""
_CHANNELS = frozenset(Channel)


@dataclass(frozen=True)
class Change:
    customer_id: str
    channel: Channel
    state: str
    at: datetime


def carry_consents(services: Services, staged: Staged) -> int:
    """Refuse and allow as the newest row per customer and channel says; returns how many entries were written.

    A consent speaks for the person: it is written for the customer's own id and for the survivor of a merge.
    """
    newest = _newest(_changes(staged))
    if not newest:
        return 0
    survivors = guard.merged(services.warehouse)
    changes = [change for found in newest for change in _for_person(found, survivors)]
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
                    yield Change(customer, Channel(channel), state, at.replace(tzinfo=UTC))


def _newest(changes: Iterator[Change]) -> list[Change]:
    """The last word per customer and channel; a refusal wins over a permission of the same instant."""
    found: dict[tuple[str, Channel], Change] = {}
    for change in changes:
        known = found.get((change.customer_id, change.channel))
        if known is None or (change.at, change.state != "opt_in") >= (known.at, known.state != "opt_in"):
            found[change.customer_id, change.channel] = change
    return list(found.values())


def _for_person(change: Change, survivors: Mapping[str, str]) -> Iterator[Change]:
    yield change
    if change.customer_id in survivors:
        yield Change(survivors[change.customer_id], change.channel, change.state, change.at)


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
