"""What a receipt makes of a claim: the one rule that both ledgers follow."""

from __future__ import annotations

from dataclasses import replace

from enishi.ports import Accepted, Entry, LedgerState, Receipt, Refused

OPEN_STATES = (LedgerState.CLAIMED, LedgerState.UNKNOWN)
"""States that evidence may still change. ACCEPTED and REFUSED are proofs and never change."""

CLAIM_EXPIRED = "claim_expired"


def settled(entry: Entry, receipt: Receipt) -> Entry:
    """`entry` after `receipt`; the same entry when its state is a proof already."""
    if entry.state not in OPEN_STATES:
        return entry
    match receipt:
        case Accepted(provider_id):
            return replace(entry, state=LedgerState.ACCEPTED, provider_id=provider_id, reason="")
        case Refused(reason):
            return replace(entry, state=LedgerState.REFUSED, reason=reason)
        case _:
            return replace(entry, state=LedgerState.UNKNOWN, reason=receipt.reason)


def expired(entry: Entry) -> Entry:
    """A live claim whose owner never came back: held, because nobody knows whether the call was made."""
    return replace(entry, state=LedgerState.UNKNOWN, reason=CLAIM_EXPIRED)


def frees_caps(before: Entry, after: Entry) -> bool:
    """Only a refusal gives the customer's places back: an unknown message may have arrived."""
    return after.state is LedgerState.REFUSED and before.state is not LedgerState.REFUSED
