"""A small lake from the short notation of `tests/cases/segments/*.yaml`, and the way to ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from enishi.lake import schema
from enishi.local.warehouse import LocalWarehouse
from enishi.segment import compile as segment_compile
from enishi.segment.compile import Written
from enishi.segment.library import EMPTY, Library
from enishi.segment.moment import Moment

TOKYO = ZoneInfo("Asia/Tokyo")
Rows = list[dict[str, Any]]

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "customers": {"status": "active", "registered_date": date(2020, 1, 1), "is_employee": False},
    "orders": {"order_type": "normal", "status": "completed", "channel": "store", "store_id": "S1"},
    "web_events": {"event_type": "product_view", "visitor_id": "v", "is_bot": False},
    "carts": {"status": "open"},
    "cart_lines": {"quantity": 1},
    "favourites": {"target_type": "product"},
    "price_history": {"scope": "all", "price_type": "regular"},
    "messages": {"status": "sent", "channel": "mail", "is_control": False},
    "message_events": {"is_machine": False},
    "coupon_issues": {"is_control": False},
    "consents": {"state": "opt_in", "channel": "mail"},
    "stores": {"store_type": "store"},
    "subscriptions": {"status": "active", "delivered_count": 0},
    "point_ledger": {"entry_type": "earn"},
}
"""What a row of a case need not say."""

DAYS = {
    "orders": ("ordered_at", "order_date"),
    "web_events": ("event_at", "event_date"),
    "carts": ("created_at", "created_date"),
    "messages": ("sent_at", "sent_date"),
    "message_events": ("event_at", "event_date"),
    "consents": ("changed_at", "changed_date"),
    "service_visits": ("visited_at", "visit_date"),
    "point_ledger": ("posted_at", "posted_date"),
}
"""The business day that follows from an instant."""


def local(text: str) -> datetime:
    """`2026-11-20 10:00` of Tokyo, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO).astimezone(UTC)


def _cell(kind: str, given: Any) -> Any:
    if given is None:
        return None
    if kind == "timestamp":
        return local(str(given)).replace(tzinfo=None)
    if kind.startswith("decimal"):
        return Decimal(str(given))
    if kind.startswith("map"):
        return list(given.items())
    return date.fromisoformat(given) if kind == "date" and isinstance(given, str) else given


def arrow(table: str, rows: Rows) -> pa.Table:
    """Rows of the short notation as the declared table."""
    declared = schema.table(table)
    full = [_full(table, row) for row in rows]
    if strangers := {name for row in full for name in row} - set(declared.names):
        raise ValueError(f"{table} has no column {sorted(strangers)}")
    typed = [{c.name: _cell(c.type, row.get(c.name)) for c in declared.columns} for row in full]
    return pa.Table.from_pylist(typed, schema=declared.arrow)


def _full(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    full = {**DEFAULTS.get(table, {}), **row}
    if table in DAYS and DAYS[table][1] not in full and full.get(DAYS[table][0]):
        full[DAYS[table][1]] = local(str(full[DAYS[table][0]])).astimezone(TOKYO).date()
    return full


def _orders(purchases: Rows) -> tuple[Rows, Rows]:
    """`{id, by, at, lines: [[product, quantity, amount, {unit_price: …}]], …}` as orders and their lines."""
    orders, lines = [], []
    for number, bought in enumerate(purchases, start=1):
        order_id = bought.get("id", f"O{number}")
        items = bought.get("lines", [["any", 1, bought.get("amount", 1000)]])
        net = sum(Decimal(str(amount)) for _, _, amount, *_ in items)
        rest = {name: given for name, given in bought.items() if name not in ("id", "by", "at", "lines", "amount")}
        orders.append(
            {
                "order_id": order_id,
                "customer_id": bought["by"],
                "ordered_at": bought["at"],
                "net_amount": net,
                "gross_amount": net,
                **rest,
            }
        )
        day = local(str(bought["at"])).astimezone(TOKYO).date()
        for line_no, (product, quantity, amount, *more) in enumerate(items, start=1):
            lines.append(
                {
                    "order_id": order_id,
                    "line_no": line_no,
                    "order_date": day,
                    "product_id": product,
                    "quantity": quantity,
                    "line_amount": amount,
                    **(more[0] if more else {}),
                }
            )
    return orders, lines


def _spelled(tables: Mapping[str, Any]) -> dict[str, Rows]:
    """The short notation spelled out: people by name, purchases as orders and lines."""
    spelled = {name: rows for name, rows in tables.items() if name not in ("people", "purchases")}
    if "people" in tables:
        spelled["customers"] = [{"customer_id": p} if isinstance(p, str) else p for p in tables["people"]]
    if "purchases" in tables:
        orders, lines = _orders(tables["purchases"])
        spelled["orders"] = [*orders, *spelled.get("orders", [])]
        spelled["order_lines"] = [*lines, *spelled.get("order_lines", [])]
    return spelled


@dataclass
class Lake:
    """A lake with known rows."""

    warehouse: LocalWarehouse
    library: Library = field(default=EMPTY)

    def fill(self, tables: Mapping[str, Any]) -> Lake:
        for name, rows in _spelled(tables).items():
            self.warehouse.append(name, arrow(name, rows))
        return self

    def who(self, written: Written, moment: Moment, **options: Any) -> list[str]:
        """The members, sorted; the query may not give anybody twice."""
        query = segment_compile.members(written, moment, self.library, **options)
        return sorted(self.warehouse.query(query).column(0).to_pylist())


def moment_of(case: Mapping[str, Any]) -> Moment:
    """`at` (Tokyo) or the end of `day`; `since` (Tokyo) where the case has one."""
    if "day" in case:
        return Moment.end_of(case["day"], TOKYO)
    since = local(str(case["since"])) if "since" in case else None
    return Moment.of(local(str(case["at"])), TOKYO, since)
