"""Deterministic ids: the same facts give the same id on every machine, so that a retry is a no-op.

Parts are joined with their lengths, so that ("ab", "c") and ("a", "bc") never meet.
"""

from __future__ import annotations

import hashlib
import hmac


def _joined(parts: tuple[str, ...]) -> bytes:
    return b"".join(f"{len(part.encode())}:".encode() + part.encode() for part in parts)


def stable_id(prefix: str, *parts: str) -> str:
    """`prefix` + 20 hex digits of SHA-256 over `parts` (80 bits: no collision among 12 million members)."""
    return prefix + hashlib.sha256(_joined(parts)).hexdigest()[:20]


def digest(value: str) -> str:
    """SHA-256 in lower-case hex of a normalised value, as `identities.id_value_hash` keeps it."""
    return hashlib.sha256(value.encode()).hexdigest()


def send_id(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 over (tenant, scenario version, run, step, customer, channel): 32 hex digits.

    It is the ledger's key, the message's id and the tag by which a provider's events come back.
    """
    return hmac.new(key, _joined(parts), hashlib.sha256).hexdigest()[:32]


def tombstone(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA256 of an erased identity, 64 hex digits: recognises it, reveals nothing."""
    return hmac.new(key, _joined(("tombstone", kind, value)), hashlib.sha256).hexdigest()


def share(salt: str, customer_id: str) -> float:
    """A stable number in [0, 1) for splits and holdouts.

    Defined as the first 8 hex digits of SHA-256("salt|customer_id") over 2**32, so that SQL can say the same
    (`enishi.lake.sql.share`).
    """
    return int(hashlib.sha256(f"{salt}|{customer_id}".encode()).hexdigest()[:8], 16) / 2**32
