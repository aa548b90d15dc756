"""How a large CSV loads: the product's whole path against DuckDB's own read, typed, and write, in one run.

`python -m tests.bench.ingest --lines 20000000` writes a file of order lines once, then runs each side in a process of
its own and counts its CPU seconds and its largest memory. The product reads, checks, stages, merges on the key and
commits to the Iceberg table; DuckDB reads the same file with the same types and writes one Parquet file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from rich.console import Console
from rich.table import Table

from enishi.flow.ingest import ingest
from enishi.ingest.cells import pc
from enishi.ingest.mapping import parse
from enishi.local.services import local_services
from enishi.settings import Settings
from tests.bench.cost import Cost, taken, told_by

LINES = 20_000_000
BATCH = 1_000_000
SEED = 20261121
FILE = "receipt_lines.csv"
KEY = f"drop/receipt_lines/{FILE}"
MAPPING = """
id: receipt_lines
files: "*.csv"
system: bench
tables:
  - table: order_lines
    columns:
      order_id: receipt_no
      line_no: line_no
      order_date: {from: sold_on, format: "%Y%m%d"}
      product_id: {from: sku, required: true}
      quantity: {from: qty, required: true}
      unit_price: price
      list_price: list_price
      line_discount: discount
      line_amount: {from: amount, required: true}
      coupon_id: coupon
"""
TYPES = {
    "receipt_no": "VARCHAR",
    "line_no": "INTEGER",
    "sold_on": "DATE",
    "sku": "VARCHAR",
    "qty": "INTEGER",
    "price": "DECIMAL(18,2)",
    "list_price": "DECIMAL(18,2)",
    "discount": "DECIMAL(18,2)",
    "amount": "DECIMAL(18,2)",
    "coupon": "VARCHAR",
}


def write(path: Path, lines: int) -> None:
    """A year of receipts of three lines each, in the order of their days."""
    random = np.random.default_rng(SEED)
    with pacsv.CSVWriter(path, _batch(random, 0, 0, lines).schema) as writer:
        for start in range(0, lines, BATCH):
            writer.write_table(_batch(random, start, min(BATCH, lines - start), lines))


def _batch(random: np.random.Generator, start: int, count: int, lines: int) -> pa.Table:
    place = np.arange(start, start + count)
    days = np.datetime64("2026-01-01") + (place * 365 // max(lines, 1)).astype("timedelta64[D]")
    prices = random.integers(80, 5_000, count)
    counts = random.integers(1, 5, count)
    off = np.where(random.random(count) < 0.1, prices // 10, 0)
    return pa.table(
        {
            "receipt_no": pc.binary_join_element_wise(
                "R", pc.utf8_lpad(pa.array(place // 3).cast(pa.string()), 9, "0"), ""
            ),
            "line_no": pa.array(place % 3 + 1),
            "sold_on": pc.strftime(pa.array(days).cast(pa.timestamp("s")), "%Y%m%d"),
            "sku": pc.binary_join_element_wise(
                "49", pa.array(random.integers(10**9, 10**9 + 50_000, count)).cast(pa.string()), ""
            ),
            "qty": pa.array(counts),
            "price": pa.array(prices - off),
            "list_price": pa.array(prices),
            "discount": pa.array(off * counts),
            "amount": pa.array((prices - off) * counts),
            "coupon": pc.if_else(pa.array(off > 0), pa.scalar("C10"), pa.scalar("")),
        }
    )


def load(folder: Path) -> int:
    """The product: from the dropped file to the committed table."""
    services = local_services(Settings(home=folder / "home"))
    return ingest(services, parse(MAPPING, "receipt_lines.yaml"), KEY).tables[0].rows


def copy(folder: Path) -> int:
    """DuckDB: read with the declared types, write Parquet in the codec that the tables have."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    read = f"read_csv('{folder / FILE}', header = true, columns = {{{columns}}}, dateformat = '%Y%m%d')"
    made = duckdb.connect().execute(
        f"COPY (SELECT * FROM {read}) TO '{folder / 'duckdb.parquet'}' (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
    )
    return int(made.fetchall()[0][0])


SIDES: dict[str, Callable[[Path], int]] = {"load": load, "copy": copy}
TITLES = {"load": "enishi ingest", "copy": "DuckDB, read_csv to Parquet"}


def measure(side: str, folder: Path) -> Cost:
    """Run one side in a process of its own."""
    return told_by("tests.bench.ingest", "--side", side, "--folder", str(folder))


def run_side(side: str, folder: Path) -> Cost:
    """The side's own CPU: what was imported before it is not counted."""
    return taken(TITLES[side], lambda: SIDES[side](folder))


def compare(lines: int, folder: Path) -> list[Cost]:
    """Write the file, then both sides; the product's home begins empty."""
    write(folder / FILE, lines)
    dropped = folder / "home" / "raw" / KEY
    dropped.parent.mkdir(parents=True)
    dropped.hardlink_to(folder / FILE)
    return [measure(side, folder) for side in SIDES]


def figures(costs: list[Cost]) -> dict[str, object]:
    ours, theirs = costs
    return {"ingest": [asdict(cost) for cost in costs], "ingest_cpu_ratio": ours.cpu_s / theirs.cpu_s}


def report(costs: list[Cost]) -> Table:
    table = Table("load of a CSV", "rows", "CPU s", "wall s", "largest memory MB", "CPU to DuckDB's")
    for cost in costs:
        ratio = cost.cpu_s / costs[-1].cpu_s
        table.add_row(
            cost.what,
            f"{cost.rows:,}",
            f"{cost.cpu_s:.1f}",
            f"{cost.wall_s:.1f}",
            f"{cost.rss_mb:,.0f}",
            f"{ratio:.2f}×",
        )
    return table


def bench(lines: int) -> list[Cost]:
    with tempfile.TemporaryDirectory(prefix="enishi-bench-") as folder:
        return compare(lines, Path(folder))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--side", choices=sorted(SIDES))
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def main() -> None:
    asked = _arguments()
    if asked.side:
        print(json.dumps(asdict(run_side(asked.side, asked.folder))))
        return
    costs = bench(asked.lines)
    Console().print(report(costs))
    Console().print_json(data=figures(costs))


if __name__ == "__main__":
    main()
