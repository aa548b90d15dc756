"""Attribution: which message gets the credit for an order, by model, written once into `conversions`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from enishi.ports import Upserted, Warehouse
from enishi.results.queries import question

MODELS = ("last_click", "last_touch")
LINK_LIFE = timedelta(days=180)
"""Older messages have no link that still works (`enishi.content.links`)."""


def attribute(warehouse: Warehouse, first_day: date, last_day: date, window_days: int) -> Upserted:
    """Credit the orders of `first_day` to `last_day` under every model; the rules stand in `queries/conversions.sql`.

    Running it again with the same facts changes nothing.
    """
    earliest = first_day - timedelta(days=window_days + 1)
    query = question(
        "conversions",
        first_day=first_day,
        last_day=last_day,
        window_days=window_days,
        since=datetime.combine(earliest, time.min),
        oldest_day=earliest - LINK_LIFE,
    )
    return warehouse.upsert("conversions", query)
