"""Erased people stay out: which rows of a load name somebody whose tombstone is in force.

A tombstone is a keyed hash, so a load is checked by hashing what it holds. While nobody was erased that costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from sqlglot import exp

from enishi import ids
from enishi.ingest.cells import Array, Mask, mask
from enishi.lake import sql
from enishi.lake.schema import Table
from enishi.ports import Warehouse

CONTACT_FORMS: Mapping[str, str | None] = {
    "mail": "mail_key",
    "sms": "phone",
    "phone": "phone",
    "line": None,
    "push": None,
}
"""Channel → the normal form in which `identities` hashes the same address; None = as it is."""
Fold: TypeAlias = "Callable[[str, str], str | None]"
"""(normal form, value) → the value in that form, None when it cannot be one (`enishi.identity.normalise.one`)."""
_CELLS = re.compile(r"[,;|\t\r\n\"{}\[\]]+")
_FOLDED = ("mail_key", "phone", "text")


@dataclass(frozen=True)
class Tombstones:
    """Tokens in force. `token` makes one of a kind and a value."""

    known: frozenset[str]
    token: Callable[[str, str], str] = field(repr=False)
    fold: Fold = field(repr=False)

    def refuses(self, table: Table, columns: Mapping[str, Array], rows: int) -> Mask:
        """Which rows of a table on its way into the lake name an erased person."""
        hit = np.zeros(rows, dtype=bool)
        if self.known and table.person is not None:
            for name, kind in {**table.person.gives, **table.person.by}.items():
                if name in columns:
                    hit |= self._among(columns[name], partial(self._names, kind))
            if table.name == "customer_contacts" and {"channel", "address"} <= set(columns):
                hit |= self._contacts(columns["channel"], columns["address"])
        return hit

    def names(self, raw: bytes, encoding: str, namespace: str) -> bool:
        """Whether a row that could not be read as a row names an erased person in one of its cells."""
        text = raw.decode(encoding, errors="replace")
        return any(self.recognises(cell, namespace) for cell in cells_of(text))

    def recognises(self, cell: str, namespace: str) -> bool:
        """Whether a clear value is an id or an identity of an erased person."""
        if self._names("customer", ids.stable_id("C", namespace, cell)) or self._names("customer", cell):
            return True
        folded = {cell, *(self.fold(form, cell) or "" for form in _FOLDED)} - {""}
        return any(self._names("identity", ids.digest(value)) for value in folded)

    def _names(self, kind: str, value: str) -> bool:
        return self.token(kind, value) in self.known

    def _among(self, values: Array, test: Callable[[str], bool]) -> Mask:
        encoded = values.dictionary_encode()
        found = [value is not None and test(str(value)) for value in encoded.dictionary.to_pylist()]
        if not any(found):
            return np.zeros(len(values), dtype=bool)
        return mask(pa.array(found, pa.bool_()).take(encoded.indices).fill_null(False))

    def _contacts(self, channels: Array, addresses: Array) -> Mask:
        pairs = zip(channels.to_pylist(), addresses.to_pylist(), strict=True)
        return np.array([self._contact(channel, address) for channel, address in pairs], dtype=bool)

    def _contact(self, channel: str | None, address: str | None) -> bool:
        hashed = contact_hash(channel or "", address or "", self.fold)
        return hashed is not None and self._names("identity", hashed)


NOBODY = Tombstones(frozenset(), lambda _kind, _value: "", lambda _form, value: value)


def cells_of(text: str) -> Iterator[str]:
    """The values of a row whose layout is not known: what stands between separators, and after a key's colon."""
    for cell in _CELLS.split(text):
        yield from {part.strip() for part in (cell, cell.partition(":")[2]) if part.strip()}


def contact_hash(channel: str, address: str, fold: Fold) -> str | None:
    """The hash under which `identities` knows an address; None for postal addresses and empty ones."""
    if channel not in CONTACT_FORMS or not address:
        return None
    form = CONTACT_FORMS[channel]
    value = address if form is None else fold(form, address)
    return ids.digest(value) if value else None


def in_force(warehouse: Warehouse, key: bytes, fold: Fold) -> Tombstones:
    """The tombstones of the lake under the environment's key."""
    lifted = sql.column("t", "lifted_at")
    query = exp.select(sql.column("t", "tombstone")).from_(sql.table_ref("tombstones", "t"))
    known: list[str] = warehouse.query(query.where(lifted.is_(exp.null()))).column("tombstone").to_pylist()  # type: ignore[assignment]
    return Tombstones(frozenset(known), partial(ids.tombstone, key), fold) if known else NOBODY
