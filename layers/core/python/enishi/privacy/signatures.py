"""Signed documents: one canonical form, its SHA-256, a signature over the hex text of that, and how it is checked."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_der_public_key

from enishi.errors import InputError
from enishi.privacy.ports import Signature, Signer

ED25519 = "Ed25519"
ECDSA = "ECDSA_SHA_256"


def canonical(document: Mapping[str, Any]) -> bytes:
    """One text for one content: sorted keys, no blanks, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signed(report: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """`{"report", "sha256", "signature"}`."""
    digest = hashlib.sha256(canonical(report)).hexdigest()
    return {"report": dict(report), "sha256": digest, "signature": vars(signer.sign(digest.encode()))}


def verified(document: Mapping[str, Any], where: str) -> Signature:
    """The signature of a signed document, checked against its content and the key that it names.

    Raises:
        InputError: not a signed report, changed after it was signed, or not signed by that key.
    """
    try:
        digest = hashlib.sha256(canonical(document["report"])).hexdigest()
        signature = Signature(**document["signature"])
        known = digest == document["sha256"]
        key, value = base64.b64decode(signature.public_key), base64.b64decode(signature.value)
        _CHECKS[signature.algorithm](key, value, digest.encode())
    except (KeyError, TypeError, ValueError):
        raise InputError("this is no signed report", where=where, remedy="Give the JSON that `erase` wrote.") from None
    except InvalidSignature:
        known = False
    if not known:
        raise InputError("the report was changed after it was signed", where=where, remedy="Ask for the original.")
    return signature


def _check_ed25519(key: bytes, value: bytes, content: bytes) -> None:
    public = load_der_public_key(key)
    if not isinstance(public, ed25519.Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    public.verify(value, content)


def _check_ecdsa(key: bytes, value: bytes, content: bytes) -> None:
    public = load_der_public_key(key)
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise ValueError("not an elliptic curve key")
    public.verify(value, content, ec.ECDSA(hashes.SHA256()))


_CHECKS: Mapping[str, Callable[[bytes, bytes, bytes], None]] = {ED25519: _check_ed25519, ECDSA: _check_ecdsa}
