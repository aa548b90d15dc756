"""The raw files that the demo adds to the published ones: prices read off the receipts, and what had to be invented.

Invented are an address and the permissions of every household, and one coupon. Their mappings, their file names and
every consent's evidence say so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from enishi.ids import share, stable_id
from enishi.ports import Blobs

EVIDENCE = "invented for the demonstration: the published data holds no permissions"
COUPON = "CJ-VIP"
COUPON_DAYS = 14
MAIL_YES, HAS_APP, PUSH_YES = 0.90, 0.40, 0.80
"""Shares of households: agree to mail, have the app, agree to push of those."""


def install_extras(raw: Blobs, day: date, transactions: Path) -> list[str]:
    """Put the added files into the raw store, the coupon valid from `day`; their keys in the order to load them."""
    households = _answer("households", transactions).to_pylist()
    made: Mapping[str, Callable[[], bytes]] = {
        "drop/shelf_prices/shelf_prices.parquet": lambda: _parquet(_answer("prices", transactions)),
        "drop/contacts/invented_contacts.csv": lambda: _csv([_contact(**household) for household in households]),
        "drop/own_coupons/invented_coupons.csv": lambda: _csv([_coupon(day)]),
    }
    for key, content in made.items():
        raw.put(key, content())
    return list(made)


def _contact(household_id: str, first_receipt: datetime) -> dict[str, str]:
    """A household's address and answers, always the same; it is asked at its first receipt."""
    app = share("demo-app", household_id) < HAS_APP
    return {
        "household_id": household_id,
        "mail": f"household-{household_id}@example.com",
        "mail_answer": _answered(share("demo-mail", household_id) < MAIL_YES),
        "push_token": stable_id("demo-token-", household_id) if app else "",
        "push_answer": _answered(share("demo-push", household_id) < PUSH_YES) if app else "",
        "asked_at": first_receipt.isoformat(sep=" "),
        "evidence": EVIDENCE,
    }


def _answered(agrees: bool) -> str:
    return "yes" if agrees else "no"


def _coupon(day: date) -> dict[str, str]:
    return {
        "coupon_id": COUPON,
        "name": "A thank-you for our best customers",
        "discount_type": "amount",
        "discount_value": "10",
        "min_amount": "60",
        "valid_from": day.isoformat(),
        "valid_to": (day + timedelta(days=COUPON_DAYS)).isoformat(),
        "max_uses": "1",
        "note": "invented for the demonstration",
    }


def _answer(name: str, transactions: Path) -> pa.Table:
    query = (files(__package__) / f"completejourney_{name}.sql").read_text(encoding="utf-8")
    with duckdb.connect() as engine:
        found: pa.Table = engine.sql(query, params={"transactions": str(transactions)}).to_arrow_table()
        return found


def _parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return sink.getvalue()


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()
