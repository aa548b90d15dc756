"""名寄せ: bring identities onto one customer axis."""

from __future__ import annotations

from typing import Any

from enishi.flow.payload import Data
from enishi.identity.unify import Report
from enishi.identity.unify import unify as _unify
from enishi.ports import Services


class Payload(Data):
    """Nothing: a pass looks at all records."""


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"merged", "restored", "people"}`."""
    del payload
    report = unify(services)
    return {"merged": report.merged, "restored": report.restored, "people": report.people}


def unify(services: Services) -> Report:
    """One pass over all records at the present instant; a repeat changes nothing."""
    return _unify(services.warehouse, services.clock.now())
