from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from enishi.lake.schema import table
from enishi.lake.sql import parse
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings


@dataclass
class Records:
    """A small customer base, written record by record."""

    warehouse: LocalWarehouse
    customers: list[dict[str, object]] = field(default_factory=list)
    identities: list[dict[str, object]] = field(default_factory=list)
    keys: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        name: str,
        *,
        joined: int = 2020,
        kana: str | None = None,
        birth: date | None = None,
        postal: str | None = None,
        status: str = "active",
        withdrawn: date | None = None,
        virtual: bool = False,
        keys: dict[str, str] | None = None,
        **held: str,
    ) -> None:
        """A record; `held` are identifiers by type, a value standing for its hash; `keys` what it is compared by."""
        registered = datetime(joined, 1, 1)
        self.customers.append(
            {
                "customer_id": name,
                "registered_at": registered,
                "name_hash": kana,
                "birth_date": birth,
                "postal_code": postal,
                "status": status,
                "withdrawn_date": withdrawn,
                "member_rank": "GOLD",
                "is_virtual": virtual,
            }
        )
        if keys:
            self.keys.append({"customer_id": name, **keys})
        for kind, value in held.items():
            moment = registered.replace(microsecond=len(self.identities))
            self.identities.append(
                {"customer_id": name, "id_type": kind, "id_value_hash": value, "valid_from": moment, "valid_to": None}
            )

    def write(self) -> LocalWarehouse:
        self.warehouse.upsert("customers", pa.Table.from_pylist(self.customers, schema=_CUSTOMERS))
        if self.identities:
            self.warehouse.upsert("identities", pa.Table.from_pylist(self.identities, schema=_IDENTITIES))
        if self.keys:
            self.warehouse.upsert("pii.person_keys", pa.Table.from_pylist(self.keys, schema=_KEYS))
        return self.warehouse


_CUSTOMERS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("registered_at", pa.timestamp("us")),
        ("name_hash", pa.string()),
        ("birth_date", pa.date32()),
        ("postal_code", pa.string()),
        ("status", pa.string()),
        ("withdrawn_date", pa.date32()),
        ("member_rank", pa.string()),
        ("is_virtual", pa.bool_()),
    ]
)
_IDENTITIES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("id_type", pa.string()),
        ("id_value_hash", pa.string()),
        ("valid_from", pa.timestamp("us")),
        ("valid_to", pa.timestamp("us")),
    ]
)
_KEYS = pa.schema([field for field in table("person_keys").arrow if field.name != "updated_at"])


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(LocalWarehouse(tmp_path, Settings(home=tmp_path)))


@pytest.fixture
def rows() -> Callable[[LocalWarehouse, str], list[dict[str, object]]]:
    def ask(warehouse: LocalWarehouse, text: str) -> list[dict[str, object]]:
        return warehouse.query(parse(text, "test")).to_pylist()

    return ask
