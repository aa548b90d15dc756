"""A workspace's own key for erasure reports: Ed25519, made at first use, readable by its owner alone."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from enishi.errors import SettingsError
from enishi.privacy.ports import Signature
from enishi.privacy.signatures import ED25519


class WorkspaceSigner:
    """`enishi.privacy.ports.Signer` with the key in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sign(self, content: bytes) -> Signature:
        key = self._key()
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        name = hashlib.sha256(public).hexdigest()[:16]
        return Signature(ED25519, name, _text(public), _text(key.sign(content)))

    def _key(self) -> Ed25519PrivateKey:
        if not self._path.exists():
            self._create()
        key = load_pem_private_key(self._path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise SettingsError("the signing key is not Ed25519", where=str(self._path), remedy="Restore the key.")
        return key

    def _create(self) -> None:
        """Written under another name and linked: of two processes the first one's key stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        try:
            os.link(part, self._path)
        except FileExistsError:
            return
        finally:
            part.unlink()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
