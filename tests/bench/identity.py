"""How a large base of records becomes people: CPU seconds and memory of a first pass, and of one with nothing new.

`python -m tests.bench.identity --records 1000000 --home FOLDER` makes a base (85 % people, the rest repeats: 2 %
with a slip in the name, half with another telephone) and runs the two passes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.table import Table

from enishi.identity.unify import unify
from enishi.ids import digest
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings
from tests.bench.cost import peak_mb

RECORDS = 1_000_000
SEED = 20261121
AT = datetime(2026, 11, 21, 1, tzinfo=UTC)
REPEATS, SLIPS, PHONES = 0.15, 0.02, 0.8
_SYLLABLES = np.array(list("アイウエカキクコサシスセソタチツテトナニノハヒフマミムモヤユヨラリルワ"))
_EPOCH = np.datetime64("1940-01-01")
_JOINED = np.datetime64("2010-01-01T00:00:00", "us")


@dataclass(frozen=True)
class Passes:
    """CPU seconds of both passes, the most memory of the process in MB, and what was found."""

    records: int
    people: int
    first_s: float
    second_s: float
    peak_mb: int


def made_up(records: int) -> dict[str, pa.Table]:
    """Rows by table: as many records, each a person or a repeat of one."""
    draw = np.random.default_rng(SEED)
    people = int(records * (1 - REPEATS))
    of = np.concatenate([np.arange(people), draw.integers(0, people, records - people)])
    names = _names(draw, people)[of]
    slipped = (np.arange(records) >= people) & (draw.random(records) < SLIPS)
    names[slipped] = [name[:-1] + "ン" for name in names[slipped]]
    births = (_EPOCH + draw.integers(0, 25_000, people))[of]
    postals = np.char.zfill(draw.integers(1_000_000, 9_999_999, people)[of].astype(str), 7)
    streets = np.char.add("緑町", draw.integers(1, 9_999, people)[of].astype(str))
    born = pa.array(births.astype("datetime64[D]"), pa.date32())
    ids = pa.array([f"C{number:09d}" for number in range(records)])
    joined = pa.array(_JOINED + draw.integers(0, 5_000 * 86_400, records).astype("timedelta64[s]"), pa.timestamp("us"))
    customers = {
        "customer_id": ids,
        "registered_at": joined,
        "birth_date": born,
        "name_hash": pa.array([digest(name) for name in names]),
        "postal_code": pa.array(postals),
        "status": pa.array(["active"] * records),
    }
    keys = {
        "customer_id": ids,
        "kana": pa.array(names),
        "birth": pc.strftime(born, format="%Y%m%d"),
        "postal": pa.array(postals),
        "street": pa.array(streets),
    }
    return {
        "customers": pa.table(customers),
        "pii.person_keys": pa.table(keys),
        "identities": _telephones(draw, ids, of, people, joined),
    }


def _names(draw: np.random.Generator, people: int) -> np.ndarray:
    """Readings of a family name among 5,000 and a given name among 2,000, frequent ones often."""

    def some(count: int, length: int) -> np.ndarray:
        return np.array(["".join(row) for row in draw.choice(_SYLLABLES, (count, length))], dtype=object)

    family, given = some(5_000, 4), some(2_000, 3)
    first = np.minimum(draw.zipf(1.3, people) - 1, 4_999)
    return np.asarray(family[first] + given[draw.integers(0, 2_000, people)], dtype=object)


def _telephones(
    draw: np.random.Generator, ids: pa.Array[Any], of: np.ndarray, people: int, joined: pa.Array[Any]
) -> pa.Table:
    """Most records hold one; a repeat keeps its person's half the time."""
    number = np.where((np.arange(len(of)) >= people) & (draw.random(len(of)) < 0.5), np.arange(len(of)), of)
    held = pa.array(draw.random(len(of)) < PHONES)
    rows = {
        "customer_id": ids,
        "id_type": pa.array(["phone"] * len(of)),
        "id_value_hash": pa.array([digest(f"+8190{each:08d}") for each in number]),
        "valid_from": joined,
    }
    return pa.table(rows).filter(held)


def passes(records: int, home: Path) -> Passes:
    """Load the base, then unify it twice; only the passes are counted."""
    warehouse = LocalWarehouse(home, Settings(home=home))
    for table, rows in made_up(records).items():
        warehouse.append(table, rows)
    start = time.process_time()
    people = unify(warehouse, AT).people
    middle = time.process_time()
    unify(warehouse, AT.replace(hour=2))
    end = time.process_time()
    return Passes(records, people, middle - start, end - middle, int(peak_mb()))


def bench(records: int) -> Passes:
    """`passes` in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.identity", "--records", str(records), "--home", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Passes(**json.loads(done.stdout))


def figures(done: Passes) -> dict[str, object]:
    return {f"unify_{name}": value for name, value in asdict(done).items()}


def report(done: Passes) -> Table:
    table = Table(
        "unify", "CPU s", title=f"{done.records:,} records, {done.people:,} people, {done.peak_mb:,} MB at most"
    )
    table.add_row("first pass", f"{done.first_s:.1f}")
    table.add_row("nothing new", f"{done.second_s:.1f}")
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=RECORDS)
    options.add_argument("--home", type=Path, required=True)
    given = options.parse_args()
    sys.stdout.write(json.dumps(asdict(passes(given.records, given.home))))


if __name__ == "__main__":
    main()
