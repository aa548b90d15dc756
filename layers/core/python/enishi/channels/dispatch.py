"""Claim, send, settle: the only place from which a message leaves. A claim always comes before its call.

What the ledger already knows is never sent again: an outcome is repeated as it stands, a live claim is somebody
else's, an expired one is unknown and held. One exception is safe: where the provider recognises a repeat by our key
(LINE), an unknown message is sent again within that time, and LINE answers what it did the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from enishi.channels.registry import spec
from enishi.clock import Clock
from enishi.consent.caps import reason_of
from enishi.consent.reasons import RefusalReason
from enishi.ports import (
    Accepted,
    Cap,
    CapReached,
    ChannelProvider,
    Claim,
    ClaimOutcome,
    Entry,
    Held,
    Ledger,
    LedgerState,
    Message,
    Receipt,
    Refused,
    Unknown,
    Won,
)


class Fate(StrEnum):
    """What became of a message in this pass."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CAPPED = "capped"
    IN_FLIGHT = "in_flight"
    """Another worker holds it; its outcome is not known yet."""


@dataclass(frozen=True)
class Delivery:
    fate: Fate
    reason: str = ""
    provider_id: str = ""


@dataclass(frozen=True)
class Item:
    """A message with what its claim needs."""

    message: Message
    customer_id: str
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where in a run the items belong."""

    run_id: str
    step_id: str
    chunk: int


@dataclass(frozen=True)
class Dispatcher:
    ledger: Ledger
    provider: ChannelProvider = field(repr=False)
    clock: Clock
    claim_life: timedelta

    def deliver(self, place: Place, items: Sequence[Item]) -> dict[str, Delivery]:
        """send_id → what became of it, for every item."""
        done: dict[str, Delivery] = {}
        for batch in _batches(items, self.provider.batch_size):
            done |= self._batch(place, batch)
        return done

    def _batch(self, place: Place, items: Sequence[Item]) -> dict[str, Delivery]:
        now = self.clock.now()
        outcomes = self.ledger.claim([_claim(place, item, now + self.claim_life) for item in items], now)
        pairs = [(item.message, outcome) for item, outcome in zip(items, outcomes, strict=True)]
        won = [message for message, outcome in pairs if isinstance(outcome, Won)]
        repeats = [message for message, outcome in pairs if self._may_repeat(outcome, now)]
        standing = {message.send_id: _standing(outcome) for message, outcome in pairs}
        return standing | self._settled(self._call(won)) | self._settled(_proofs(self._call(repeats)))

    def _may_repeat(self, outcome: ClaimOutcome, now: datetime) -> bool:
        if not isinstance(outcome, Held) or outcome.entry.state is not LedgerState.UNKNOWN:
            return False
        return now < outcome.entry.claimed_at + spec(self.provider.channel).replay

    def _settled(self, receipts: Mapping[str, Receipt]) -> dict[str, Delivery]:
        """Record the receipts; where the ledger knows better (an event came first), its word stands."""
        if not receipts:
            return {}
        states = self.ledger.settle_all(receipts, self.clock.now())
        done = {send_id: _delivery(receipt) for send_id, receipt in receipts.items()}
        other = [send_id for send_id, delivery in done.items() if delivery.fate.value != states[send_id].value]
        return done | {send_id: of_entry(entry) for send_id, entry in self.ledger.find(other).items()}

    def _call(self, messages: Sequence[Message]) -> dict[str, Receipt]:
        """send_id → receipt. A provider that raises has broken its word: all that it was given is unknown."""
        if not messages:
            return {}
        try:
            receipts = self.provider.send(messages)
        except Exception:
            receipts = [Unknown(RefusalReason.NO_ANSWER)] * len(messages)
        return {message.send_id: receipt for message, receipt in zip(messages, receipts, strict=True)}


def _proofs(receipts: Mapping[str, Receipt]) -> dict[str, Receipt]:
    """Of a repeat only an acceptance proves something: a refusal now says nothing of the first time."""
    return {send_id: receipt for send_id, receipt in receipts.items() if isinstance(receipt, Accepted)}


def _claim(place: Place, item: Item, expires_at: datetime) -> Claim:
    return Claim(
        send_id=item.message.send_id,
        run_id=place.run_id,
        step_id=place.step_id,
        chunk=place.chunk,
        customer_id=item.customer_id,
        channel=item.message.channel,
        expires_at=expires_at,
        caps=item.caps,
    )


def _standing(outcome: ClaimOutcome) -> Delivery:
    """What a claim's outcome alone says; a claim that is won is overwritten by its receipt."""
    match outcome:
        case Held(entry):
            return of_entry(entry)
        case CapReached(cap):
            reason = reason_of(cap)
            return Delivery(Fate.CAPPED, reason) if reason else Delivery(Fate.IN_FLIGHT)
    return Delivery(Fate.IN_FLIGHT)


_FATES: Mapping[LedgerState, Fate] = {
    LedgerState.CLAIMED: Fate.IN_FLIGHT,
    LedgerState.ACCEPTED: Fate.ACCEPTED,
    LedgerState.REFUSED: Fate.REFUSED,
    LedgerState.UNKNOWN: Fate.UNKNOWN,
}


def of_entry(entry: Entry) -> Delivery:
    """What the ledger's entry says became of a message."""
    return Delivery(_FATES[entry.state], entry.reason, entry.provider_id)


def _delivery(receipt: Receipt) -> Delivery:
    match receipt:
        case Accepted(provider_id):
            return Delivery(Fate.ACCEPTED, "", provider_id)
        case Refused(reason):
            return Delivery(Fate.REFUSED, reason)
    return Delivery(Fate.UNKNOWN, receipt.reason)


def _batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
