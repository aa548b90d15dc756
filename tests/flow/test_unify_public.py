"""One configuration on public data sets, their truth read for scoring alone. Skipped where the data are absent."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from enishi.identity.normalise import NORMALISERS
from enishi.identity.unify import unify
from enishi.lake.sql import parse
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FEBRL = {
    "given": ("given_name", "latin"),
    "family": ("surname", "latin"),
    "block": ("street_number", "latin"),
    "street": ("address_1", "latin"),
    "building": ("address_2", "latin"),
    "town": ("suburb", "latin"),
    "postal": ("postcode", "digits"),
    "region": ("state", "latin"),
    "birth": ("date_of_birth", "digits"),
    "id_number": ("soc_sec_id", "digits"),
}
KNOCKS = {
    "name": ("customer_name", "name"),
    "birth": ("birth_day", "digits"),
    "postal": ("postal_cd", "postal"),
}


def lake_of(home: Path, file: Path, key: str, columns: dict[str, tuple[str, str]]) -> LocalWarehouse:
    with file.open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines, skipinitialspace=True))
    records = [row[key].strip() for row in rows]
    warehouse = LocalWarehouse(home, Settings(home=home))
    warehouse.upsert("customers", pa.table({"customer_id": records, "status": ["active"] * len(rows)}))
    compared = {
        name: NORMALISERS[kind](pa.array([row[column] for row in rows])) for name, (column, kind) in columns.items()
    }
    warehouse.upsert("pii.person_keys", pa.table({"customer_id": pa.array(records), **compared}))
    return warehouse


def pairs(groups: list[list[str]]) -> int:
    return sum(len(group) * (len(group) - 1) // 2 for group in groups)


@pytest.mark.skipif(not (DATA / "febrl1").is_dir(), reason="the data set is not here")
@pytest.mark.parametrize("number", [1, 2])
def test_febrl_without_its_truth(tmp_path: Path, number: int) -> None:
    warehouse = lake_of(tmp_path, DATA / "febrl1" / f"dataset{number}.csv", "rec_id", FEBRL)
    unify(warehouse, NOW)
    found: dict[str, list[str]] = defaultdict(list)
    true: dict[str, list[str]] = defaultdict(list)
    for row in warehouse.query(parse("SELECT customer_id, person_id FROM v_identity", "test")).to_pylist():
        (who,) = re.findall(r"^rec-(\d+)-", row["customer_id"])
        found[row["person_id"]].append(who)
        true[who].append(row["customer_id"])
    right = sum(count * (count - 1) // 2 for group in found.values() for count in Counter(group).values())
    assert right / pairs(list(found.values())) >= 0.999
    assert right / pairs(list(true.values())) >= 0.985


@pytest.mark.skipif(not (DATA / "knocks100_jp").is_dir(), reason="the data set is not here")
def test_a_name_and_a_postal_code_alone_are_no_person(tmp_path: Path) -> None:
    warehouse = lake_of(tmp_path, DATA / "knocks100_jp" / "customer.csv", "customer_id", KNOCKS)
    report = unify(warehouse, NOW)
    assert (report.records, report.people) == (21_971, 21_951)
