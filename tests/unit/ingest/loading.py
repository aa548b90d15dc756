"""A small world to load files into: one lake, a clock that stands, files as text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from enishi.clock import ManualClock
from enishi.flow import ingest as flow
from enishi.ingest.mapping import Mapping, parse
from enishi.ingest.report import LoadReport
from enishi.lake import sql
from enishi.ports import Services

NOW = datetime(2026, 11, 21, 1, tzinfo=UTC)
SHOPS = """
  - table: stores
    columns: {store_id: code, name: name}
"""


@dataclass
class World:
    """Loads text files by a mapping of one test."""

    services: Services

    def put(self, text: str) -> Mapping:
        """Put a mapping in force."""
        mapping = parse(text, "put.yaml")
        self.services.raw.put(f"sources/{mapping.id}.yaml", text.encode())
        return mapping

    def load(self, mapping: Mapping, name: str, text: str, **more: Any) -> LoadReport:
        key = f"drop/{mapping.id}/{name}"
        self.services.raw.put(key, text.encode(mapping.format.encoding))
        return flow.ingest(self.services, mapping, key, **more)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.services.warehouse.query(sql.parse(query, "test")).to_pylist()]

    def at(self, now: datetime) -> World:
        return World(replace(self.services, clock=ManualClock(now)))


def source(head: str, tables: str = SHOPS, name: str = "shops") -> Mapping:
    return parse(f'id: {name}\nfiles: "*"\n{head}\ntables:{tables}', "shops.yaml")
