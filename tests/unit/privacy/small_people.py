"""A lake by hand: A (two records, merged), B who shares A's home phone and household, and D alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from enishi.ids import digest
from enishi.lake.schema import table
from enishi.lake.sql import parse
from enishi.ports import Services
from enishi.privacy.ports import Tools

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 1)
HOME_PHONE = "+81312345678"
MAIL = "canary.hanako@mail.example.jp"
NAME = "可那里 華子"

ROWS: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"customer_id": "C-a1", "status": "active", "household_id": "H-1", "registered_date": DAY},
        {"customer_id": "C-a2", "status": "merged", "merged_into": "C-a1", "household_id": "H-2"},
        {"customer_id": "C-b1", "status": "active", "household_id": "H-1", "registered_date": DAY},
        {"customer_id": "C-d1", "status": "active", "registered_date": DAY},
    ],
    "customer_contacts": [
        {"customer_id": "C-a1", "channel": "mail", "address": MAIL, "display_name": NAME},
        {"customer_id": "C-a2", "channel": "sms", "address": HOME_PHONE, "display_name": NAME},
        {"customer_id": "C-b1", "channel": "sms", "address": HOME_PHONE, "display_name": "可那里 太郎"},
        {"customer_id": "C-d1", "channel": "mail", "address": "d@mail.example.jp", "display_name": "出井"},
    ],
    "identities": [
        {"customer_id": "C-a1", "id_type": "email", "id_value_hash": digest(MAIL), "valid_from": AT},
        {"customer_id": "C-a2", "id_type": "phone", "id_value_hash": digest(HOME_PHONE), "valid_from": AT},
        {"customer_id": "C-b1", "id_type": "phone", "id_value_hash": digest(HOME_PHONE), "valid_from": AT},
    ],
    "merge_log": [{"merge_id": "M1", "kind": "merge", "survivor_id": "C-a1", "absorbed_id": "C-a2"}],
    "households": [{"household_id": "H-1", "size": 2}, {"household_id": "H-2", "size": 1}],
    "orders": [
        {"order_id": "O-1", "customer_id": "C-a2", "guest_key": "g-1", "order_date": DAY, "attributes": [("to", NAME)]},
        {"order_id": "O-2", "guest_key": "g-1", "order_date": DAY},
        {"order_id": "O-3", "customer_id": "C-b1", "order_date": DAY},
    ],
    "order_lines": [
        {"order_id": "O-1", "line_no": 1, "order_date": DAY, "attributes": [("card", NAME)]},
        {"order_id": "O-3", "line_no": 1, "order_date": DAY, "attributes": [("card", "x")]},
    ],
    "web_events": [
        {"event_id": "e1", "customer_id": "C-a1", "visitor_id": "v-a", "event_date": DAY},
        {"event_id": "e2", "visitor_id": "v-a", "event_date": DAY},
        {"event_id": "e3", "customer_id": "C-a1", "visitor_id": "v-family", "event_date": DAY},
        {"event_id": "e4", "customer_id": "C-b1", "visitor_id": "v-family", "event_date": DAY},
        {"event_id": "e5", "visitor_id": "v-family", "event_date": DAY},
    ],
    "messages": [
        {"message_id": "m1", "customer_id": "C-a1", "subject": f"{NAME}様", "status": "sent", "sent_date": DAY},
        {"message_id": "m2", "customer_id": "C-b1", "subject": "可那里様", "status": "sent", "sent_date": DAY},
    ],
    "message_events": [{"event_id": "x1", "message_id": "m1", "link_url": "https://e.jp/t", "event_date": DAY}],
    "segments": [{"segment_id": "s1", "definition": '{"customer": ["C-a1", "C-b1"]}'}],
    "segment_members": [{"segment_id": "s1", "as_of_date": DAY, "member_id": "C-a1"}],
}


def fill(services: Services, rows: dict[str, list[dict[str, Any]]]) -> None:
    for name, given in rows.items():
        declared = table(name)
        fields = [declared.arrow.field(column) for column in declared.names if any(column in row for row in given)]
        services.warehouse.upsert(declared.qualified, pa.Table.from_pylist(given, schema=pa.schema(fields)))


@dataclass
class World:
    home: Path
    services: Services
    tools: Tools

    def column(self, text: str) -> list[Any]:
        return self.services.warehouse.query(parse(text, "test")).column(0).to_pylist()
