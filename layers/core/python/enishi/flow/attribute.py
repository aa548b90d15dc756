"""Credit orders to messages, for the orders of the last days; late events and late orders move the credit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field

from enishi.clock import business_day
from enishi.flow.payload import Data, Instant
from enishi.ports import Services
from enishi.results.attribution import attribute


class Payload(Data):
    """`at`: the present. `days`: how many business days back orders are credited anew."""

    at: Instant
    days: int = Field(default=14, ge=1, le=400)
    window_days: int = Field(default=7, ge=1, le=90)


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """`{"credited", "changed"}`: rows that are new, and rows whose credit moved."""
    last = business_day(payload.at, services.settings.tz)
    first = last - timedelta(days=payload.days - 1)
    done = attribute(services.warehouse, first, last, payload.window_days)
    return {"credited": done.inserted, "changed": done.updated}
